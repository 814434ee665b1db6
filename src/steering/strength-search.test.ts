import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RangePoint, rangeFromPoints } from "./range-from-points.js";
import { nextStrengths, REFINEMENTS, rampOf } from "./strength-search.js";

const THRESHOLDS = { effect: 0.05, coherence: 0.75 };

/** Carries a search out on a model whose effect grows with the strength and whose texts break at one. */
function search(
  {
    effectAt,
    breakAt,
    judged = true,
    invalidFrom = 99,
  }: { effectAt: number; breakAt: number; judged?: boolean; invalidFrom?: number },
  ramp = rampOf({}),
): { points: RangePoint[]; written: number[][]; compared: number } {
  const points = new Map<number, RangePoint>();
  const written: number[][] = [];
  let refined = 0;
  let compared = 0;
  for (let round = 0; round < 20; round += 1) {
    const next = nextStrengths(ramp, [...points.values()], refined, THRESHOLDS);
    if (next.compare.length === 0 && next.write.length === 0) {
      return { points: [...points.values()], written, compared };
    }
    if (next.refines) refined += 1;
    compared += next.compare.length;
    for (const strength of next.compare) {
      expect(points.has(strength)).toBe(false);
      const totalVariation = Math.min(1, (THRESHOLDS.effect * strength) / effectAt);
      const invalid = strength >= invalidFrom ? { coherence: 0 } : {};
      points.set(strength, { strength, totalVariation, texts: 0, ...invalid });
    }
    const write = next.write.filter((strength) => strength < invalidFrom);
    if (write.length > 0) written.push(write);
    for (const strength of write) {
      const point = points.get(strength)!;
      expect(point.texts).toBe(0);
      const coherence = 1 / (1 + (strength / breakAt) ** 4 / 3);
      points.set(strength, { ...point, texts: 8, ...(judged ? { coherence } : {}) });
    }
  }
  throw new Error("The search does not end.");
}

describe("rampOf", () => {
  test("goes up in doublings to the last strength", () => {
    expect(rampOf({})).toEqual([0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6]);
    expect(rampOf({ least: 0.1, most: 1 })).toEqual([0.1, 0.2, 0.4, 0.8, 1]);
    expect(rampOf({ least: 0.3, most: 0.3 })).toEqual([0.3]);
    for (const bad of [
      { least: 0 },
      { least: 2 },
      { most: Number.POSITIVE_INFINITY },
      { least: Number.NaN },
    ]) {
      expect(() => rampOf(bad)).toThrow(RangeError);
    }
  });
});

describe("nextStrengths", () => {
  test("compares the whole ramp, writes from the effect upwards until texts break, and bisects both edges", () => {
    const { written, points, compared } = search({ effectAt: 0.09, breakAt: 0.5 });
    expect(written).toEqual([[0.1, 0.2, 0.4, 0.8], [0.566], [0.476]]);
    expect(compared).toBe(7 + 2 * REFINEMENTS);
    const { begins, breaks, safe } = rangeFromPoints(points, THRESHOLDS);
    expect([begins, breaks, safe]).toEqual([0.1, 0.566, [0.1, 0.476]]);
  });

  test("goes further up only while texts hold", () => {
    expect(search({ effectAt: 0.02, breakAt: 3 }).written).toEqual([
      [0.025, 0.05, 0.1, 0.2],
      [0.4, 0.8],
      [1.6],
    ]);
    const early = search({ effectAt: 0.02, breakAt: 0.15 }).written;
    expect(early[0]).toEqual([0.025, 0.05, 0.1, 0.2]);
    expect(Math.max(...early.flat())).toBe(0.2);
  });

  test("writes nothing where nothing changes", () => {
    expect(search({ effectAt: 100, breakAt: 0.5 }).written).toEqual([]);
  });

  test("does not go on writing where the model cannot judge", () => {
    expect(search({ effectAt: 0.09, breakAt: 0.5, judged: false }).written).toEqual([[0.1, 0.2, 0.4, 0.8]]);
  });

  test("never writes where no valid distribution is left, and still finds the edge below", () => {
    const { written, points } = search({ effectAt: 0.01, breakAt: 9, invalidFrom: 0.7 });
    expect(written.slice(0, 2)).toEqual([[0.025, 0.05, 0.1, 0.2], [0.4]]);
    expect(rangeFromPoints(points, THRESHOLDS)).toMatchObject({ breaks: 0.8, safe: [0.025, 0.673] });
    expect(search({ effectAt: 0.01, breakAt: 9, invalidFrom: 0.001 }).written).toEqual([]);
  });

  test("finds the edges of any model within a quarter of a doubling", () => {
    const exponent = (least: number, most: number) =>
      fc.double({ min: Math.log(least), max: Math.log(most), noNaN: true }).map(Math.exp);
    fc.assert(
      fc.property(exponent(0.03, 0.2), exponent(0.25, 1.5), (effectAt, breakAt) => {
        const { points, written } = search({ effectAt, breakAt });
        const { begins, breaks, safe } = rangeFromPoints(points, THRESHOLDS);
        const quarter = 2 ** 0.26;
        expect(begins! / effectAt).toBeGreaterThanOrEqual(0.999);
        expect(begins! / effectAt).toBeLessThan(quarter);
        expect(safe![1]).toBeLessThanOrEqual(breakAt * 1.001);
        expect(breaks! / safe![1]).toBeLessThan(quarter);
        expect(written.flat().length).toBeLessThanOrEqual(7 + REFINEMENTS);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
