/** A steering direction at one layer. */
export interface Direction {
  /** v̂ = v / max(‖v‖₂, 1e-12). `[width]` */
  readonly unit: Float32Array;
  /** ‖v‖₂, in the residual stream's own units. */
  readonly norm: number;
}

/** Paper A's guard against dividing by zero. */
const LEAST_NORM = 1e-12;

/** Euclidean norm. */
export function euclideanNorm(vector: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}

/** Σ a·b in 64 bits. */
export function dotProduct(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

/** cos of the angle between two vectors of one length, neither of them zero. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const value = dotProduct(a, b) / (euclideanNorm(a) * euclideanNorm(b));
  return Math.min(1, Math.max(-1, value));
}

/** A vector's direction and length (paper A: v̂ = v / max(‖v‖₂, 1e-12)). */
export function directionOf(vector: Float64Array): Direction {
  const norm = euclideanNorm(vector);
  return { unit: Float32Array.from(vector, (value) => value / Math.max(norm, LEAST_NORM)), norm };
}

/**
 * `mean` minus the mean of `others`, each of the others weighing the same. `[width]`
 * @throws RangeError if there are no others.
 */
export function differenceFromOthers(mean: Float64Array, others: readonly Float64Array[]): Float64Array {
  if (others.length === 0) throw new RangeError("There is nothing to take a difference from.");
  return mean.map((value, dimension) => {
    let sum = 0;
    for (const other of others) sum += other[dimension]!;
    return value - sum / others.length;
  });
}
