import { randomGenerator } from "../random/seeded-random.js";

/** Eigenvalues of a real symmetric matrix, and its eigenvectors where they are asked for. */
export interface SymmetricEigen {
  /** Descending, each as often as it occurs; exact to a few roundings of the largest. `[size]` */
  readonly values: Float64Array;
  /** Orthonormal eigenvectors of the first `count` values, each with an arbitrary sign. `[count][size]` */
  vectors(count: number): Float64Array[];
}

/** QR steps after which an eigenvalue would have been found; two or three are usual. */
const MOST_STEPS = 60;

/**
 * Eigenvalues of a symmetric matrix: Householder's reduction to a tridiagonal one, then implicit QR steps with
 * Wilkinson's shift (Golub and Van Loan, Matrix Computations, sections 8.3.1 to 8.3.3). Eigenvectors are those of the
 * tridiagonal matrix by inverse iteration, kept orthogonal to the earlier ones, and reflected back: a few cost little.
 * About 4/3 · size³ operations.
 *
 * @param matrix `[size][size]`, of which the lower triangle is read.
 * @throws RangeError for an array of another size, or numbers that are not finite.
 */
export function symmetricEigen(matrix: Float64Array, size: number): SymmetricEigen {
  if (matrix.length !== size * size)
    throw new RangeError(`${matrix.length} numbers are not ${size} × ${size}.`);
  let largest = 0;
  for (const value of matrix) largest = Math.max(largest, Math.abs(value));
  if (!Number.isFinite(largest)) throw new RangeError("Eigenvalues need finite numbers.");
  // Brought to size 1, so that no square overflows or vanishes.
  const scale = largest || 1;
  const { diagonal, side, reflectors, halfSquares } = tridiagonalize(
    matrix.map((value) => value / scale),
    size,
  );
  const sorted = tridiagonalEigenvalues(diagonal, side).sort((a, b) => b - a);
  return {
    values: sorted.map((value) => value * scale),
    vectors(count) {
      if (!(count >= 0 && count <= size))
        throw new RangeError(`There are ${size} eigenvectors, not ${count}.`);
      const found = inverseIteration(diagonal, side, sorted.subarray(0, count));
      for (const vector of found) reflectBack(vector, reflectors, halfSquares, size);
      return found;
    },
  };
}

interface Tridiagonal {
  /** `[size]` */
  readonly diagonal: Float64Array;
  /** `[size]`, of which entry i couples i and i + 1; the last is 0. */
  readonly side: Float64Array;
  /** `[size][size]`: row i has, in its first i entries, the vector u of the reflection I − uuᵀ/h. */
  readonly reflectors: Float64Array;
  /** `[size]`: h = uᵀu/2; 0 where there was nothing to reflect. */
  readonly halfSquares: Float64Array;
}

/** From the last row up, each reflection clears a row but for the entry beside the diagonal. Overwrites `a`. */
function tridiagonalize(a: Float64Array, size: number): Tridiagonal {
  const diagonal = new Float64Array(size);
  const side = new Float64Array(size);
  const halfSquares = new Float64Array(size);
  const p = new Float64Array(size);
  for (let i = size - 1; i >= 1; i--) {
    const row = i * size;
    let others = 0;
    for (let k = 0; k < i - 1; k++) others = Math.max(others, Math.abs(a[row + k]!));
    diagonal[i] = a[row + i]!;
    if (others === 0) {
      side[i - 1] = a[row + i - 1]!;
      continue;
    }
    // The reflection does not depend on the length of u, so that u may be scaled against underflow.
    const scale = Math.max(others, Math.abs(a[row + i - 1]!));
    let squares = 0;
    for (let k = 0; k < i; k++) {
      a[row + k]! /= scale;
      squares += a[row + k]! ** 2;
    }
    const last = a[row + i - 1]!;
    const g = last > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    const h = squares - last * g;
    side[i - 1] = scale * g;
    a[row + i - 1] = last - g;
    halfSquares[i] = h;

    // p = Au/h from the lower triangle alone, going along rows.
    p.fill(0, 0, i);
    for (let j = 0; j < i; j++) {
      const u = a[row + j]!;
      let sum = a[j * size + j]! * u;
      for (let k = 0, at = j * size; k < j; k++, at++) {
        const value = a[at]!;
        sum += value * a[row + k]!;
        p[k]! += value * u;
      }
      p[j]! += sum;
    }
    let up = 0;
    for (let k = 0; k < i; k++) {
      p[k]! /= h;
      up += a[row + k]! * p[k]!;
    }
    const half = up / (2 * h);
    for (let k = 0; k < i; k++) p[k]! -= half * a[row + k]!;
    for (let j = 0; j < i; j++) {
      const u = a[row + j]!;
      const q = p[j]!;
      for (let k = 0, at = j * size; k <= j; k++, at++) a[at]! -= u * p[k]! + q * a[row + k]!;
    }
  }
  if (size > 0) diagonal[0] = a[0]!;
  return { diagonal, side, reflectors: a, halfSquares };
}

/** Largest sum of absolute values in a row of a tridiagonal matrix. */
function normOf(d: Float64Array, e: Float64Array): number {
  let norm = 0;
  d.forEach((value, i) => {
    norm = Math.max(norm, Math.abs(value) + Math.abs(e[i]!) + Math.abs(e[i - 1] ?? 0));
  });
  return norm;
}

