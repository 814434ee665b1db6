import fc from "fast-check";
import { expect, it } from "vitest";
import { TillerError } from "../errors.js";
import { harmonicMean } from "./harmonic.js";

/* from scipy.stats import hmean; print(hmean([.9, .5, .7]), hmean([1, 1e-3])) */
it("is SciPy's harmonic mean, and 0 with a 0", () => {
  expect(harmonicMean([0.9, 0.5, 0.7])).toBeCloseTo(0.6608391608391608, 14);
  expect(harmonicMean([1, 1e-3])).toBeCloseTo(0.001998001998001998, 16);
  expect(harmonicMean([0.4])).toBe(0.4);
  expect(harmonicMean([0.9, 0, 1])).toBe(0);
  expect(harmonicMean([1, 1, 1])).toBe(1);
  expect(harmonicMean([5e-324, 1])).toBe(0);
});

it("refuses what is not a value", () => {
  for (const values of [[], [Number.NaN, 1], [0, Number.NaN], [-0.1], [1, Number.POSITIVE_INFINITY]]) {
    expect(() => harmonicMean(values)).toThrow(TillerError);
  }
  expect(() => harmonicMean([1, undefined as unknown as number])).toThrow("value 2 of 2 is undefined");
});

it("lies between the smallest and the arithmetic mean", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1e-6, max: 1, noNaN: true }), { minLength: 1 }), (values) => {
      const found = harmonicMean(values);
      const arithmetic = values.reduce((a, b) => a + b, 0) / values.length;
      expect(found).toBeGreaterThanOrEqual(Math.min(...values) * (1 - 1e-12));
      expect(found).toBeLessThanOrEqual(arithmetic * (1 + 1e-12));
    }),
    { seed: 3 },
  );
});
