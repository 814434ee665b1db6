import { RecipeError } from "../errors.js";
import { VERSION } from "../version.js";
import { ANY_LANGUAGE } from "./class-means.js";
import { dotProduct, euclideanNorm } from "./direction.js";
import { plainText } from "./direction-tensors.js";
import type { LayerDirection, SteeringVector } from "./steering-vector.js";
import { otherModelProblem } from "./vector-model.js";

/**
 * Sums, projections and orthogonal sets of steering vectors, layer by layer, at the layers that all operands have.
 *
 * What is combined is each vector as it steers. One that a method made steers by its unit direction times a strength,
 * so it enters with length 1 and its `differenceNorm`, a fact of the contrast texts, plays no part. An imported or
 * combined vector has a length of its own, its `differenceNorm`, and enters with it, as vectors do in repeng: so
 * (a + b) + c = a + (b + c), 2a + b counts a twice, and the sum of two vectors of repeng is the one repeng computes.
 *
 * A result is again a unit direction with its length in `differenceNorm`; `residualNorm` is that of the first operand
 * that has one; class, weighting and texts are the first operand's where they have to be one.
 */

export interface AlgebraOptions {
  /** Names of the operands in the result's `origin` and in errors, in their order. Default: class and language. */
  readonly labels?: readonly string[];
}

export interface AddOptions extends AlgebraOptions {
  /** Coefficients, one for each vector. Default: all 1. */
  readonly weights?: readonly number[];
}

/** A remainder below this part of its operands is rounding: units are stored in 32 bits. */
const ROUNDING = 1e-6;

function labelOf(vector: SteeringVector): string {
  if (vector.method === "combined" && vector.origin !== undefined) return `(${vector.origin})`;
  return vector.origin ?? `${vector.class} (${vector.language})`;
}

function labelsOf(vectors: readonly SteeringVector[], { labels }: AlgebraOptions): string[] {
  return vectors.map((vector, i) => plainText(labels?.[i] ?? labelOf(vector)));
}

/** The one value that all share, or `otherwise`. */
function shared<T>(values: readonly T[], otherwise: T): T {
  return values.every((value) => value === values[0]) ? values[0]! : otherwise;
}

function sharedLayers(vectors: readonly SteeringVector[], labels: readonly string[]): number[] {
  for (const [i, vector] of vectors.entries()) {
    const other = vectors.slice(0, i).findIndex((earlier) => otherModelProblem(vector.model, earlier.model));
    if (other < 0) continue;
    const [a, b] = [vectors[other]!.model, vector.model];
    throw new RecipeError(
      `${labels[other]} and ${labels[i]} are of different models: ${a.name || "unnamed"} with ${a.width} dimensions ` +
        `(sha256 ${a.sha256 || "unknown"}), and ${b.name || "unnamed"} with ${b.width} (sha256 ${b.sha256 || "unknown"}). ` +
        "Combine vectors of one model file.",
    );
  }
  const layers = vectors[0]!.layers
    .map(({ layer }) => layer)
    .filter((layer) => vectors.every((vector) => vector.layers.some((each) => each.layer === layer)));
  if (layers.length > 0) return layers;
  const each = vectors.map(
    (vector, i) => `${labels[i]} has ${vector.layers.map(({ layer }) => layer).join(", ")}`,
  );
  throw new RecipeError(`The vectors have no layer in common: ${each.join("; ")}.`);
}

function directionAt(vector: SteeringVector, layer: number): LayerDirection {
  return vector.layers.find((each) => each.layer === layer)!;
}

/** The vector at a layer, as it steers. `[width]` */
function valuesAt(vector: SteeringVector, layer: number): Float64Array {
  const { unit, differenceNorm } = directionAt(vector, layer);
  const hasLength = vector.method === "imported" || vector.method === "combined";
  return Float64Array.from(unit, (value) => value * (hasLength ? differenceNorm : 1));
}

function addScaled(sum: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < sum.length; i += 1) sum[i]! += factor * values[i]!;
}

/**
 * The vector that `compute` gives at each layer.
 * @param compute values `[width]`, and the size of what they were computed from, to tell a zero from rounding
 */
function result(
  vectors: readonly SteeringVector[],
  layers: readonly number[],
  origin: string,
  compute: (layer: number) => { values: Float64Array; size: number },
): SteeringVector {
  const first = vectors[0]!;
  const dataSha256 = shared(
    vectors.map((vector) => vector.dataSha256),
    "",
  );
  // Vectors of the same texts count them once.
  const count = (of: (vector: SteeringVector) => number): number =>
    dataSha256 !== "" ? Math.max(...vectors.map(of)) : vectors.reduce((sum, vector) => sum + of(vector), 0);
  return {
    method: "combined",
    origin,
    class: first.class,
    language: shared(
      vectors.map(({ language }) => language),
      ANY_LANGUAGE,
    ),
    weighting: first.weighting,
    positions: [...new Set(vectors.map(({ positions }) => positions))].join(", "),
    model: (vectors.find(({ model }) => model.sha256 !== "") ?? first).model,
    dataSha256,
    texts: count(({ texts }) => texts),
    tokens: count(({ tokens }) => tokens),
    tillerVersion: VERSION,
    layers: layers.map((layer) => {
      const { values, size } = compute(layer);
      const norm = euclideanNorm(values);
      if (!(norm > ROUNDING * size) || norm === Number.POSITIVE_INFINITY) {
        throw new RecipeError(
          `${origin} ${norm === Number.POSITIVE_INFINITY || Number.isNaN(norm) ? "is too large a number" : "is zero"} ` +
            `at layer ${layer}: there is no direction left to steer along. Choose other vectors or weights.`,
        );
      }
      return {
        layer,
        unit: Float32Array.from(values, (value) => value / norm),
        differenceNorm: norm,
        residualNorm: vectors
          .map((vector) => directionAt(vector, layer).residualNorm)
          .find((residualNorm) => residualNorm !== undefined),
      };
    }),
  };
}

