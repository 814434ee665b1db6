import { expect, it } from "vitest";
import { mean, median, quantile } from "./statistics.js";

/* import numpy as np; print([np.quantile([3,1,4,1,5,9,2,6], q) for q in (0,.025,.5,.8,.975,1)], np.median([2,7,1])) */
it("gives the quantiles of NumPy", () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  const found = [0, 0.025, 0.5, 0.8, 0.975, 1].map((q) => quantile(values, q)!);
  const expected = [1, 1, 3.5, 5.6, 8.475, 9];
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 12);
  expect(median([2, 7, 1])).toBe(2);
});

it("says that there is no mean of nothing, and bears infinities", () => {
  expect([mean([]), median([]), quantile([], 0.5)]).toEqual([undefined, undefined, undefined]);
  expect(median([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 1])).toBe(Number.NEGATIVE_INFINITY);
});
