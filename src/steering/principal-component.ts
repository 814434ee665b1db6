import { RecipeError } from "../errors.js";
import { randomGenerator } from "../random/seeded-random.js";
import {
  type DenseMatrix,
  meanRow,
  minusRow,
  sumOfSquares,
  timesVector,
  transposeTimesVector,
} from "./dense-matrix.js";
import { dotProduct, euclideanNorm } from "./direction.js";

/** Share of the rows' squared norm below which their spread is the rounding of 32-bit numbers. */
const LEAST_SPREAD = 2 ** -48;

/** The direction in which rows vary most. */
export interface PrincipalComponent {
  /** Unit vector; its entry of the largest magnitude is positive, as in scikit-learn. `[columns]` */
  readonly unit: Float64Array;
  /** Standard deviation of the rows along it, over n − 1, in the rows' own units. */
  readonly deviation: number;
}

/**
 * First principal component of the rows about their mean: the top eigenvector of their covariance, by the Lanczos
 * method with full reorthogonalisation (Golub & Van Loan, Matrix Computations, section 10.3) on the smaller of XXᵀ
 * and XᵀX, which is never formed. It stops when the residual of the eigenpair is lost in rounding, or when the
 * space is exhausted. If two directions vary equally, it gives one in their plane, always the same.
 *
 * @throws RecipeError if the rows do not differ.
 */
export function firstPrincipalComponent(matrix: DenseMatrix): PrincipalComponent {
  const centered = minusRow(matrix, meanRow(matrix));
  const { rows, columns } = centered;
  const spread = sumOfSquares(centered);
  if (!(spread > LEAST_SPREAD * sumOfSquares(matrix))) {
    throw new RecipeError("The residuals of the contrast texts do not differ. Give different texts.");
  }
  const wide = rows <= columns;
  const apply = wide
    ? (x: Float64Array) => timesVector(centered, transposeTimesVector(centered, x))
    : (x: Float64Array) => transposeTimesVector(centered, timesVector(centered, x));
  const top = topEigenvector(apply, wide ? rows : columns);
  const direction = wide ? transposeTimesVector(centered, top) : top;
  let largest = 0;
  for (const value of direction) if (Math.abs(value) > Math.abs(largest)) largest = value;
  const length = Math.sign(largest) * euclideanNorm(direction);
  const unit = direction.map((value) => value / length);
  const deviation = euclideanNorm(timesVector(centered, unit)) / Math.sqrt(Math.max(1, rows - 1));
  return { unit, deviation };
}

/** Eigenvector of the largest eigenvalue of a positive semidefinite operator on `size` dimensions. */
function topEigenvector(apply: (x: Float64Array) => Float64Array, size: number): Float64Array {
  // A start at random, the same each time, that has a part along any eigenvector there may be.
  const random = randomGenerator(0);
  let next: Float64Array = Float64Array.from({ length: size }, () => random() - 0.5);
  let length = euclideanNorm(next);
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  for (;;) {
    const current = next.map((value) => value / length);
    basis.push(current);
    next = apply(current);
    diagonal.push(dotProduct(next, current));
    // Once is not enough where most of the vector is cancelled.
    for (let pass = 0; pass < 2; pass += 1) for (const earlier of basis) subtractAlong(next, earlier);
    length = euclideanNorm(next);
    const { value, vector } = topOfTridiagonal(diagonal, offDiagonal);
    const residual = length * Math.abs(vector.at(-1)!);
    if (basis.length === size || residual <= Number.EPSILON * value) return combined(basis, vector);
    offDiagonal.push(length);
  }
}

/**
 * Largest eigenvalue of a symmetric tridiagonal matrix, by bisection on the signs of its pivots, and its unit
 * eigenvector, from the factorisation twisted at the least of its pivots (Dhillon & Parlett, 2004).
 */
function topOfTridiagonal(
  diagonal: readonly number[],
  offDiagonal: readonly number[],
): { value: number; vector: Float64Array } {
  const size = diagonal.length;
  const side = (i: number): number => Math.abs(offDiagonal[i] ?? 0);
  let low = Math.max(...diagonal);
  let high = low;
  diagonal.forEach((value, i) => {
    high = Math.max(high, value + side(i - 1) + side(i));
  });
  const pivots = new Float64Array(size);
  const isAboveAll = (shift: number): boolean => {
    for (let i = 0; i < size; i += 1) {
      const coupling = i === 0 ? 0 : offDiagonal[i - 1]! ** 2 / pivots[i - 1]!;
      pivots[i] = diagonal[i]! - shift - coupling;
      if (!(pivots[i]! < 0)) return false;
    }
    return true;
  };
  // Gershgorin's bound may be an eigenvalue itself, where a pivot is 0.
  high += 1e-10 * Math.abs(high) + Number.MIN_VALUE;
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (isAboveAll(middle)) high = middle;
    else low = middle;
  }
  isAboveAll(high);

  // Above all eigenvalues the pivots from either end are negative, so that nothing here is divided by zero.
  const fromEnd = new Float64Array(size);
  let twist = size - 1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = size - 1; i >= 0; i -= 1) {
    const coupling = i === size - 1 ? 0 : offDiagonal[i]! ** 2 / fromEnd[i + 1]!;
    fromEnd[i] = Math.min(diagonal[i]! - high - coupling, -Number.MIN_VALUE);
    const gamma = Math.abs(pivots[i]! + fromEnd[i]! - (diagonal[i]! - high));
    if (gamma < least) {
      least = gamma;
      twist = i;
    }
  }
  const vector = new Float64Array(size);
  vector[twist] = 1;
  for (let i = twist - 1; i >= 0; i -= 1) vector[i] = (-offDiagonal[i]! / pivots[i]!) * vector[i + 1]!;
  for (let i = twist + 1; i < size; i += 1) vector[i] = (-offDiagonal[i - 1]! / fromEnd[i]!) * vector[i - 1]!;
  const norm = euclideanNorm(vector);
  return { value: high, vector: vector.map((value) => value / norm) };
}

function subtractAlong(target: Float64Array, unit: Float64Array): void {
  const part = dotProduct(target, unit);
  for (let i = 0; i < target.length; i += 1) target[i]! -= part * unit[i]!;
}

function combined(basis: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(basis[0]!.length);
  basis.forEach((vector, k) => {
    for (let i = 0; i < sum.length; i += 1) sum[i]! += weights[k]! * vector[i]!;
  });
  return sum;
}
