import { sampled } from "../random/seeded-random.js";
import type { DenseMatrix } from "../steering/dense-matrix.js";
import { euclideanNorm } from "../steering/direction.js";

/**
 * Embeddings ready to be measured: of length 1, in rising order of their numbers, so that no measure depends on the
 * order in which texts were given, to the last bit.
 */
export interface UnitRows extends DenseMatrix {
  /** `[rows][columns]`, row-major. */
  readonly values: Float64Array;
  /** Which of the given rows each one is. `[rows]` */
  readonly indices: Int32Array;
  /** Given rows without a direction: all zeros, or with a number that is not finite. */
  readonly leftOut: number;
}

/** Scales rows to length 1, sorts them, and leaves out those that have no direction. */
export function unitRows(matrix: DenseMatrix): UnitRows {
  const { rows, columns } = matrix;
  const kept: { readonly index: number; readonly unit: Float64Array }[] = [];
  for (let index = 0; index < rows; index++) {
    const given = matrix.values.subarray(index * columns, (index + 1) * columns);
    let largest = 0;
    for (const value of given) largest = Math.max(largest, Math.abs(value));
    if (!(largest > 0 && Number.isFinite(largest))) continue;
    // By a power of two first, which rounds nothing, so that no square overflows or vanishes.
    const scale = 2 ** Math.min(1023, Math.floor(Math.log2(largest)));
    const unit = Float64Array.from(given, (value) => value / scale);
    const norm = euclideanNorm(unit);
    for (let column = 0; column < columns; column++) unit[column]! /= norm;
    kept.push({ index, unit });
  }
  kept.sort((a, b) => compareRows(a.unit, b.unit) || a.index - b.index);
  const values = new Float64Array(kept.length * columns);
  kept.forEach(({ unit }, row) => {
    values.set(unit, row * columns);
  });
  return {
    rows: kept.length,
    columns,
    values,
    indices: Int32Array.from(kept, ({ index }) => index),
    leftOut: rows - kept.length,
  };
}

/** The given rows, which must rise for the result to be in order. */
export function selectRows(matrix: UnitRows, rows: readonly number[]): UnitRows {
  const { columns } = matrix;
  const values = new Float64Array(rows.length * columns);
  rows.forEach((row, at) => {
    values.set(matrix.values.subarray(row * columns, (row + 1) * columns), at * columns);
  });
  return {
    ...matrix,
    rows: rows.length,
    values,
    indices: Int32Array.from(rows, (row) => matrix.indices[row]!),
  };
}

/**
 * `count` rows, drawn without replacement; all, as they are, if that many or fewer are there.
 *
 * @param seed from 0 to 2³² − 1.
 */
export function drawRows(matrix: UnitRows, count: number, seed: number): UnitRows {
  if (count >= matrix.rows) return matrix;
  const drawn = sampled([...matrix.indices.keys()], count, seed);
  return selectRows(
    matrix,
    drawn.sort((a, b) => a - b),
  );
}

function compareRows(a: Float64Array, b: Float64Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
