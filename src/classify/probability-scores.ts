import { areaUnderRoc } from "../score/area-under-roc.js";
import { mean } from "../score/statistics.js";
import { argmax } from "./logistic-regression.js";

/** What a classifier's probabilities are worth, beside which class is the largest. */
export interface ProbabilityScores {
  /**
   * Area under the ROC curve: for two classes of the second one, for more the unweighted mean over classes of one
   * against the rest (scikit-learn's `multi_class="ovr"`). 0.5 is chance. Undefined where a class has no text.
   */
  readonly auroc: number | undefined;
  /** Mean of −ln p of the true class, p at least 10⁻¹⁵. 0 is best. */
  readonly logLoss: number;
  /** Brier's score: mean over texts of the sum over classes of (p − 1 for the true class, else p)². 0 to 2, 0 is best. */
  readonly brier: number;
  /**
   * Expected calibration error (Naeini et al. 2015): texts are put into ten bins of equal width by the probability of
   * the predicted class; the mean over bins, by texts, of how far accuracy and mean probability lie apart. 0 to 1.
   */
  readonly calibrationError: number;
}

/** What probabilities are worth as such: `ProbabilityScores` without the ranking. */
export type Calibration = Pick<ProbabilityScores, "logLoss" | "brier" | "calibrationError">;

/** The means of the scores of one seed or more. `[seeds]` */
export function meanCalibration(scores: readonly Calibration[]): Calibration {
  const over = (value: (score: Calibration) => number) => mean(scores.map(value))!;
  return {
    logLoss: over(({ logLoss }) => logLoss),
    brier: over(({ brier }) => brier),
    calibrationError: over(({ calibrationError }) => calibrationError),
  };
}

const BINS = 10;
const SMALLEST = 1e-15;

/**
 * Scores of predicted probabilities.
 *
 * @param truth `[texts]`: class numbers.
 * @param probabilities `[texts][classes]`, each row adding up to 1.
 * @throws RangeError for no texts, or another number of rows than texts.
 */
export function probabilityScores(
  truth: ArrayLike<number>,
  probabilities: readonly ArrayLike<number>[],
): ProbabilityScores {
  const texts = truth.length;
  if (texts === 0 || texts !== probabilities.length) {
    throw new RangeError(`${texts} texts and ${probabilities.length} rows of probabilities.`);
  }
  let logLoss = 0;
  let brier = 0;
  const bins = Array.from({ length: BINS }, () => ({ correct: 0, confidence: 0 }));
  probabilities.forEach((row, i) => {
    const label = truth[i]!;
    logLoss -= Math.log(Math.max(SMALLEST, row[label]!));
    for (let k = 0; k < row.length; k++) brier += (row[k]! - (k === label ? 1 : 0)) ** 2;
    const predicted = argmax(row);
    const bin = bins[Math.min(BINS - 1, Math.floor(row[predicted]! * BINS))]!;
    bin.confidence += row[predicted]!;
    if (predicted === label) bin.correct++;
  });
  return {
    auroc: aurocOf(truth, probabilities),
    logLoss: logLoss / texts,
    brier: brier / texts,
    calibrationError:
      bins.reduce((sum, { correct, confidence }) => sum + Math.abs(correct - confidence), 0) / texts,
  };
}

function aurocOf(truth: ArrayLike<number>, probabilities: readonly ArrayLike<number>[]): number | undefined {
  const classes = probabilities[0]!.length;
  const against = (k: number) => {
    const scores = (isTrue: boolean) =>
      probabilities.flatMap((row, i) => ((truth[i] === k) === isTrue ? [row[k]!] : []));
    return areaUnderRoc(scores(true), scores(false));
  };
  if (classes === 2) return against(1);
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    const value = against(k);
    if (value === undefined) return undefined;
    sum += value;
  }
  return sum / classes;
}
