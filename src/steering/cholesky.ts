/**
 * Solves A x = b for a symmetric positive definite A by A = LLᵀ (Golub & Van Loan, Matrix Computations, section
 * 4.2). A is overwritten by L.
 *
 * @param matrix A, of which only the lower triangle is read. `[size][size]`
 * @param right b. `[size]`
 * @returns x, or undefined if A is not positive definite within rounding.
 */
export function choleskySolve(matrix: Float64Array, right: Float64Array): Float64Array | undefined {
  const size = right.length;
  for (let i = 0; i < size; i += 1) {
    const row = i * size;
    for (let j = 0; j <= i; j += 1) {
      const other = j * size;
      let sum = matrix[row + j]!;
      for (let k = 0; k < j; k += 1) sum -= matrix[row + k]! * matrix[other + k]!;
      if (i > j) matrix[row + j] = sum / matrix[other + j]!;
      else if (sum > size * Number.EPSILON * matrix[row + i]!) matrix[row + i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  const x = Float64Array.from(right);
  for (let i = 0; i < size; i += 1) {
    for (let k = 0; k < i; k += 1) x[i]! -= matrix[i * size + k]! * x[k]!;
    x[i]! /= matrix[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < size; k += 1) x[i]! -= matrix[k * size + i]! * x[k]!;
    x[i]! /= matrix[i * size + i]!;
  }
  return x;
}
