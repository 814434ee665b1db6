import { randomGenerator } from "../random/seeded-random.js";
import type { WeightedMetric } from "./metric.js";

export interface DifferenceEstimate {
  /** Mean score of the arm less that of the baseline. */
  readonly difference: number;
  /** 95 % interval of `difference`. */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided; at least 2 / (resamples + 1). */
  readonly pValue: number;
}

/**
 * The difference in a score between two arms, with an interval that covers two things that would be different
 * next time: the test texts, and the training texts. Each resample draws test texts within their class, the same
 * ones for both arms (a paired bootstrap), and one seed's classifier for each arm.
 *
 * One seed and not the mean over seeds: seeds train on overlapping subsets of one data set, so their mean varies
 * much less than between data sets written anew. With two samples of the same human data as arms (sentiment in
 * Yoruba and Hausa), 80 % subsets and 10 seeds, this interval left out 0 in 4 of 160 comparisons; with the mean
 * over resampled seeds it did in 16.
 *
 * With one seed the interval covers the test texts alone.
 *
 * @param truth `[test texts]`: class numbers; every class has a text.
 * @param arm `[seeds]`: the score of each classifier, see `weightedMetric`.
 * @param baseline likewise.
 */
export function estimateDifference(
  truth: Int32Array,
  classes: number,
  arm: readonly WeightedMetric[],
  baseline: readonly WeightedMetric[],
  options: { readonly resamples: number; readonly seed: number },
): DifferenceEstimate {
  const random = randomGenerator(options.seed);
  const members = Array.from({ length: classes }, (_, k) => [...truth.keys()].filter((i) => truth[i] === k));
  const weights = new Int32Array(truth.length).fill(1);
  const meanScore = (scores: readonly WeightedMetric[]) =>
    scores.reduce((sum, score) => sum + score(weights), 0) / scores.length;
  const observed = meanScore(arm) - meanScore(baseline);

  const differences = new Float64Array(options.resamples);
  let below = 0;
  let above = 0;
  for (let resample = 0; resample < options.resamples; resample++) {
    weights.fill(0);
    for (const indices of members) {
      for (let draw = 0; draw < indices.length; draw++) {
        weights[indices[Math.floor(random() * indices.length)]!]!++;
      }
    }
    const ofArm = arm[Math.floor(random() * arm.length)]!;
    const ofBaseline = baseline[Math.floor(random() * baseline.length)]!;
    const difference = ofArm(weights) - ofBaseline(weights);
    differences[resample] = difference;
    if (difference <= 0) below++;
    if (difference >= 0) above++;
  }
  differences.sort();
  return {
    difference: observed,
    interval: [quantile(differences, 0.025), quantile(differences, 0.975)],
    pValue: Math.min(1, (2 * (Math.min(below, above) + 1)) / (options.resamples + 1)),
  };
}

/** Quantile of rising values, linear between neighbours. */
function quantile(sorted: Float64Array, probability: number): number {
  const position = probability * (sorted.length - 1);
  const lower = Math.floor(position);
  const upper = Math.min(lower + 1, sorted.length - 1);
  return sorted[lower]! + (position - lower) * (sorted[upper]! - sorted[lower]!);
}
