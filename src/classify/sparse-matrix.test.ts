import { expect, test } from "vitest";
import { denseFromSparse, sparseFromDense } from "./sparse-matrix.js";

test("stores what is not zero, row by row, and gives it back", () => {
  const dense = [
    [0, 2, 0],
    [0, 0, 0],
    [1, 0, -3],
  ];
  const sparse = sparseFromDense(dense);
  expect(sparse).toEqual({
    rows: 3,
    columns: 3,
    rowOffsets: Int32Array.of(0, 1, 1, 3),
    columnIndices: Int32Array.of(1, 0, 2),
    values: Float64Array.of(2, 1, -3),
  });
  expect(denseFromSparse(sparse).map((row) => [...row])).toEqual(dense);
});

test("refuses ragged rows", () => {
  expect(() => sparseFromDense([[1], [1, 2]])).toThrow(/row 1 has 2 columns and row 0 has 1/);
});
