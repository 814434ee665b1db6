import { RecipeError } from "../errors.js";
import {
  type CapturedModel,
  type ClassGroup,
  type ClassMeans,
  meanResidualNorm,
  sumsOf,
  type Weighting,
} from "./class-means.js";
import { stacked } from "./dense-matrix.js";
import { type Direction, euclideanNorm } from "./direction.js";
import { languageVector } from "./language-vector.js";
import { lat } from "./lat.js";
import { linearDiscriminant } from "./linear-discriminant.js";
import { logisticProbe } from "./logistic-probe.js";
import { meanDifference } from "./mean-difference.js";
import { pcaCenter, pcaDifference, pcaOfClasses } from "./pca.js";
import { CORRUPTED_CLASS, HUMAN_CLASS } from "./quality-vector.js";
import { randomDirection } from "./random-direction.js";
import { type ContrastRows, contrastRows, pairsOf, type TextVectors } from "./text-vectors.js";

/** Methods that make a direction from contrast texts. */
export const STEERING_METHODS = [
  "mean-difference",
  "language",
  "quality",
  "pca-diff",
  "pca-center",
  "lat",
  "logistic-probe",
  "lda",
  "random",
] as const;

export type SteeringMethod = (typeof STEERING_METHODS)[number];

const TEXT_METHODS = ["pca-diff", "pca-center", "lat", "logistic-probe", "lda"] as const;

/** Methods that need the residual of each text. */
export type TextMethod = (typeof TEXT_METHODS)[number];

/** Methods whose direction is made of the difference of the class means. */
const DIFFERENCE_METHODS: readonly SteeringMethod[] = ["mean-difference", "language", "quality", "lda"];

/** Share of the residual's norm up to which a difference of means is the rounding of 32-bit numbers. */
const ROUNDING = 1e-6;

/** Value of `positions` when every row but the first, BOS or the first token, was pooled. */
const ALL_BUT_FIRST = "all-but-first";

/** Where a vector comes from: a method, another tool's file, or other vectors. */
export type VectorOrigin = SteeringMethod | "imported" | "combined";

/** A steering vector's part at one layer. */
export interface LayerDirection {
  /** 0-based block; the direction is of the residual stream after it. */
  readonly layer: number;
  /** Unit vector. `[width]` */
  readonly unit: Float32Array;
  /** Distance of the class means; of an imported or combined vector its own length. */
  readonly differenceNorm: number;
  /**
   * Mean norm of the residual at this layer over the texts that the vector was made from, over the rows that were pooled; undefined
   * for a vector of another tool, which can be given absolute strengths only.
   */
  readonly residualNorm: number | undefined;
}

/** A direction for each of some layers of one model, and where it comes from. */
export interface SteeringVector {
  readonly method: VectorOrigin;
  /**
   * For an imported or combined vector: which file, or how it was computed from which. For a quality vector whose bad
   * texts are no translations: that they are corrupted ones.
   */
  readonly origin?: string;
  /** The class that the vector steers towards. */
  readonly class: string;
  readonly language: string;
  readonly weighting: Weighting;
  /** Which rows of the texts were pooled, such as `all-but-first`. */
  readonly positions: string;
  /** `sha256` is empty if the file of another tool does not say it. */
  readonly model: CapturedModel;
  readonly dataSha256: string;
  /** Texts and tokens of all classes and languages that entered the means. */
  readonly texts: number;
  readonly tokens: number;
  /** Version of Tiller that made it. */
  readonly tillerVersion: string;
  /** By ascending layer. */
  readonly layers: readonly LayerDirection[];
}

