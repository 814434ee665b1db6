import type { DenseMatrix } from "../steering/dense-matrix.js";

/** Rows of the second matrix that are gone through together, so that they stay in the cache. */
const TILE = 32;

/**
 * Dot products of every row of `a` with every row of `b`: ABᵀ, in 64 bits. Each is summed by column in rising order,
 * so that the same two rows give the same bits wherever they stand. `[a.rows][b.rows]`, row-major.
 *
 * @throws RangeError for rows of different widths.
 */
export function dotProducts(a: DenseMatrix, b: DenseMatrix): Float64Array {
  if (a.columns !== b.columns) throw new RangeError(`Rows of ${a.columns} and of ${b.columns} columns.`);
  const products = new Float64Array(a.rows * b.rows);
  for (let tile = 0; tile < b.rows; tile += TILE) {
    multiplyTile(products, a, b, 0, tile, Math.min(b.rows, tile + TILE));
  }
  return products;
}

/** Dot products of the rows with each other: AAᵀ, exactly symmetric. `[rows][rows]`, row-major. */
export function gramMatrix(a: DenseMatrix): Float64Array {
  const { rows } = a;
  const products = new Float64Array(rows * rows);
  for (let tile = 0; tile < rows; tile += TILE) {
    multiplyTile(products, a, a, tile, tile, Math.min(rows, tile + TILE));
  }
  for (let i = 0; i < rows; i++)
    for (let j = i + 1; j < rows; j++) products[i * rows + j] = products[j * rows + i]!;
  return products;
}

/** `[columns][rows]` of `[rows][columns]`. */
export function transposed({ rows, columns, values }: DenseMatrix): DenseMatrix {
  const turned = new Float64Array(values.length);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) turned[column * rows + row] = values[at]!;
  }
  return { rows: columns, columns: rows, values: turned };
}

/** Rows of `a` from `firstRow` with rows of `b` from `from` to before `to`, two by two. */
function multiplyTile(
  products: Float64Array,
  a: DenseMatrix,
  b: DenseMatrix,
  firstRow: number,
  from: number,
  to: number,
): void {
  const { columns, values: x } = a;
  const y = b.values;
  let i = firstRow;
  for (; i + 1 < a.rows; i += 2) {
    const i0 = i * columns;
    const i1 = i0 + columns;
    let j = from;
    for (; j + 1 < to; j += 2) {
      const j0 = j * columns;
      const j1 = j0 + columns;
      let [s00, s01, s10, s11] = [0, 0, 0, 0];
      for (let k = 0; k < columns; k++) {
        const x0 = x[i0 + k]!;
        const x1 = x[i1 + k]!;
        const y0 = y[j0 + k]!;
        const y1 = y[j1 + k]!;
        s00 += x0 * y0;
        s01 += x0 * y1;
        s10 += x1 * y0;
        s11 += x1 * y1;
      }
      products[i * b.rows + j] = s00;
      products[i * b.rows + j + 1] = s01;
      products[(i + 1) * b.rows + j] = s10;
      products[(i + 1) * b.rows + j + 1] = s11;
    }
    for (; j < to; j++) {
      products[i * b.rows + j] = dotProduct(x, i0, y, j * columns, columns);
      products[(i + 1) * b.rows + j] = dotProduct(x, i1, y, j * columns, columns);
    }
  }
  for (; i < a.rows; i++) {
    for (let j = from; j < to; j++) {
      products[i * b.rows + j] = dotProduct(x, i * columns, y, j * columns, columns);
    }
  }
}

function dotProduct(
  x: DenseMatrix["values"],
  xStart: number,
  y: DenseMatrix["values"],
  yStart: number,
  columns: number,
): number {
  let sum = 0;
  for (let k = 0; k < columns; k++) sum += x[xStart + k]! * y[yStart + k]!;
  return sum;
}