/** Golub and Van Loan, algorithms 8.3.2 and 8.3.3. In no order. */
function tridiagonalEigenvalues(diagonal: Float64Array, side: Float64Array): Float64Array {
  const d = Float64Array.from(diagonal);
  const e = Float64Array.from(side);
  // Against the whole matrix: beside eigenvalues of 0 what rounding leaves of a coupling never falls below their own.
  const negligible = Number.EPSILON * normOf(d, e);
  let steps = 0;
  for (let high = d.length - 1; high > 0; ) {
    if (Math.abs(e[high - 1]!) <= negligible) {
      high--;
      steps = 0;
      continue;
    }
    if (++steps > MOST_STEPS) throw new RangeError("The eigenvalues of this matrix were not found.");
    let low = high - 1;
    while (low > 0 && Math.abs(e[low - 1]!) > negligible) low--;
    const half = (d[high - 1]! - d[high]!) / 2;
    const coupling = e[high - 1]!;
    const root = Math.sqrt(half * half + coupling * coupling);
    const shift = d[high]! - coupling * (coupling / (half + (half < 0 ? -root : root)));
    let x = d[low]! - shift;
    let bulge = e[low]!;
    for (let k = low; k < high; k++) {
      const length = Math.sqrt(x * x + bulge * bulge);
      const cosine = length > 0 ? x / length : 1;
      const sine = length > 0 ? bulge / length : 0;
      if (k > low) e[k - 1] = length;
      const [a, b, c] = [d[k]!, e[k]!, d[k + 1]!];
      const mixed = 2 * cosine * sine * b;
      d[k] = cosine * cosine * a + mixed + sine * sine * c;
      d[k + 1] = sine * sine * a - mixed + cosine * cosine * c;
      e[k] = cosine * sine * (c - a) + (cosine * cosine - sine * sine) * b;
      x = e[k]!;
      if (k + 1 < high) {
        bulge = sine * e[k + 1]!;
        e[k + 1]! *= cosine;
      }
    }
  }
  return d;
}

/** Eigenvectors of a tridiagonal matrix for given eigenvalues (Golub and Van Loan, section 8.2.2). */
function inverseIteration(d: Float64Array, e: Float64Array, values: Float64Array): Float64Array[] {
  const random = randomGenerator(0);
  const least = Number.EPSILON * (normOf(d, e) || 1);
  const found: Float64Array[] = [];
  for (const value of values) {
    const vector = d.map(() => random() - 0.5);
    // One solution is nearly always enough; the second is for values that lie close together.
    for (const passes of [1, 2]) {
      solveShifted(d, e, value, vector, least);
      normalize(vector);
      for (let pass = 0; pass < passes; pass++) for (const earlier of found) subtractAlong(vector, earlier);
      normalize(vector);
    }
    found.push(vector);
  }
  return found;
}

/** Overwrites `x` by (T − shift · I)⁻¹x, by elimination with row exchanges; no pivot is smaller than `least`. */
function solveShifted(d: Float64Array, e: Float64Array, shift: number, x: Float64Array, least: number): void {
  const size = d.length;
  const pivots = new Float64Array(size);
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  const held = (pivot: number): number => (Math.abs(pivot) < least ? (pivot < 0 ? -least : least) : pivot);
  let pivot = size > 0 ? d[0]! - shift : 0;
  let above = size > 1 ? e[0]! : 0;
  for (let k = 0; k + 1 < size; k++) {
    const below = e[k]!;
    const next = d[k + 1]! - shift;
    const beyond = k + 2 < size ? e[k + 1]! : 0;
    if (Math.abs(below) > Math.abs(pivot)) {
      const factor = pivot / below;
      pivots[k] = held(below);
      first[k] = next;
      second[k] = beyond;
      pivot = above - factor * next;
      above = -factor * beyond;
      const upper = x[k]!;
      x[k] = x[k + 1]!;
      x[k + 1] = upper - factor * x[k + 1]!;
    } else {
      pivots[k] = held(pivot);
      const factor = below / pivots[k]!;
      first[k] = above;
      pivot = next - factor * above;
      above = beyond;
      x[k + 1]! -= factor * x[k]!;
    }
  }
  pivots[size - 1] = held(pivot);
  for (let k = size - 1; k >= 0; k--) {
    const known = (k + 1 < size ? first[k]! * x[k + 1]! : 0) + (k + 2 < size ? second[k]! * x[k + 2]! : 0);
    x[k] = (x[k]! - known) / pivots[k]!;
  }
}

/** Applies the reflections that made the matrix tridiagonal, the last one first. */
function reflectBack(
  vector: Float64Array,
  reflectors: Float64Array,
  halfSquares: Float64Array,
  size: number,
): void {
  for (let i = 1; i < size; i++) {
    const h = halfSquares[i]!;
    if (h === 0) continue;
    let sum = 0;
    for (let k = 0, at = i * size; k < i; k++, at++) sum += reflectors[at]! * vector[k]!;
    sum /= h;
    for (let k = 0, at = i * size; k < i; k++, at++) vector[k]! -= sum * reflectors[at]!;
  }
}

function normalize(vector: Float64Array): void {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) return;
  let squares = 0;
  for (const value of vector) squares += (value / largest) ** 2;
  const norm = largest * Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i]! /= norm;
}

function subtractAlong(vector: Float64Array, unit: Float64Array): void {
  let part = 0;
  for (let i = 0; i < vector.length; i++) part += vector[i]! * unit[i]!;
  for (let i = 0; i < vector.length; i++) vector[i]! -= part * unit[i]!;
}
