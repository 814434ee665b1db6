import { expect, test } from "vitest";
import { logisticCalibration } from "./logistic-calibration.js";
import { embeddingFixture } from "./test-embeddings.js";

test("slope and intercept are those of SciPy's minimum", () => {
  const { positive, negative, expected } = embeddingFixture().calibration;
  const { slope, intercept } = logisticCalibration(positive, negative);
  expect(slope).toBeCloseTo(expected[0], 6);
  expect(intercept).toBeCloseTo(expected[1], 6);
});

test("scores that separate the sides fully give a finite slope, and scores without a difference none", () => {
  const { slope, intercept } = logisticCalibration([5, 6, 7], [-2, -1, 0, 1]);
  expect(slope).toBeGreaterThan(0);
  expect(Number.isFinite(slope) && Number.isFinite(intercept)).toBe(true);
  // At the ends the probabilities are about Platt's targets, 4/5 and 1/6.
  expect(1 / (1 + Math.exp(-(slope * 6 + intercept)))).toBeGreaterThan(0.7);
  const flat = logisticCalibration([2, 2], [2, 2]);
  expect(flat.slope).toBeCloseTo(0, 9);
  expect(flat.slope * 2 + flat.intercept).toBeCloseTo(0, 9);
});

test("does not change when a side is there twice, but for Platt's targets, nor with the scores' units", () => {
  const [positive, negative] = [
    Array.from({ length: 400 }, (_, i) => Math.sin(i) + 0.4),
    Array.from({ length: 300 }, (_, i) => Math.cos(i)),
  ];
  const once = logisticCalibration(positive, negative);
  const more = logisticCalibration(positive, [...negative, ...negative]);
  expect(more.slope / once.slope).toBeCloseTo(1, 1);
  const scaled = logisticCalibration(
    positive.map((x) => 1e6 * x + 5e6),
    negative.map((x) => 1e6 * x + 5e6),
  );
  expect(scaled.slope * 1e6).toBeCloseTo(once.slope, 8);
  expect(scaled.intercept + scaled.slope * 5e6).toBeCloseTo(once.intercept, 6);
});

test("refuses an empty side and numbers that are not finite", () => {
  expect(() => logisticCalibration([], [1])).toThrow(RangeError);
  expect(() => logisticCalibration([Number.NaN], [1])).toThrow(RangeError);
});