/** `a - 0.5 * b` */
function sumText(labels: readonly string[], weights: readonly number[]): string {
  return labels
    .map((label, i) => {
      const weight = weights[i]!;
      const size = Math.abs(weight) === 1 ? label : `${Math.abs(weight)} * ${label}`;
      if (i === 0) return weight < 0 ? `-${size}` : size;
      return weight < 0 ? ` - ${size}` : ` + ${size}`;
    })
    .join("");
}

/**
 * w₁v₁ + w₂v₂ + … at each layer.
 * @throws RecipeError if the vectors are of different models or share no layer, if a weight is not a number, or if
 *   the sum is zero at a layer.
 */
export function combineVectors(vectors: readonly SteeringVector[], options: AddOptions = {}): SteeringVector {
  const weights = options.weights ?? vectors.map(() => 1);
  if (vectors.length === 0) throw new RecipeError("There are no vectors to add.");
  if (weights.length !== vectors.length || !weights.every(Number.isFinite)) {
    throw new RecipeError(
      `There must be one weight, a number, for each of the ${vectors.length} vectors; found ${weights.join(", ") || "none"}.`,
    );
  }
  const labels = labelsOf(vectors, options);
  const layers = sharedLayers(vectors, labels);
  return result(vectors, layers, sumText(labels, weights), (layer) => {
    const sum = new Float64Array(vectors[0]!.model.width);
    let size = 0;
    vectors.forEach((vector, i) => {
      const values = valuesAt(vector, layer);
      addScaled(sum, values, weights[i]!);
      size += Math.abs(weights[i]!) * euclideanNorm(values);
    });
    return { values: sum, size };
  });
}

/** a + b, or w₁a + w₂b: `combineVectors` of two. */
export function addVectors(a: SteeringVector, b: SteeringVector, options: AddOptions = {}): SteeringVector {
  return combineVectors([a, b], options);
}

/** a − b: `combineVectors` of two with the weights 1 and −1. */
export function subtractVectors(
  a: SteeringVector,
  b: SteeringVector,
  options: AlgebraOptions = {},
): SteeringVector {
  return combineVectors([a, b], { ...options, weights: [1, -1] });
}

/**
 * factor · v. The unit direction stays, or turns round for a negative factor; the length matters in later sums.
 * @throws RecipeError if the factor is 0 or not a number.
 */
export function scaleVector(
  vector: SteeringVector,
  factor: number,
  options: AlgebraOptions = {},
): SteeringVector {
  return combineVectors([vector], { ...options, weights: [factor] });
}

/**
 * What is left of a vector outside an orthonormal basis. Twice, because once leaves a part of the size of rounding
 * relative to the whole, which is much of a small remainder (Kahan and Parlett: twice is enough).
 */
function withoutSpan(values: Float64Array, basis: readonly Float64Array[]): Float64Array {
  const rest = values.slice();
  for (let pass = 0; pass < 2; pass += 1) {
    for (const axis of basis) addScaled(rest, axis, -dotProduct(rest, axis));
  }
  return rest;
}

/** Orthonormal basis of the span of some vectors, by Gram–Schmidt; a vector that lies in the span so far adds nothing. */
function basisOf(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const values of vectors) {
    const rest = withoutSpan(values, basis);
    const norm = euclideanNorm(rest);
    if (norm > ROUNDING * euclideanNorm(values)) basis.push(rest.map((value) => value / norm));
  }
  return basis;
}

/**
 * v without its component in the span of the others, at each layer: the result is orthogonal to every one of them.
 * @throws RecipeError if the vectors are of different models or share no layer, or if nothing is left at a layer.
 */
export function projectOut(
  vector: SteeringVector,
  from: readonly SteeringVector[],
  options: AlgebraOptions = {},
): SteeringVector {
  if (from.length === 0) throw new RecipeError("There is no vector to project out.");
  const vectors = [vector, ...from];
  const labels = labelsOf(vectors, options);
  const layers = sharedLayers(vectors, labels);
  const origin = `${labels[0]} without ${labels.slice(1).join(", ")}`;
  return result(vectors, layers, origin, (layer) => {
    const values = valuesAt(vector, layer);
    const basis = basisOf(from.map((other) => valuesAt(other, layer)));
    return { values: withoutSpan(values, basis), size: euclideanNorm(values) };
  });
}

/**
 * Gram–Schmidt in the given order: the first vector as it is, and each later one without its component in the span of
 * those before it, at the layers that all have. Lengths are those of the remainders.
 * @throws RecipeError if the vectors are of different models or share no layer, or if one lies in the span of those
 *   before it at a layer.
 */
export function orthogonalise(
  vectors: readonly SteeringVector[],
  options: AlgebraOptions = {},
): SteeringVector[] {
  if (vectors.length < 2) throw new RecipeError("Orthogonalising takes two vectors or more.");
  const labels = labelsOf(vectors, options);
  const layers = new Set(sharedLayers(vectors, labels));
  const reduced = vectors.map((vector) => ({
    ...vector,
    layers: vector.layers.filter(({ layer }) => layers.has(layer)),
  }));
  return reduced.map((vector, i) =>
    i === 0
      ? vector
      : projectOut(vector, reduced.slice(0, i), { labels: [labels[i]!, ...labels.slice(0, i)] }),
  );
}
