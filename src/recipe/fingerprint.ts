import { createHash } from "node:crypto";
import { type DataSource, determiningOptions } from "./data-source-schema.js";
import { type FileHashes, sourceKey } from "./files.js";
import { withoutLaterFilters } from "./filter-schema.js";
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
 * - `scoring`, `classifier` and `arms`: they read the texts (but for the judge of `filters.judge`, and the human texts of
 *   `filters.memorised`, whose change decides about texts yet to be written); `study`: which texts come first, and of which configurations;
 * - `model.sha256`: a check of the model file, whose real sum the caller keeps beside the fingerprint.
 *
 * Everything else counts, with the defaults filled in: writing a default out changes nothing. A file counts by
 * its content, and by how it is read, where `files` has its hash, and by its name otherwise.
 *
 * @param files Hashes by `sourceKey`, and the directory that the recipe's names are relative to.
 */
export function recipeFingerprint(
  recipe: Recipe,
  files: { readonly directory: string; readonly hashes: FileHashes } = { directory: ".", hashes: new Map() },
): string {
  const content = (file: DataSource): unknown => {
    const sha256 = files.hashes.get(sourceKey(file, files.directory));
    return sha256 === undefined ? file : { ...determiningOptions(file, recipe.seed), sha256 };
  };
  const {
    name,
    output,
    baselines,
    scoring,
    classifier,
    arms,
    study,
    model,
    steering,
    guidance,
    contrast,
    demonstrations,
    samples,
    filters,
    ...rest
  } = recipe;
  const { sha256, ...modelRest } = model;
  const determining = {
    ...rest,
    samples: samplesPart(samples),
    filters: filtersPart(filters, scoring.judge),
    model: modelRest,
    steering: steering && steeringPart(steering, content),
    guidance: guidance && guidancePart(guidance, content),
    contrast: contrast.map((set) => (set.file === undefined ? set : { ...set, file: content(set.file) })),
    demonstrations: demonstrations && { ...demonstrations, file: content(demonstrations.file) },
  };
  return createHash("sha256").update(canonicalJson(determining)).digest("hex");
}

/**
 * As {@link recipeFingerprint}, but for how many texts are asked for: `samples.perLabel` and `samples.attempts`. A run
 * may go on when they alone change: it writes more, or takes fewer of what is written.
 */
export function textFingerprint({
  recipe,
  ...files
}: { readonly recipe: Recipe } & NonNullable<Parameters<typeof recipeFingerprint>[1]>): string {
  const samples = { ...recipe.samples, perLabel: 1, attempts: 1 };
  return recipeFingerprint({ ...recipe, samples }, files);
}

type Content = (file: DataSource) => unknown;

function samplesPart({ perCall, separator, ...rest }: Recipe["samples"]): unknown {
  return perCall === 1 ? rest : { ...rest, perCall, separator };
}

/** Keys of filters that are off by default count where they are on, and a judge counts where it drops texts. */
function filtersPart(
  { selfCheck, judge, ...rest }: Recipe["filters"],
  judgedBy: Recipe["scoring"]["judge"],
): unknown {
  const threshold = selfCheckThreshold(selfCheck);
  return {
    ...withoutLaterFilters(rest),
    ...(threshold === undefined ? {} : { selfCheck: threshold }),
    ...(judge === undefined ? {} : { judge, judgedBy }),
  };
}

/** Probability of yes from which on a text passes the self-check; undefined if it is off. */
export function selfCheckThreshold(selfCheck: Recipe["filters"]["selfCheck"]): number | undefined {
  if (typeof selfCheck === "number") return selfCheck;
  return selfCheck ? 0.5 : undefined;
}

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
