import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { FileHashes } from "./files.js";
import type { Recipe } from "./schema.js";

/**
 * sha256 (hexadecimal) of all in a recipe that a written text depends on, besides its configuration, language,
 * label and index, and the model file's own sha256. Two recipes with the same fingerprint write the same line
 * for the same sample id, so that one can go on with the other's run.
 *
 * Left out, because a run may go on when it changes:
 * - `name` and `output`: where the run stands;
 * - `baselines`, `steering.layers`, `steering.strengths`: which configurations there are;
 * - `scoring` and `classifier`: they read the texts;
 * - `model.sha256`: a check of the model file, whose real sum the caller keeps beside the fingerprint.
 *
 * Everything else counts, with the defaults filled in: writing a default out changes nothing. A file counts by
 * its content where `files` has its hash, and by its name otherwise.
 *
 * @param files Hashes by absolute path, and the directory that the recipe's names are relative to.
 */
export function recipeFingerprint(
  recipe: Recipe,
  files: { readonly directory: string; readonly hashes: FileHashes } = { directory: ".", hashes: new Map() },
): string {
  const content = (file: string): unknown => {
    const sha256 = files.hashes.get(resolve(files.directory, file));
    return sha256 === undefined ? file : { sha256 };
  };
  const { name, output, baselines, scoring, classifier, model, steering, contrast, demonstrations, ...rest } =
    recipe;
  const { sha256, ...modelRest } = model;
  const { layers, strengths, ...steeringRest } = steering;
  const determining = {
    ...rest,
    model: modelRest,
    steering: steeringRest,
    contrast: contrast.map((set) => (set.file === undefined ? set : { ...set, file: content(set.file) })),
    demonstrations: demonstrations && { ...demonstrations, file: content(demonstrations.file) },
  };
  return createHash("sha256").update(canonicalJson(determining)).digest("hex");
}

/** JSON without spaces, keys in the order of their UTF-16 code units, keys without a value left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(",")}}`;
}
