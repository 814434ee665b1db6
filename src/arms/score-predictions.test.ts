import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compareWithReference, scorePredictions } from "./score-predictions.js";

interface Case {
  readonly truth: number[];
  readonly classes: number;
  readonly draws: number[][][];
  readonly reference: number[][];
  readonly accuracy: number[];
  readonly macroF1: number[];
  readonly auroc: number[];
  readonly difference: number;
  readonly pValue: number | null;
  readonly pValueOfSciPy: number | null;
}

const cases: Case[] = JSON.parse(
  readFileSync(new URL("./fixtures/predictions.json", import.meta.url), "utf8"),
);
const optionsOf = (classes: number, resamples = 400) =>
  ({ classes, metric: "macro-f1", seed: 3, resamples }) as const;

test.each(cases)("$classes classes: scores are scikit-learn's", ({ truth, classes, draws, ...expected }) => {
  const scores = scorePredictions(Int32Array.from(truth), draws, optionsOf(classes));
  for (const name of ["accuracy", "macroF1", "auroc"] as const) {
    const { values } = scores[name]!;
    expect(values).toHaveLength(draws.length);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[name][i]!, 9);
  }
  const { low, high } = scores.interval!;
  expect(low).toBeLessThan(scores.macroF1.mean);
  expect(high).toBeGreaterThan(scores.macroF1.mean);
});

test.each(cases)("$classes classes: differences and p-values", ({ truth, classes, draws, ...expected }) => {
  const [found] = compareWithReference(
    Int32Array.from(truth),
    [expected.reference],
    [draws],
    optionsOf(classes),
  );
  expect(found!.difference).toBeCloseTo(expected.difference, 9);
  if (expected.pValue !== null) expect(found!.pValue).toBeCloseTo(expected.pValue, 9);
  if (expected.pValueOfSciPy !== null) expect(found!.pValue).toBeCloseTo(expected.pValueOfSciPy, 9);
  expect(found!.interval[0]).toBeLessThan(found!.interval[1]);
});

test("several comparisons are corrected together, and equal predictions do not differ", () => {
  const { truth, classes, draws, reference } = cases[2]!;
  const found = compareWithReference(
    Int32Array.from(truth),
    [reference],
    [draws, [reference]],
    optionsOf(classes),
  );
  expect(found[0]!.pValue).toBeLessThan(0.01);
  expect(found[0]!.correctedPValue).toBeCloseTo(2 * found[0]!.pValue, 12);
  expect(found[1]).toMatchObject({ difference: 0, pValue: 1, correctedPValue: 1 });
});

test("by the area under the ROC curve, answers keep their probabilities when they are swapped", () => {
  const { truth, classes, draws, auroc } = cases[0]!;
  const options = { ...optionsOf(classes), metric: "auroc" } as const;
  const backwards = draws[0]!.map(([a, b]) => [b!, a!]);
  const [found] = compareWithReference(Int32Array.from(truth), [backwards], [draws], options);
  expect(found!.difference).toBeCloseTo(2 * auroc[0]! - 1, 9);
});

test("nothing to score is refused", () => {
  expect(() => scorePredictions(Int32Array.of(0, 1), [], optionsOf(2))).toThrow(RangeError);
});
