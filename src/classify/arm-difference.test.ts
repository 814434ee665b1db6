import { expect, test } from "vitest";
import { estimateDifference } from "./arm-difference.js";
import { sentenceOf, verdictOf } from "./arm-verdict.js";
import { weightedMetric } from "./metric.js";

const TEXTS = 120;
const CLASSES = 3;
const SEEDS = 4;
const truth = Int32Array.from({ length: TEXTS }, (_, i) => i % CLASSES);

/** Right but for every `period`-th text or so, other ones for each seed. */
function predictionsOf(period: number): Int32Array[] {
  return Array.from({ length: SEEDS }, (_, seed) =>
    truth.map((label, i) =>
      (i * 7 + 11 * seed) % (period + (seed === 3 ? 1 : 0)) === 0
        ? (label + 1 + (seed % 2)) % CLASSES
        : label,
    ),
  );
}

/** Macro-F1 of predicted classes. */
const scored = (arm: readonly Int32Array[]) =>
  arm.map((classes) => weightedMetric("macro-f1", truth, CLASSES, { classes, probabilities: [] }));

test("the interval and the p-value are those of the same bootstrap in numpy", () => {
  /*
  import numpy as np
  n, K, S = 120, 3, 4
  i = np.arange(n); truth = i % K
  def arm(period):
      return np.array([np.where((i * 7 + 11 * s) % (period + (s == 3)) == 0, (truth + 1 + s % 2) % K, truth)
                       for s in range(S)])
  arms = [arm(9), arm(5)]
  def f1(p, idx):
      c = np.bincount(truth[idx] * K + p[idx], minlength=K * K).reshape(K, K)
      return np.mean(2 * c.diagonal() / (c.sum(0) + c.sum(1)))
  print(np.mean([f1(p, i) for p in arms[0]]) - np.mean([f1(p, i) for p in arms[1]]))
  rng = np.random.default_rng(1); d = []
  for _ in range(20000):
      idx = np.concatenate([rng.choice(i[truth == k], (truth == k).sum()) for k in range(K)])
      d.append(f1(rng.choice(arms[0]), idx) - f1(rng.choice(arms[1]), idx))
  d = np.array(d)
  print(np.quantile(d, [0.025, 0.975]), 2 * min(np.mean(d <= 0), np.mean(d >= 0)))
  */
  const estimate = estimateDifference(truth, CLASSES, scored(predictionsOf(9)), scored(predictionsOf(5)), {
    resamples: 20_000,
    seed: 5,
  });
  expect(estimate.difference).toBeCloseTo(0.07918009886094979, 12);
  // Two bootstraps of 20,000 differ by their own chance: some 0.002 here.
  expect(Math.abs(estimate.interval[0] - -0.01280587)).toBeLessThan(0.005);
  expect(Math.abs(estimate.interval[1] - 0.17515608)).toBeLessThan(0.005);
  expect(Math.abs(estimate.pValue - 0.0943)).toBeLessThan(0.015);
});

const options = { resamples: 500, seed: 1 };

test("the same predictions differ by nothing, and with one seed without an interval", () => {
  const arm = scored(predictionsOf(4));
  const several = estimateDifference(truth, CLASSES, arm, arm, options);
  expect(several.difference).toBe(0);
  expect(verdictOf(several)).toBe("no clear difference");
  const one = arm.slice(0, 1);
  expect(estimateDifference(truth, CLASSES, one, one, options)).toEqual({
    difference: 0,
    interval: [0, 0],
    pValue: 1,
  });
});

test("swapping the arms turns the verdict round", () => {
  const good = scored([truth, truth]);
  const bad = scored([predictionsOf(2)[0]!, predictionsOf(2)[1]!]);
  const better = estimateDifference(truth, CLASSES, good, bad, options);
  const worse = estimateDifference(truth, CLASSES, bad, good, options);
  expect([verdictOf(better), verdictOf(worse)]).toEqual(["better", "worse"]);
  expect(better.pValue).toBeCloseTo(2 / 501, 12);
  expect(worse.difference).toBe(-better.difference);
});

test("seeds that differ widen the interval", () => {
  const width = (arm: readonly Int32Array[]) => {
    const { interval } = estimateDifference(truth, CLASSES, scored(arm), scored([truth]), options);
    return interval[1] - interval[0];
  };
  const [good, poor] = [predictionsOf(9)[0]!, predictionsOf(3)[0]!];
  expect(width([good, poor])).toBeGreaterThan(1.3 * Math.max(width([good]), width([poor])));
});

test("sentences say the verdict with its numbers", () => {
  const steered = { name: "steered", score: { mean: 0.712, standardDeviation: 0.0312 } };
  const prompted = { name: "zero-shot", score: { mean: 0.641, standardDeviation: 0.04 } };
  const clear = { difference: 0.071, interval: [0.0041, 0.11], pValue: 0.01 } as const;
  expect(sentenceOf(steered, prompted, clear, { metric: "macro-f1", verdict: "better" })).toBe(
    "steered trains a better classifier than zero-shot: macro-F1 0.71 ± 0.03 against 0.64 ± 0.04, " +
      "difference +0.07 (95 % interval +0.004 to +0.11)",
  );
  const unclear = { difference: 0.071, interval: [-0.02, 0.11], pValue: 0.2 } as const;
  expect(sentenceOf(steered, prompted, unclear, { metric: "macro-f1", verdict: "no clear difference" })).toBe(
    "No clear difference between classifiers trained on steered and on zero-shot: " +
      "macro-F1 0.71 ± 0.03 against 0.64 ± 0.04, difference +0.07 (95 % interval −0.02 to +0.11)",
  );
});
