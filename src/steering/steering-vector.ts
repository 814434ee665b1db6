import { RecipeError } from "../errors.js";
import {
  type CapturedModel,
  type ClassMeans,
  meanResidualNorm,
  sumsOf,
  type Weighting,
} from "./class-means.js";
import { euclideanNorm } from "./direction.js";
import { languageVector } from "./language-vector.js";
import { type MadeDirection, meanDifference } from "./mean-difference.js";
import { HUMAN_CLASS, qualityVector } from "./quality-vector.js";

export type SteeringMethod = "mean-difference" | "language" | "quality";

/** A steering vector's part at one layer. */
export interface LayerDirection {
  /** 0-based block; the direction is of the residual stream after it. */
  readonly layer: number;
  /** Unit vector. `[width]` */
  readonly unit: Float32Array;
  /** Length of the difference of means that `unit` is the direction of. */
  readonly differenceNorm: number;
  /** Mean norm of the residual at this layer over the texts that the vector was made from, BOS left out. */
  readonly residualNorm: number;
}

/** A direction for each of some layers of one model, and where it comes from. */
export interface SteeringVector {
  readonly method: SteeringMethod;
  /** The class that the vector steers towards. */
  readonly class: string;
  readonly language: string;
  readonly weighting: Weighting;
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
  /** For `mean-difference`; `language` and `quality` steer towards human text. */
  readonly class?: string;
  /** Default: all layers of the means. */
  readonly layers?: readonly number[];
  /** Default: `text` for `mean-difference`, `token` for the others, as in paper A. */
  readonly weighting?: Weighting;
  readonly tillerVersion: string;
}

/**
 * Makes a steering vector from class means by one of the methods.
 * @throws RecipeError if the means lack a class, language or layer that the method needs, or do not differ.
 */
export function makeSteeringVector(means: ClassMeans, options: SteeringVectorOptions): SteeringVector {
  const { method, language } = options;
  const weighting = options.weighting ?? (method === "mean-difference" ? "text" : "token");
  const wanted = method === "mean-difference" ? options.class : HUMAN_CLASS;
  if (wanted === undefined) throw new RecipeError("A mean-difference vector needs a class to steer towards.");
  const make = (layer: number): MadeDirection => {
    switch (method) {
      case "mean-difference":
        return meanDifference(means, { language, class: wanted, layer, weighting });
      case "language":
        return languageVector(means, { language, layer, weighting });
      case "quality":
        return qualityVector(means, { language, layer, weighting });
    }
  };

  const layers = [...new Set(options.layers ?? means.layers)].sort((a, b) => a - b);
  if (layers.length === 0) throw new RecipeError("A steering vector needs at least one layer.");
  const made = layers.map((layer) => ({ layer, ...make(layer) }));
  const vector: SteeringVector = {
    method,
    class: wanted,
    language,
    weighting,
    model: means.model,
    dataSha256: means.dataSha256,
    texts: made[0]!.groups.reduce((sum, group) => sum + sumsOf(means, group, layers[0]!).texts, 0),
    tokens: made[0]!.groups.reduce((sum, group) => sum + sumsOf(means, group, layers[0]!).tokens, 0),
    tillerVersion: options.tillerVersion,
    layers: made.map(({ layer, unit, norm, groups }) => ({
      layer,
      unit,
      differenceNorm: norm,
      residualNorm: meanResidualNorm(means, groups, layer),
    })),
  };
  const problem = problemOf(vector);
  if (problem !== undefined) {
    throw new RecipeError(
      `The ${method} vector for ${wanted} (${language}) cannot steer: ${problem}. Do the classes have the same texts?`,
    );
  }
  return vector;
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
    if (!(residualNorm > 0 && Number.isFinite(residualNorm))) {
      return `at layer ${layer} the mean residual norm is ${residualNorm}`;
    }
  }
  return undefined;
}
