import { f1OfCounts } from "./metrics.js";

/** What a classifier said of the test texts. */
export interface Prediction {
  /** `[test texts]`: the likeliest class of each. */
  readonly classes: Int32Array;
  /** `[test texts][classes]` */
  readonly probabilities: readonly ArrayLike<number>[];
}

/**
 * `macro-f1`: unweighted mean of the classes' F1. `auroc`: area under the ROC curve, of the second of two classes,
 * or the mean of each class against the rest.
 */
export const METRIC_NAMES = ["macro-f1", "auroc"] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** How a metric is written in a sentence. */
export const METRIC_TITLES: Readonly<Record<MetricName, string>> = { "macro-f1": "macro-F1", auroc: "AUROC" };

/** A metric of one prediction, with test text `i` counted `weights[i]` times. */
export type WeightedMetric = (weights: Int32Array) => number;

/**
 * Prepares a metric of a prediction for many weightings of the test texts, as a bootstrap needs it.
 *
 * @param truth `[test texts]`: class numbers.
 */
export function weightedMetric(
  name: MetricName,
  truth: Int32Array,
  classes: number,
  prediction: Prediction,
): WeightedMetric {
  return name === "auroc"
    ? weightedAuroc(truth, classes, prediction)
    : (weights) => weightedMacroF1(truth, classes, prediction.classes, weights);
}

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

function weightedAuroc(truth: Int32Array, classes: number, { probabilities }: Prediction): WeightedMetric {
  const scored = classes === 2 ? [1] : Array.from({ length: classes }, (_, k) => k);
  const orders = scored.map((k) => {
    const scores = Float64Array.from(probabilities, (row) => row[k]!);
    const order = Int32Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
    return { k, scores, order };
  });
  return (weights) => {
    let sum = 0;
    for (const { k, scores, order } of orders) {
      let won = 0;
      let below = 0;
      let positives = 0;
      for (let start = 0; start < order.length; ) {
        let end = start;
        let tiedPositives = 0;
        let tiedNegatives = 0;
        for (; end < order.length && scores[order[end]!] === scores[order[start]!]; end++) {
          const i = order[end]!;
          if (truth[i] === k) tiedPositives += weights[i]!;
          else tiedNegatives += weights[i]!;
        }
        won += tiedPositives * (below + tiedNegatives / 2);
        below += tiedNegatives;
        positives += tiedPositives;
        start = end;
      }
      sum += won / (positives * below);
    }
    return sum / orders.length;
  };
}
