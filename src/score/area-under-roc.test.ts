import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { areaUnderRoc } from "./area-under-roc.js";

// Made by steering/fixtures/separation.py with scikit-learn's roc_auc_score.
const fixture: { pairs: { positive: number[]; negative: number[]; auroc: number }[] } = JSON.parse(
  readFileSync(new URL("../steering/fixtures/separation.json", import.meta.url), "utf8"),
);

test.each(fixture.pairs)("scikit-learn's $auroc, ties and all", ({ positive, negative, auroc }) => {
  expect(areaUnderRoc(positive, negative)).toBeCloseTo(auroc, 12);
});

test("is the share of pairs that are in order", () => {
  const scores = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(scores, scores, (positive, negative) => {
      let won = 0;
      for (const a of positive) for (const b of negative) won += a > b ? 1 : a === b ? 0.5 : 0;
      expect(areaUnderRoc(positive, negative)).toBe(won / (positive.length * negative.length));
    }),
    { seed: 1 },
  );
});

test("has no value without scores, refuses NaN, and knows infinity", () => {
  expect(areaUnderRoc([], [1])).toBeUndefined();
  expect(areaUnderRoc([1], [])).toBeUndefined();
  expect(() => areaUnderRoc([Number.NaN, 1], [1])).toThrow(RangeError);
  expect(() => areaUnderRoc([1], [0, Number.NaN])).toThrow(RangeError);
  const { POSITIVE_INFINITY: most, NEGATIVE_INFINITY: least } = Number;
  expect(areaUnderRoc([most, 0], [most, least])).toBe((0.5 + 1 + 0 + 1) / 4);
});