export interface SteeringVectorOptions {
  readonly method: SteeringMethod;
  readonly language: string;
  /** The class to steer towards; `language` and `quality` always steer towards human text. */
  readonly class?: string;
  /** For `language`: the one language to steer away from. Default: the mean of all others, as in paper A. */
  readonly from?: string;
  /** Default: all layers of the means, or of the text vectors for a method that needs those. */
  readonly layers?: readonly number[];
  /**
   * For `mean-difference`, default `text`, and `language` and `quality`, default `token`, as in paper A. The other
   * methods count each text once, whatever is given here.
   */
  readonly weighting?: Weighting;
  /** For the methods of `needsTextVectors`: the same texts as in the means, one by one. */
  readonly textVectors?: TextVectors;
  /**
   * For `pca-center`: whether text i of each class are a pair. Default: if all classes have as many texts. `pca-diff`
   * always takes them for pairs.
   */
  readonly paired?: boolean;
  /** For `lat` and `random`: an integer from 0 to 2³² − 1. Default 0. */
  readonly seed?: number;
  /** Which rows of the texts were pooled when they were captured. Default `all-but-first`. */
  readonly positions?: string;
  readonly tillerVersion: string;
}

/** True for methods that need the residual of each text, and not only the means of the classes. */
export function needsTextVectors(method: SteeringMethod): method is TextMethod {
  return (TEXT_METHODS as readonly string[]).includes(method);
}

/**
 * Makes a steering vector from captured residuals by one of the methods. Whatever the method, `differenceNorm` is the
 * distance of the class's mean from the mean of the others, and `residualNorm` the mean norm over all their tokens.
 *
 * @param means of the contrast texts, for every method.
 * @throws RecipeError if the means or text vectors lack a class, language or layer that the method needs, or do not
 * differ.
 * @throws RangeError if a method that needs them is given no text vectors, or those of other texts.
 */
export function makeSteeringVector(means: ClassMeans, options: SteeringVectorOptions): SteeringVector {
  const { method, language, textVectors } = options;
  const wanted = method === "language" || method === "quality" ? HUMAN_CLASS : options.class;
  if (wanted === undefined) throw new RecipeError(`A ${method} vector needs a class to steer towards.`);
  const name = `The ${method} vector for ${wanted} (${language})`;
  const weighting = weightingOf(options);
  const available = needsTextVectors(method) ? (textVectors ?? means).layers : means.layers;
  const layers = [...new Set(options.layers ?? available)].sort((a, b) => a - b);
  if (layers.length === 0) throw new RecipeError("A steering vector needs at least one layer.");

  const made = layers.map((layer) => {
    try {
      return { layer, ...madeDirection(means, { ...options, class: wanted, weighting }, layer) };
    } catch (error) {
      if (!(error instanceof RecipeError)) throw error;
      throw new RecipeError(`${name} cannot be made at layer ${layer}. ${error.message}`, { cause: error });
    }
  });
  const { groups } = made[0]!;
  const counted = (count: "texts" | "tokens"): number =>
    groups.reduce((sum, group) => sum + sumsOf(means, group, layers[0]!)[count], 0);
  const corrupted = method === "quality" && groups.some((group) => group.class === CORRUPTED_CLASS);
  const vector: SteeringVector = {
    method,
    ...(corrupted ? { origin: "human texts less corrupted ones" } : {}),
    class: wanted,
    language,
    weighting,
    positions: options.positions ?? ALL_BUT_FIRST,
    model: means.model,
    dataSha256: means.dataSha256,
    texts: counted("texts"),
    tokens: counted("tokens"),
    tillerVersion: options.tillerVersion,
    layers: made.map(({ layer, unit, differenceNorm }) => ({
      layer,
      unit,
      differenceNorm,
      residualNorm: meanResidualNorm(means, groups, layer),
    })),
  };
  const problem = problemOf(vector);
  if (problem !== undefined) {
    throw new RecipeError(`${name} cannot steer: ${problem}. Do the classes have the same texts?`);
  }
  for (const { layer, differenceNorm, residualNorm } of vector.layers) {
    if (!DIFFERENCE_METHODS.includes(method) || differenceNorm > ROUNDING * residualNorm!) continue;
    throw new RecipeError(
      `${name} cannot steer: at layer ${layer} the class means differ by rounding alone (by ${differenceNorm}, where ` +
        `residuals have the norm ${residualNorm}). Do the classes differ in the rows that are pooled?`,
    );
  }
  return vector;
}

