import { randomGenerator } from "../random/seeded-random.js";
import { f1OfCounts } from "./metrics.js";

export interface DifferenceEstimate {
  /** Mean macro-F1 of the arm less that of the baseline. */
  readonly difference: number;
  /** 95 % interval of `difference`. */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided; at least 2 / (resamples + 1). */
  readonly pValue: number;
}

/**
 * The difference in macro-F1 between two arms, with an interval that covers two things that would be different
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
 * @param arm `[seeds][test texts]`: predicted class numbers.
 * @param baseline likewise.
 */
export function estimateDifference(
  truth: Int32Array,
  classes: number,
  arm: readonly Int32Array[],
  baseline: readonly Int32Array[],
  options: { readonly resamples: number; readonly seed: number },
): DifferenceEstimate {
  const random = randomGenerator(options.seed);
  const members = Array.from({ length: classes }, (_, k) => [...truth.keys()].filter((i) => truth[i] === k));
  const weights = new Int32Array(truth.length).fill(1);
  const meanScore = (predictions: readonly Int32Array[]) =>
    predictions.reduce((sum, predicted) => sum + weightedMacroF1(truth, classes, predicted, weights), 0) /
    predictions.length;
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
    const difference =
      weightedMacroF1(truth, classes, ofArm, weights) - weightedMacroF1(truth, classes, ofBaseline, weights);
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

/** Macro-F1 with test text `i` counted `weights[i]` times. */
function weightedMacroF1(
  truth: Int32Array,
  classes: number,
  predicted: Int32Array,
  weights: Int32Array,
): number {
  const truePositives = new Int32Array(classes);
  const support = new Int32Array(classes);
  const predictions = new Int32Array(classes);
  for (let i = 0; i < truth.length; i++) {
    const weight = weights[i]!;
    support[truth[i]!]! += weight;
    predictions[predicted[i]!]! += weight;
    if (truth[i] === predicted[i]) truePositives[truth[i]!]! += weight;
  }
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += f1OfCounts(truePositives[k]!, support[k]!, predictions[k]!);
  return sum / classes;
}

/** Quantile of rising values, linear between neighbours. */
function quantile(sorted: Float64Array, probability: number): number {
  const position = probability * (sorted.length - 1);
  const lower = Math.floor(position);
  const upper = Math.min(lower + 1, sorted.length - 1);
  return sorted[lower]! + (position - lower) * (sorted[upper]! - sorted[lower]!);
}
