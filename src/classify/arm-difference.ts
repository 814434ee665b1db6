import { randomGenerator } from "../tasks/seeded-random.js";
import { f1OfCounts } from "./metrics.js";

/** What an arm's classifiers, one a seed, said about the test texts. */
export interface ArmPredictions {
  /** `[seeds][test texts]`: predicted class numbers. */
  readonly predictions: readonly Int32Array[];
  /** Share of the arm's texts that each seed trained on, between 0 and 1. */
  readonly share: number;
}

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
 * next time: the test texts, and the training texts.
 *
 * - Test texts are resampled within their class, the same ones for both arms (a paired bootstrap).
 * - The seeds of an arm train on overlapping subsets of one data set, so the spread between them is smaller than
 *   between data sets written anew, and the mean over many seeds would hide it altogether. The delete-d jackknife
 *   (Shao and Wu 1989, A General Theory for Jackknife Variance Estimation) gives the factor: with a share f of
 *   the texts in each subset, the variance over data sets is f / (1 − f) times that over subsets. Each resample
 *   picks one seed for each arm and adds its deviation from the arm's mean, times √(f / (1 − f) + 1 / seeds), and
 *   √(seeds / (seeds − 1)) for the estimated mean. The second term is the error of the mean over seeds.
 *
 * With one seed the interval covers the test texts alone.
 *
 * @param truth `[test texts]`: class numbers; every class has a text.
 */
export function estimateDifference(
  truth: Int32Array,
  classes: number,
  arm: ArmPredictions,
  baseline: ArmPredictions,
  options: { readonly resamples: number; readonly seed: number },
): DifferenceEstimate {
  const random = randomGenerator(options.seed);
  const members = Array.from({ length: classes }, (_, k) => [...truth.keys()].filter((i) => truth[i] === k));
  const weights = new Int32Array(truth.length).fill(1);
  const observed =
    mean(macroF1BySeed(truth, classes, arm, weights)) -
    mean(macroF1BySeed(truth, classes, baseline, weights));

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
    const difference =
      withDataSetSpread(macroF1BySeed(truth, classes, arm, weights), arm.share, random()) -
      withDataSetSpread(macroF1BySeed(truth, classes, baseline, weights), baseline.share, random());
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

/** The mean over seeds plus one seed's scaled deviation; `uniform`, in [0, 1), picks the seed. */
function withDataSetSpread(values: Float64Array, share: number, uniform: number): number {
  const seeds = values.length;
  const centre = mean(values);
  if (seeds === 1) return centre;
  const scale = Math.sqrt((share / (1 - share) + 1 / seeds) * (seeds / (seeds - 1)));
  return centre + scale * (values[Math.floor(uniform * seeds)]! - centre);
}

/** `[seeds]`: macro-F1 with test text `i` counted `weights[i]` times. */
function macroF1BySeed(
  truth: Int32Array,
  classes: number,
  arm: ArmPredictions,
  weights: Int32Array,
): Float64Array {
  return Float64Array.from(arm.predictions, (predicted) => {
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
  });
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Quantile of rising values, linear between neighbours. */
function quantile(sorted: Float64Array, probability: number): number {
  const position = probability * (sorted.length - 1);
  const lower = Math.floor(position);
  const upper = Math.min(lower + 1, sorted.length - 1);
  return sorted[lower]! + (position - lower) * (sorted[upper]! - sorted[lower]!);
}