function weightingOf({ method, weighting }: SteeringVectorOptions): Weighting {
  if (method === "language" || method === "quality") return weighting ?? "token";
  return method === "mean-difference" ? (weighting ?? "text") : "text";
}

interface LayerOptions extends SteeringVectorOptions {
  readonly class: string;
  readonly weighting: Weighting;
}

interface MadeLayer {
  readonly unit: Float32Array;
  readonly differenceNorm: number;
  readonly groups: readonly ClassGroup[];
}

function madeDirection(means: ClassMeans, options: LayerOptions, layer: number): MadeLayer {
  const { method, language, from, weighting, seed = 0 } = options;
  if (method === "language") {
    const { norm, ...made } = languageVector(means, {
      language,
      layer,
      weighting,
      ...(from === undefined ? {} : { from }),
    });
    return { ...made, differenceNorm: norm };
  }
  const { norm: differenceNorm, ...difference } = meanDifference(means, {
    language,
    class: options.class,
    layer,
    weighting,
  });
  if (method === "mean-difference" || method === "quality") return { ...difference, differenceNorm };
  const { unit } = needsTextVectors(method)
    ? directionFromTexts(method, contrastOf(means, difference.groups, options, layer), options)
    : randomDirection({ width: means.model.width, seed, layer, language, class: options.class });
  return { unit, differenceNorm, groups: difference.groups };
}

/** The two sides of the contrast at a layer, which must be the texts of the means. */
function contrastOf(
  means: ClassMeans,
  groups: readonly ClassGroup[],
  { method, textVectors }: LayerOptions,
  layer: number,
): ContrastRows {
  if (textVectors === undefined) throw new RangeError(`The method ${method} needs text vectors.`);
  const contrast = contrastRows(textVectors, groups, layer);
  const counts = [contrast.wanted, ...contrast.others].map(({ rows }) => rows);
  const same =
    textVectors.model.sha256 === means.model.sha256 &&
    textVectors.dataSha256 === means.dataSha256 &&
    groups.every((group, index) => sumsOf(means, group, layer).texts === counts[index]);
  if (!same) throw new RangeError("The text vectors and the class means are of different texts or models.");
  return contrast;
}

function directionFromTexts(
  method: TextMethod,
  contrast: ContrastRows,
  { paired, seed = 0 }: SteeringVectorOptions,
): Direction {
  const { wanted } = contrast;
  const others = () => stacked(contrast.others);
  switch (method) {
    case "pca-diff":
      return pcaDifference(pairsOf(contrast));
    case "pca-center":
      return (paired ?? contrast.others.every((other) => other.rows === wanted.rows))
        ? pcaCenter(pairsOf(contrast))
        : pcaOfClasses(wanted, others());
    case "lat":
      return lat(wanted, others(), seed);
    case "logistic-probe":
      return logisticProbe(wanted, others());
    case "lda":
      return linearDiscriminant(wanted, others());
  }
}

/** What makes a vector unfit for steering, or undefined. */
export function problemOf(vector: SteeringVector): string | undefined {
  for (const { layer, unit, residualNorm } of vector.layers) {
    const norm = euclideanNorm(unit);
    if (unit.length !== vector.model.width) {
      return `at layer ${layer} it has ${unit.length} dimensions, and the model ${vector.model.width}`;
    }
    if (!Number.isFinite(norm)) return `at layer ${layer} it is not finite (NaN or infinity)`;
    if (Math.abs(norm - 1) > 1e-3) return `at layer ${layer} its length is ${norm} instead of 1`;
    if (residualNorm !== undefined && !(residualNorm > 0 && Number.isFinite(residualNorm))) {
      return `at layer ${layer} the mean residual norm is ${residualNorm}`;
    }
  }
  return undefined;
}
