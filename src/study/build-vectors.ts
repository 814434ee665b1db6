import { join } from "node:path";
import type { Engine } from "../engine/engine.js";
import type { Intervention } from "../engine/intervention.js";
import type { Configuration, ConfigurationSteering } from "../generate/configuration.js";
import type { Recipe } from "../recipe/schema.js";
import {
  FILE_SOURCE,
  HUMAN_METHODS,
  methodsOf,
  neededMethods,
  steeringOf,
  type VectorSource,
} from "../recipe/sweep-axes.js";
import { type ClassGroup, type ClassMeans, contrastGroups, meanOf } from "../steering/class-means.js";
import type { ContrastSplit } from "../steering/contrast-split.js";
import { addedLength, type InterventionSpec, interventionsOf } from "../steering/intervene.js";
import { HUMAN_CLASS, SPOILT_CLASSES } from "../steering/quality-vector.js";
import {
  makeSteeringVector,
  needsTextVectors,
  type SteeringMethod,
  type SteeringVector,
} from "../steering/steering-vector.js";
import { writeVectorFile } from "../steering/vector-file.js";
import { fileName } from "../store/file-name.js";
import { VERSION } from "../version.js";
import { type CapturedContrast, captureContrast } from "./capture-contrast.js";
import { pooledPositions } from "./contrast-reading.js";
import type { GivenVector } from "./given-vectors.js";

/** Where and when a configuration steers: the same for all of a run. */
export type InterventionSite = Pick<InterventionSpec, "where" | "when" | "schedule">;

/** The run's steering vectors: one for each method, language and class that is steered towards, and those from files. */
export interface VectorSet {
  readonly vectors: readonly SteeringVector[];
  readonly files: readonly string[];
  /** All vectors of a method, or those from files. */
  of(source: VectorSource): readonly SteeringVector[];
  /** The vector that a method has for a label in a language, or that the recipe names for the label. */
  find(source: VectorSource, language: string, label: string): SteeringVector;
  /** What a configuration does to the residual stream; without a site at every row, always and in full. */
  interventions(
    configuration: Configuration,
    language: string,
    label: string,
    site?: InterventionSite,
  ): Intervention[];
  /** Length of what a configuration adds, in the residual stream's own units, averaged over languages and labels. */
  absoluteStrength(configuration: Configuration): number;
}

/** Of a run that does not steer. */
export const NO_VECTORS: VectorSet = {
  vectors: [],
  files: [],
  of: () => [],
  find: () => {
    throw new RangeError("The run has no steering vectors.");
  },
  interventions: () => [],
  absoluteStrength: () => 0,
};

export interface BuildOptions {
  /** The run's folder for vectors. */
  readonly folder: string;
  /** Blocks that are to be steered or measured. All up to the deepest of them are captured. */
  readonly layers: readonly number[];
  /** Vectors that the recipe takes from files. */
  readonly given?: readonly GivenVector[];
  readonly signal?: AbortSignal;
  /** Texts read so far, of so many. */
  readonly onText?: (done: number, total: number) => void;
}

/**
 * Makes the recipe's steering vectors, or makes them again from what an earlier run captured. All layers up to the
 * deepest that is steered are captured in one pass: what lies behind it is not even computed. Where all vectors are
 * given, no text is read.
 *
 * @throws EngineError if the model cannot be read; RecipeError if the texts do not make a vector
 */
export async function buildVectors(
  engine: () => Promise<Engine>,
  recipe: Recipe,
  split: ContrastSplit,
  modelSha256: string,
  options: BuildOptions,
): Promise<VectorSet> {
  const methods = neededMethods(recipe.steering);
  const { layers, given = [], ...rest } = options;
  const own = given.filter(({ vector }, i) => given.findIndex((other) => other.vector === vector) === i);
  const sources = { vectors: own.map(({ vector }) => vector), files: own.map(({ file }) => file) };
  if (methods.length === 0) return vectorSet(recipe, given, undefined, sources.vectors, sources.files);
  const captured = await captureContrast(engine, recipe, split, modelSha256, {
    ...rest,
    depth: Math.max(...layers) + 1,
    textLayers: methods.some(needsTextVectors) ? layers : [],
  });
  const vectors = methods.flatMap((method) => vectorsOf(method, recipe, captured));
  const files = vectors.map((vector) => {
    const name = `${vector.class}.${vector.language}`;
    const file = join(
      options.folder,
      `${fileName(methods.length > 1 ? `${vector.method}.${name}` : name)}.gguf`,
    );
    writeVectorFile(file, vector);
    return file;
  });
  return vectorSet(
    recipe,
    given,
    captured.means,
    [...sources.vectors, ...vectors],
    [...sources.files, ...files],
  );
}

