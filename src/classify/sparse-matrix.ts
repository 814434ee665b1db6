/**
 * A matrix in compressed sparse row form: row `i` holds the entries `rowOffsets[i]` to `rowOffsets[i + 1]` of
 * `columnIndices` and `values`. Column indices rise within a row.
 */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** `[rows + 1]` */
  readonly rowOffsets: Int32Array;
  /** `[entries]` */
  readonly columnIndices: Int32Array;
  /** `[entries]` */
  readonly values: Float64Array;
}

/** The sparse form of dense rows, `[rows][columns]`; zeros are not stored. */
export function sparseFromDense(dense: readonly ArrayLike<number>[]): SparseMatrix {
  const columns = dense[0]?.length ?? 0;
  const rowOffsets = new Int32Array(dense.length + 1);
  const columnIndices: number[] = [];
  const values: number[] = [];
  dense.forEach((row, i) => {
    if (row.length !== columns) {
      throw new RangeError(`row ${i} has ${row.length} columns and row 0 has ${columns}`);
    }
    for (let j = 0; j < columns; j++) {
      const value = row[j]!;
      if (value !== 0) {
        columnIndices.push(j);
        values.push(value);
      }
    }
    rowOffsets[i + 1] = values.length;
  });
  return {
    rows: dense.length,
    columns,
    rowOffsets,
    columnIndices: Int32Array.from(columnIndices),
    values: Float64Array.from(values),
  };
}

/** The dense rows, `[rows][columns]`, of a sparse matrix. */
export function denseFromSparse(matrix: SparseMatrix): Float64Array[] {
  return Array.from({ length: matrix.rows }, (_, i) => {
    const row = new Float64Array(matrix.columns);
    for (let entry = matrix.rowOffsets[i]!; entry < matrix.rowOffsets[i + 1]!; entry++) {
      row[matrix.columnIndices[entry]!] = matrix.values[entry]!;
    }
    return row;
  });
}
