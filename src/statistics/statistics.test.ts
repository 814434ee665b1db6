import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holm } from "./holm.js";
import { pairedPermutation } from "./paired-permutation.js";
import { ranksOf } from "./ranks.js";
import { spearman } from "./spearman.js";
import { incompleteBeta, twoSidedT } from "./student-t.js";

interface Fixture {
  spearman: { first: number[]; second: number[]; rho: number; p: number }[];
  t: [number, number, number][];
  beta: [number, number, number, number][];
  ranks: [number[], number[]][];
  holm: { p: number[]; corrected: number[] }[];
  permutation: { a: number[]; b: number[]; p: number }[];
}
const fixture: Fixture = JSON.parse(
  readFileSync(new URL("fixtures/statistics.json", import.meta.url), "utf8"),
);

describe("equal to SciPy", () => {
  test.each(fixture.ranks)("ranks of %j", (values, ranks) => {
    expect(ranksOf(values)).toEqual(ranks);
  });
  test.each(fixture.spearman)("Spearman $rho", ({ first, second, rho, p }) => {
    const found = spearman(first, second)!;
    expect(found.rho).toBeCloseTo(rho, 12);
    expect(found.pValue).toBeCloseTo(p, 10);
    expect(found.pairs).toBe(first.length);
  });
  test.each(fixture.t)("t = %d with %d degrees", (t, degrees, p) => {
    expect(twoSidedT(t, degrees) / p).toBeCloseTo(1, 10);
  });
  test.each(fixture.beta)("I(%d; %d, %d)", (x, a, b, value) => {
    expect(incompleteBeta(x, a, b) / value).toBeCloseTo(1, 10);
  });
  test.each(fixture.holm)("Holm of $p", ({ p, corrected }) => {
    holm(p).forEach((value, i) => {
      expect(value).toBeCloseTo(corrected[i]!, 14);
    });
  });
  test.each(fixture.permutation)("exact permutation test, p = $p", ({ a, b, p }) => {
    expect(pairedPermutation(a.length, meanDifference(a, b), { seed: 1 })).toBeCloseTo(p, 12);
  });
});

const meanDifference = (a: readonly number[], b: readonly number[]) => (swapped: Uint8Array) =>
  a.reduce((sum, value, i) => sum + (swapped[i] ? b[i]! - value : value - b[i]!), 0) / a.length;

test("drawn permutations come near the t-test that they stand for", () => {
  const b = Array.from({ length: 60 }, (_, i) => Math.sin(7 * i));
  const shifted = (by: number) => b.map((value, i) => value + by + Math.sin(11 * i + 1));
  const p = (by: number) => pairedPermutation(60, meanDifference(shifted(by), b), { seed: 3 });
  const differences = shifted(0.15).map((value, i) => value - b[i]!);
  const mean = differences.reduce((sum, value) => sum + value, 0) / 60;
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 59;
  expect(p(0.15)).toBeCloseTo(twoSidedT(mean / Math.sqrt(variance / 60), 59), 1);
  expect(p(2)).toBeCloseTo(1 / 2001, 10);
});

test("a correlation needs three pairs and two values on either side", () => {
  expect(spearman([1, 2], [1, 2])).toBeUndefined();
  expect(spearman([1, 1, 1], [1, 2, 3])).toBeUndefined();
  expect(spearman([1, 2, 3], [10, 20, 30])).toEqual({ rho: 1, pValue: 0, pairs: 3 });
  expect(() => spearman([1], [])).toThrow(RangeError);
  expect(() => ranksOf([1, Number.NaN])).toThrow(RangeError);
});

test("Holm's values are no smaller than the p-values, in their order, and at most 1", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), (p) => {
      const corrected = holm(p);
      corrected.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(p[i]!);
        expect(value).toBeLessThanOrEqual(1);
        for (const [j, other] of p.entries())
          if (other < p[i]!) expect(corrected[j]).toBeLessThanOrEqual(value);
      });
    }),
    { numRuns: 50 },
  );
  expect(() => holm([1.5])).toThrow(RangeError);
});
