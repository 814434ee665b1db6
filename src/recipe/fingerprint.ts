import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { FileHashes } from "./files.js";
import { TAKEN_KEYS } from "./guidance-axes.js";
import { negativesOf, type RecipeGuidance } from "./guidance-schema.js";
import type { Recipe } from "./schema.js";
import type { Steering } from "./steering-schema.js";

/**
 * sha256 (hexadecimal) of all in a recipe that a written text depends on, besides its configuration, language,
 * label and index, and the model file's own sha256. Two recipes with the same fingerprint write the same line
 * for the same sample id, so that one can go on with the other's run.
 *
 * Left out, because a run may go on when it changes:
 * - `name` and `output`: where the run stands;
 * - `baselines`, `steering.layers`, `steering.strengths`, `steering.operation(s)`, methods behind the first one,
 *   `guidance.gamma` and `guidance.eta`: which configurations there are, each of which has all of these in its name;
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
  const {
    name,
    output,
    baselines,
    scoring,
    classifier,
    model,
    steering,
    guidance,
    contrast,
    demonstrations,
    ...rest
  } = recipe;
  const { sha256, ...modelRest } = model;
  const determining = {
    ...rest,
    model: modelRest,
    steering: steering && steeringPart(steering, content),
    guidance: guidance && guidancePart(guidance, content),
    contrast: contrast.map((set) => (set.file === undefined ? set : { ...set, file: content(set.file) })),
    demonstrations: demonstrations && { ...demonstrations, file: content(demonstrations.file) },
  };
  return createHash("sha256").update(canonicalJson(determining)).digest("hex");
}

type Content = (file: string) => unknown;

function steeringPart(steering: Steering, content: Content): unknown {
  const { layers, strengths, operation, operations, methods, ...rest } = steering;
  const { when, vectors } = rest;
  return {
    ...withoutLaterDefaults(rest),
    vectors:
      typeof vectors === "object"
        ? Object.fromEntries(Object.entries(vectors).map(([label, file]) => [label, content(file)]))
        : vectors && content(vectors),
    method: rest.method ?? methods?.[0],
    when: when && { ...when, vector: when.vector === undefined ? undefined : content(when.vector) },
  };
}

function guidancePart(guidance: RecipeGuidance, content: Content): unknown {
  const { gamma, eta, ...rest } = guidance;
  const negatives = TAKEN_KEYS[guidance.preset].optional.includes("negatives")
    ? negativesOf(guidance)
    : undefined;
  const file = negatives?.file;
  return { ...rest, negatives: negatives && { ...negatives, file: file && content(file) } };
}

/** Keys that the format got later count only where they are not left out: older recipes keep their fingerprint. */
function withoutLaterDefaults<T extends Pick<Steering, "pooling" | "read">>(steering: T): Partial<T> {
  const { pooling, read, ...rest } = steering;
  return {
    ...rest,
    ...(pooling === "mean" ? {} : { pooling }),
    ...(read === "raw" ? {} : { read }),
  } as Partial<T>;
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
