import { estimateDifference } from "../classify/arm-difference.js";
import { argmax } from "../classify/logistic-regression.js";
import { type MetricName, type Prediction, weightedMetric } from "../classify/metric.js";
import { meanCalibration, probabilityScores } from "../classify/probability-scores.js";
import { type Spread, spreadOf } from "../classify/spread.js";
import { randomGenerator, seedFrom } from "../random/seeded-random.js";
import { bootstrapInterval, type Interval } from "../score/bootstrap.js";
import { mean } from "../score/statistics.js";
import { holm } from "../statistics/holm.js";
import { pairedPermutation } from "../statistics/paired-permutation.js";

/** What a classifier said of the test texts, once for each of its seeds. `[seeds][test texts][classes]` */
export type Draws = readonly (readonly ArrayLike<number>[])[];

export interface PredictionScores {
  readonly accuracy: Spread;
  readonly macroF1: Spread;
  /** Undefined where a class has no test text. */
  readonly auroc: Spread | undefined;
  /** 95 % interval of the metric: test texts are drawn with replacement, and with each draw of them one seed. */
  readonly interval: Interval | undefined;
  /** Means over the seeds; see `probabilityScores`. */
  readonly calibration: {
    readonly logLoss: number;
    readonly brier: number;
    readonly calibrationError: number;
  };
}

export interface ScoreOptions {
  readonly classes: number;
  readonly metric: MetricName;
  readonly seed: number;
  /** Default 2000. */
  readonly resamples?: number | undefined;
}

/**
 * Scores of predictions on test texts, whatever made them. A classifier without randomness, such as a model that is
 * asked without examples, has one draw.
 *
 * @param truth `[test texts]`: class numbers.
 * @throws RangeError for no draws, no texts, or another number of rows than texts
 */
export function scorePredictions(
  truth: Int32Array,
  draws: Draws,
  { classes, metric, seed, resamples = 2000 }: ScoreOptions,
): PredictionScores {
  if (draws.length === 0) throw new RangeError("There are no predictions to score.");
  const soft = draws.map((probabilities) => probabilityScores(truth, probabilities));
  const predictions = draws.map(predictionOf);
  const ones = new Int32Array(truth.length).fill(1);
  const metrics = predictions.map((prediction) => weightedMetric(metric, truth, classes, prediction));
  const aurocs = soft.flatMap(({ auroc }) => auroc ?? []);
  const random = randomGenerator(seedFrom(seed, "seed of a resample"));
  const weights = new Int32Array(truth.length);
  return {
    accuracy: spreadOf(predictions.map((prediction) => shareRight(truth, prediction.classes))),
    macroF1: spreadOf(
      predictions.map((prediction) => weightedMetric("macro-f1", truth, classes, prediction)(ones)),
    ),
    auroc: aurocs.length === draws.length ? spreadOf(aurocs) : undefined,
    interval: bootstrapInterval(
      truth.length,
      (indices) => {
        weights.fill(0);
        for (const i of indices) weights[i]!++;
        const value = metrics[Math.floor(random() * metrics.length)]!(weights);
        return Number.isFinite(value) ? value : undefined;
      },
      { seed, resamples },
    ),
    calibration: meanCalibration(soft),
  };
}

export interface PairedDifference {
  /** Mean metric over the seeds, less that of the other side. */
  readonly difference: number;
  /** 95 % interval, see `estimateDifference`. */
  readonly interval: readonly [low: number, high: number];
  /** Of a paired permutation test over the test texts. */
  readonly pValue: number;
  /** Corrected by Holm's method for all that were compared with the same reference. */
  readonly correctedPValue: number;
}

/**
 * Each of several predictions against one reference on the same test texts. The p-value is that of a paired permutation
 * test: for each text the two sides' answers are swapped or not, in all seeds alike, and the difference of the mean
 * metric is taken again. It asks whether these predictions differ on texts like these; what other seeds would have
 * drawn is in the interval alone.
 *
 * @param truth `[test texts]`: class numbers; every class has a text.
 */
export function compareWithReference(
  truth: Int32Array,
  reference: Draws,
  others: readonly Draws[],
  { classes, metric, seed, resamples = 2000 }: ScoreOptions,
): PairedDifference[] {
  const metricsOf = (draws: Draws) =>
    draws.map((draw) => weightedMetric(metric, truth, classes, predictionOf(draw)));
  const estimates = others.map((draws) => {
    const { difference, interval } = estimateDifference(
      truth,
      classes,
      metricsOf(draws),
      metricsOf(reference),
      {
        resamples,
        seed: seedFrom(seed, "paired bootstrap"),
      },
    );
    const pValue = pairedPermutation(
      truth.length,
      swappedDifference(truth, draws, reference, classes, metric),
      {
        permutations: resamples,
        seed: seedFrom(seed, "paired permutation"),
      },
    );
    return { difference, interval, pValue };
  });
  const corrected = holm(estimates.map(({ pValue }) => pValue));
  return estimates.map((estimate, i) => ({ ...estimate, correctedPValue: corrected[i]! }));
}

/** The difference of two means over seeds, each pair of seeds counted, with the answers to some texts swapped. */
function swappedDifference(
  truth: Int32Array,
  draws: Draws,
  reference: Draws,
  classes: number,
  metric: MetricName,
): (swapped: Uint8Array) => number {
  const ones = new Int32Array(truth.length).fill(1);
  const value = (probabilities: readonly ArrayLike<number>[], answers: Int32Array) =>
    weightedMetric(metric, truth, classes, { classes: answers, probabilities })(ones);
  const sides = [draws, reference].map((side) =>
    side.map((probabilities) => ({ probabilities, answers: predictionOf(probabilities).classes })),
  );
  // As many pairs as the longer side has seeds; a side with one draw stands against each.
  const pairs = Array.from({ length: Math.max(draws.length, reference.length) }, (_, i) =>
    sides.map((side) => side[i % side.length]!),
  );
  return (swapped) => {
    const mixed = (one: Answers, other: Answers) =>
      value(
        metric === "auroc"
          ? one.probabilities.map((row, i) => (swapped[i] ? other.probabilities[i]! : row))
          : one.probabilities,
        one.answers.map((answer, i) => (swapped[i] ? other.answers[i]! : answer)),
      );
    const differences = pairs.map(([a, b]) => mixed(a!, b!) - mixed(b!, a!));
    return mean(differences)!;
  };
}

interface Answers {
  readonly probabilities: readonly ArrayLike<number>[];
  readonly answers: Int32Array;
}

function predictionOf(probabilities: readonly ArrayLike<number>[]): Prediction {
  return { classes: Int32Array.from(probabilities, argmax), probabilities };
}

function shareRight(truth: Int32Array, predicted: Int32Array): number {
  return truth.reduce((sum, label, i) => sum + (label === predicted[i] ? 1 : 0), 0) / truth.length;
}
