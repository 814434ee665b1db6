/** Rows of numbers, such as one pooled residual for each text. */
export interface DenseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** `[rows][columns]`, row-major. */
  readonly values: Float32Array | Float64Array;
}

/** Row `row` of a matrix, not a copy. `[columns]` */
export function rowOf(matrix: DenseMatrix, row: number): Float32Array | Float64Array {
  return matrix.values.subarray(row * matrix.columns, (row + 1) * matrix.columns);
}

/** The rows of the first matrix, then those of the next, and so on, in 64 bits. `[rows of all][columns]` */
export function stacked(matrices: readonly DenseMatrix[]): DenseMatrix {
  const columns = matrices[0]?.columns ?? 0;
  const rows = matrices.reduce((sum, matrix) => sum + matrix.rows, 0);
  const values = new Float64Array(rows * columns);
  let at = 0;
  for (const matrix of matrices) {
    if (matrix.columns !== columns)
      throw new RangeError(`Rows of ${matrix.columns} and of ${columns} columns.`);
    values.set(matrix.values, at);
    at += matrix.values.length;
  }
  return { rows, columns, values };
}

/**
 * Mean of the rows, in 64 bits. `[columns]`
 * @throws RangeError if there are none.
 */
export function meanRow(matrix: DenseMatrix): Float64Array {
  const { rows, columns } = matrix;
  if (rows === 0) throw new RangeError("There are no rows to take a mean of.");
  const sum = new Float64Array(columns);
  for (let row = 0; row < rows; row += 1) {
    const values = rowOf(matrix, row);
    for (let column = 0; column < columns; column += 1) sum[column]! += values[column]!;
  }
  return sum.map((value) => value / rows);
}

/** Each row minus `center`, in 64 bits. `[rows][columns]` */
export function minusRow(matrix: DenseMatrix, center: Float64Array): DenseMatrix {
  const { rows, columns } = matrix;
  const values = new Float64Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1, at += 1) {
      values[at] = matrix.values[at]! - center[column]!;
    }
  }
  return { rows, columns, values };
}

/** Rows of `a` minus those of `b`, one by one, in 64 bits. `[rows][columns]` */
export function rowDifferences(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  if (a.rows !== b.rows || a.columns !== b.columns) {
    throw new RangeError(`${a.rows} × ${a.columns} and ${b.rows} × ${b.columns} values are no pairs.`);
  }
  return { ...a, values: Float64Array.from(a.values, (value, at) => value - b.values[at]!) };
}

/** Σ of the squares of all values. */
export function sumOfSquares(matrix: DenseMatrix): number {
  let sum = 0;
  for (const value of matrix.values) sum += value * value;
  return sum;
}

/** Matrix times vector, in 64 bits. `[rows]` */
export function timesVector(matrix: DenseMatrix, vector: Float32Array | Float64Array): Float64Array {
  const { rows, columns, values } = matrix;
  const result = new Float64Array(rows);
  for (let row = 0, at = 0; row < rows; row += 1) {
    let sum = 0;
    for (let column = 0; column < columns; column += 1, at += 1) sum += values[at]! * vector[column]!;
    result[row] = sum;
  }
  return result;
}

/** Transposed matrix times vector, in 64 bits. `[columns]` */
export function transposeTimesVector(matrix: DenseMatrix, vector: Float64Array): Float64Array {
  const { rows, columns, values } = matrix;
  const result = new Float64Array(columns);
  for (let row = 0, at = 0; row < rows; row += 1) {
    const weight = vector[row]!;
    for (let column = 0; column < columns; column += 1, at += 1) result[column]! += weight * values[at]!;
  }
  return result;
}
