import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { probabilityScores } from "./probability-scores.js";

interface Case {
  truth: number[];
  probabilities: number[][];
  auroc: number;
  logLoss: number;
  brier: number;
  halfBrier: number | null;
  calibrationError: number;
}
const cases: Case[] = JSON.parse(
  readFileSync(new URL("fixtures/probability-scores.json", import.meta.url), "utf8"),
);

test.each(cases)("equal to scikit-learn: AUROC $auroc", (expected) => {
  const scores = probabilityScores(expected.truth, expected.probabilities);
  expect(scores.auroc).toBeCloseTo(expected.auroc, 12);
  expect(scores.logLoss).toBeCloseTo(expected.logLoss, 12);
  expect(scores.brier).toBeCloseTo(expected.brier, 12);
  expect(scores.calibrationError).toBeCloseTo(expected.calibrationError, 12);
  if (expected.halfBrier !== null) expect(scores.brier / 2).toBeCloseTo(expected.halfBrier, 12);
});

test("a class without texts has no ROC curve", () => {
  expect(
    probabilityScores(
      [0, 0],
      [
        [0.5, 0.5],
        [1, 0],
      ],
    ),
  ).toMatchObject({ auroc: undefined, brier: 0.25 });
  expect(
    probabilityScores(
      [0, 1],
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
    ).auroc,
  ).toBeUndefined();
  expect(() => probabilityScores([], [])).toThrow(RangeError);
});

test("certainty in the wrong class costs a finite loss", () => {
  expect(probabilityScores([0], [[0, 1]])).toEqual({
    auroc: undefined,
    logLoss: -Math.log(1e-15),
    brier: 2,
    calibrationError: 1,
  });
});
