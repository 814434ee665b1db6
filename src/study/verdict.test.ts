import { expect, test } from "vitest";
import { type VerdictNumbers, verdictSentence } from "./verdict.js";

const spread = (mean: number, standardDeviation: number) => ({
  mean,
  standardDeviation,
});
const numbers: VerdictNumbers = {
  verdict: "better",
  steered: spread(0.714, 0.031),
  baseline: spread(0.642, 0.04),
  baselineName: "zero-shot",
  prompting: "zero-shot",
  difference: 0.072,
  low: 0.002,
  high: 0.113,
};

test("the verdict says what won, by how much, and how sure that is", () => {
  expect(verdictSentence(numbers)).toBe(
    "Steering beat zero-shot prompting: on texts that people wrote, a classifier trained on the steered texts scores " +
      "0.71 ± 0.03, one trained on the prompted texts 0.64 ± 0.04 (macro-F1; difference +0.07, 95 % interval +0.002 to +0.11).",
  );
});

test("a loss and a draw are said as plainly as a win", () => {
  const lost = verdictSentence({ ...numbers, verdict: "worse", difference: -0.1, low: -0.2, high: -0.001 });
  expect(lost).toMatch(
    /^Steering did worse than zero-shot prompting: .*difference −0\.10, 95 % interval −0\.20 to −0\.001/,
  );
  expect(verdictSentence({ ...numbers, verdict: "no clear difference", difference: 0 })).toMatch(
    /^Steering made no clear difference against zero-shot prompting: .*difference 0\.00/,
  );
});

test("prompts that differ are named", () => {
  expect(verdictSentence({ ...numbers, prompting: "few-shot" })).toMatch(
    /^Steering with few-shot prompts beat zero-shot prompting:/,
  );
});

test("it says what was added to the prompts", () => {
  expect(verdictSentence({ ...numbers, how: "guided" })).toMatch(
    /^Guidance beat zero-shot prompting: .* a classifier trained on the guided texts scores/,
  );
  expect(verdictSentence({ ...numbers, how: "steered and guided", prompting: "few-shot" })).toMatch(
    /^Steering with guidance with few-shot prompts beat .* the steered and guided texts/,
  );
});
