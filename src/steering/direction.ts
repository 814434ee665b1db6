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
