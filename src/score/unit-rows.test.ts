import { expect, test } from "vitest";
import { matrixOf } from "./test-embeddings.js";
import { drawRows, unitRows } from "./unit-rows.js";

test("rows get length 1 and an order of their own; those without a direction are left out and counted", () => {
  const nothing = Number.POSITIVE_INFINITY;
  const rows = unitRows(matrixOf([3, 4], [0, 0], [-2, 0], [Number.NaN, 1], [nothing, 0], [0.3, 0.4]));
  expect([...rows.values]).toEqual([-1, 0, 0.6, 0.8, 0.6, 0.8]);
  expect([...rows.indices]).toEqual([2, 0, 5]);
  expect(rows).toMatchObject({ rows: 3, columns: 2, leftOut: 3 });
  expect(unitRows(matrixOf())).toMatchObject({ rows: 0, leftOut: 0 });
  expect([...unitRows(matrixOf([Number.MAX_VALUE, 0], [0, Number.MIN_VALUE])).values]).toEqual([0, 1, 1, 0]);
  const extreme = unitRows(matrixOf([3e300, 4e300], [3e-310, 4e-310]));
  for (const [at, value] of [0.6, 0.8, 0.6, 0.8].entries()) expect(extreme.values[at]).toBeCloseTo(value, 12);
});

test("a draw is of that many different rows, in order, and the same for the same seed", () => {
  const rows = unitRows(matrixOf(...Array.from({ length: 20 }, (_, i) => [Math.cos(i), Math.sin(i)])));
  const drawn = drawRows(rows, 8, 5);
  expect(new Set(drawn.indices).size).toBe(8);
  expect(drawn).toEqual(drawRows(rows, 8, 5));
  expect(drawn.indices).not.toEqual(drawRows(rows, 8, 6).indices);
  const again = unitRows(drawn);
  expect([...again.indices]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(drawRows(rows, 20, 5)).toBe(rows);
});
