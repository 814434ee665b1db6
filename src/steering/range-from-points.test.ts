import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RangePoint, rangeFromPoints } from "./range-from-points.js";

const point = (strength: number, totalVariation: number, coherence?: number, shift?: number): RangePoint => ({
  strength,
  totalVariation,
  texts: coherence === undefined ? 0 : 8,
  coherence,
  ...(shift === undefined ? {} : { shift, shiftError: 0.5 }),
});

/** What TinyLlama does at its layer 5, about. */
const usual = [
  point(0.025, 0.03),
  point(0.05, 0.04),
  point(0.1, 0.06, 0.96),
  point(0.2, 0.11, 0.99),
  point(0.4, 0.22, 0.95),
  point(0.56, 0.35, 0.7),
  point(0.8, 0.5, 0.4),
  point(1.6, 0.8),
];

describe("rangeFromPoints", () => {
  test("the effect begins at the first threshold, and texts break at the second", () => {
    expect(rangeFromPoints(usual)).toEqual({
      begins: 0.1,
      breaks: 0.56,
      safe: [0.1, 0.4],
      // 0.1 · 4^(1/3) = 0.159, 0.1 · 4^(2/3) = 0.252
      recommended: [0.16, 0.25, 0.4],
      moves: undefined,
    });
    expect(rangeFromPoints(usual, { effect: 0.2, coherence: 0.3 })).toMatchObject({
      begins: 0.4,
      breaks: undefined,
      safe: [0.4, 0.8],
    });
  });

  test("one unlucky set of texts decides nothing, neither way", () => {
    const dip = usual.map((at) => (at.strength === 0.1 ? { ...at, coherence: 0.8 } : at));
    expect(rangeFromPoints(dip)).toMatchObject({ breaks: 0.56, safe: [0.1, 0.4] });
    const peak = usual.map((at) => (at.strength === 0.8 ? { ...at, coherence: 0.9 } : at));
    expect(rangeFromPoints(peak)).toMatchObject({ breaks: 0.56 });
    const jump = usual.map((at) => (at.strength === 0.025 ? { ...at, totalVariation: 0.051 } : at));
    expect(rangeFromPoints(jump)).toMatchObject({ begins: 0.1 });
  });

  test("a set of more texts weighs more", () => {
    const points = [point(0.1, 0.1, 1), point(0.2, 0.2, 0.7), { ...point(0.4, 0.4, 0.9), texts: 80 }];
    expect(rangeFromPoints(points)).toMatchObject({ breaks: undefined });
    const less = [point(0.1, 0.1, 1), { ...point(0.2, 0.2, 0.7), texts: 80 }, point(0.4, 0.4, 0.9)];
    expect(rangeFromPoints(less)).toMatchObject({ breaks: 0.2, safe: [0.1, 0.1] });
  });

  test("no effect, or none before the texts break, leaves nothing to recommend", () => {
    const nothing = rangeFromPoints([point(0.1, 0), point(1.6, 0.04)]);
    expect(nothing).toEqual({
      begins: undefined,
      breaks: undefined,
      safe: undefined,
      recommended: [],
      moves: undefined,
    });
    const sudden = rangeFromPoints([point(0.1, 0.01), point(0.2, 0.9, 0.1)]);
    expect(sudden).toMatchObject({ begins: 0.2, breaks: 0.2, safe: undefined, recommended: [] });
    expect(rangeFromPoints([])).toMatchObject({ begins: undefined, safe: undefined });
  });

  test("texts that were written but cannot be judged give no interval", () => {
    const unjudged = usual.map(({ coherence, ...at }) => at);
    expect(rangeFromPoints(unjudged)).toMatchObject({ begins: 0.1, breaks: undefined, safe: undefined });
  });

  test("a narrow interval has fewer strengths", () => {
    expect(rangeFromPoints([point(0.2, 0.2, 1), point(0.4, 0.4, 0)]).recommended).toEqual([0.2]);
    expect(rangeFromPoints([point(0.101, 0.2, 1), point(0.102, 0.4, 1)]).recommended).toEqual([0.101, 0.102]);
  });

  test("whole texts that move against the direction never begin to do what was wanted", () => {
    const moved = (shift: number, broken: number) =>
      rangeFromPoints([point(0.1, 0.1, 1, shift), point(0.2, 0.2, 1, shift), point(0.4, 0.4, 0.1, broken)]);
    expect(moved(-1.2, 9)).toMatchObject({ moves: "away", begins: undefined, breaks: 0.4, recommended: [] });
    expect(moved(1.2, -9)).toMatchObject({ moves: "towards", begins: 0.1, safe: [0.1, 0.2] });
    // The errors of points share that of the unsteered texts: two of them are no surer than one.
    expect(moved(-0.9, 0)).toMatchObject({ moves: "unclear", begins: 0.1 });
  });

  test.each([
    [{ strength: 0 }],
    [{ strength: Number.NaN }],
    [{ strength: 0.2 }],
    [{ totalVariation: Number.NaN }],
    [{ coherence: Number.POSITIVE_INFINITY }],
  ])("refuses %j", (wrong) => {
    expect(() => rangeFromPoints([point(0.2, 0.1, 1), { ...point(0.1, 0.1, 1), ...wrong }])).toThrow(
      RangeError,
    );
  });

  test("whatever was measured, it reports measured strengths in order, and the points' order does not matter", () => {
    const measured = fc.uniqueArray(
      fc.record({
        strength: fc.integer({ min: 1, max: 1600 }).map((thousandths) => thousandths / 1000),
        totalVariation: fc.double({ min: 0, max: 1, noNaN: true }),
        texts: fc.integer({ min: 0, max: 20 }),
        coherence: fc.option(fc.double({ min: 0, max: 1.2, noNaN: true }), { nil: undefined }),
        shift: fc.option(fc.double({ min: -3, max: 3, noNaN: true }), { nil: undefined }),
        shiftError: fc.constant(0.4),
      }),
      { selector: ({ strength }) => strength, maxLength: 12 },
    );
    fc.assert(
      fc.property(measured, (points) => {
        const found = rangeFromPoints(points);
        expect(rangeFromPoints([...points].reverse())).toEqual(found);
        const strengths = points.map(({ strength }) => strength);
        for (const edge of [found.begins, found.breaks, ...(found.safe ?? [])]) {
          if (edge !== undefined) expect(strengths).toContain(edge);
        }
        expect(found.recommended.length > 0).toBe(found.safe !== undefined);
        expect(found.recommended.length).toBeLessThanOrEqual(3);
        if (found.safe === undefined) return;
        const [least, most] = found.safe;
        expect(least).toBe(found.begins);
        expect(most).toBeLessThan(found.breaks ?? Number.POSITIVE_INFINITY);
        expect(found.recommended.at(-1)).toBe(most);
        found.recommended.forEach((strength, index) => {
          expect(strength).toBeGreaterThanOrEqual(least);
          expect(strength).toBeGreaterThan(index === 0 ? 0 : found.recommended[index - 1]!);
        });
      }),
      { seed: 1 },
    );
  });
});