/** A method's vectors: for each language one for each class that is steered towards or asked for by the condition. */
function vectorsOf(
  method: SteeringMethod,
  recipe: Recipe,
  { means, textVectors }: CapturedContrast,
): SteeringVector[] {
  const { task, seed } = recipe;
  const steering = steeringOf(recipe);
  const isClass = classFilter(method, task.labels);
  const own = <T extends { readonly groups: readonly { readonly group: ClassGroup }[] }>(captured: T): T => ({
    ...captured,
    groups: captured.groups.filter(({ group }) => isClass(group)),
  });
  const { when, weighting } = steering;
  const classes = HUMAN_METHODS.includes(method)
    ? [HUMAN_CLASS]
    : methodsOf(steering).includes(method)
      ? task.labels
      : [when!.towards!];
  const positions = pooledPositions(steering);
  const shared = {
    method,
    seed,
    tillerVersion: VERSION,
    ...(weighting === undefined ? {} : { weighting }),
    ...(positions === undefined ? {} : { positions }),
    ...(textVectors && needsTextVectors(method) ? { textVectors: own(textVectors) } : {}),
  };
  return task.languages.flatMap((language) =>
    classes.map((name) => makeSteeringVector(own(means), { ...shared, language, class: name })),
  );
}

/** A label is set against labels alone, human texts against spoilt ones or other languages'. */
function classFilter(method: SteeringMethod, labels: readonly string[]): (group: ClassGroup) => boolean {
  if (!HUMAN_METHODS.includes(method)) return (group) => labels.includes(group.class);
  return (group) => group.class === HUMAN_CLASS || SPOILT_CLASSES.includes(group.class);
}

/** The mean residual of a vector's class, where the operation `replace` leads. `[width]` */
function classMean(
  means: ClassMeans,
  { method, language, class: name, weighting }: SteeringVector,
  labels: readonly string[],
  layer: number,
): Float32Array {
  const isClass = classFilter(method as SteeringMethod, labels);
  const groups = means.groups.filter(({ group }) => isClass(group));
  const group =
    method === "language" ? { language, class: name } : contrastGroups({ groups }, language, name)[0]!;
  return Float32Array.from(meanOf(means, group, layer, weighting));
}

function vectorSet(
  recipe: Recipe,
  given: readonly GivenVector[],
  means: ClassMeans | undefined,
  vectors: readonly SteeringVector[],
  files: readonly string[],
): VectorSet {
  const { unit, clampMost } = steeringOf(recipe);
  // A file may hold a vector that one of the recipe's methods made.
  const made = vectors.filter((vector) => !given.some((each) => each.vector === vector));
  const of: VectorSet["of"] = (source) =>
    source === FILE_SOURCE
      ? given.map(({ vector }) => vector)
      : made.filter(({ method }) => method === source);
  const find: VectorSet["find"] = (source, language, label) => {
    if (source === FILE_SOURCE) return given.find((each) => each.label === label)!.vector;
    const wanted = HUMAN_METHODS.includes(source) ? HUMAN_CLASS : label;
    return of(source).find((vector) => vector.language === language && vector.class === wanted)!;
  };
  const specOf = ({ operation, layers, strength }: ConfigurationSteering): InterventionSpec => ({
    operation,
    layers,
    strength,
    unit,
    clampMost,
  });
  return {
    vectors,
    files,
    of,
    find,
    interventions({ steering }, language, label, site = {}) {
      if (!steering) return [];
      const vector = find(steering.method, language, label);
      const reference = (layer: number) => classMean(means!, vector, recipe.task.labels, layer);
      return interventionsOf({ ...specOf(steering), ...site }, vector, means ? { reference } : {});
    },
    absoluteStrength({ steering }) {
      if (!steering) return 0;
      const own = of(steering.method);
      return own.reduce((sum, vector) => sum + addedLength(specOf(steering), vector), 0) / own.length;
    },
  };
}
