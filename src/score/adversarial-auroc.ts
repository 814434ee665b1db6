import { createHash } from "node:crypto";
import {
  fitNgramCounts,
  type NgramFeatureOptions,
  ngramRanges,
  transformCounts,
} from "../classify/features.js";
import { predictProbabilities, trainLogisticRegression } from "../classify/logistic-regression.js";
import { countNgrams } from "../classify/ngram-counts.js";
import { normalizeForNgrams } from "../classify/ngrams.js";
import { rowOf, timesVector } from "../steering/dense-matrix.js";
import { areaUnderRoc } from "./area-under-roc.js";
import { separatingDirection } from "./separating-direction.js";
import { standardDeviation } from "./standard-deviation.js";
import { mean } from "./statistics.js";
import { stratifiedFolds } from "./stratified-folds.js";
import { selectRows, type UnitRows } from "./unit-rows.js";

export interface AdversarialOptions {
  /** From 0 to 2³² − 1: how the texts are dealt to the folds. */
  readonly seed: number;
  /** Default 5. */
  readonly folds?: number | undefined;
  /** Inverse strength of the penalty, as scikit-learn's `C`. Default 1. */
  readonly C?: number | undefined;
}

/** How well a classifier tells written texts from human ones. */
export interface AdversarialAuroc {
  /** Mean of `folds`: 0.5 is indistinguishable, 1 told apart without fail. Undefined where `absent` says why. */
  readonly value: number | undefined;
  /** Standard deviation of `folds`. */
  readonly spread: number | undefined;
  /** Area under the ROC curve of each fold, with the classifier trained on the others. */
  readonly folds: readonly number[];
  readonly absent: string | undefined;
}

/**
 * Adversarial AUROC on embeddings (paper B's authenticity): logistic regression learns to tell human texts from written
 * ones on four fifths of both, and scores the last fifth; the mean over the five. Paper B has gradient-boosted trees in
 * the place of logistic regression, and folds that are not stratified.
 *
 * Copies of a text stay in one fold, so that two sets of the same texts have exactly 0.5.
 */
export function adversarialAuroc(
  human: UnitRows,
  written: UnitRows,
  options: AdversarialOptions,
): AdversarialAuroc {
  const { C } = options;
  const keys = [...rowKeys(human), ...rowKeys(written)];
  return crossValidated(human.rows, keys, options, (train, test) => {
    const unit = separatingDirection(selectRows(human, train.human), selectRows(written, train.written), C);
    return {
      human: timesVector(selectRows(human, test.human), unit),
      written: timesVector(selectRows(written, test.written), unit),
    };
  });
}

/**
 * `adversarialAuroc` on words and spelling instead of embeddings: tf-idf of word and character n-grams, fitted on each
 * fold's training texts, as the text classifier has them.
 */
export function adversarialAurocOfTexts(
  human: readonly string[],
  written: readonly string[],
  options: AdversarialOptions & { readonly features?: NgramFeatureOptions | undefined },
): AdversarialAuroc {
  const { features: featureOptions } = options;
  const [humanTexts, writtenTexts] = [human, written].map((side) =>
    side
      .map(normalizeForNgrams)
      .filter((text) => text !== "")
      .sort(),
  ) as [string[], string[]];
  const texts = [...humanTexts, ...writtenTexts];
  const counts = countNgrams(texts, ngramRanges(featureOptions));
  const first = humanTexts.length;
  return crossValidated(first, texts, options, (train, test) => {
    const rows = [...train.human, ...train.written.map((row) => first + row)];
    const features = fitNgramCounts(counts, rows, featureOptions);
    const y = Int32Array.from(rows, (row) => (row < first ? 1 : 0));
    const model = trainLogisticRegression(transformCounts(features, counts, rows), y, 2, {
      C: options.C,
      balanced: true,
    });
    const scored = (tested: readonly number[]) =>
      predictProbabilities(model, transformCounts(features, counts, tested)).map((row) => row[1]!);
    return { human: scored(test.human), written: scored(test.written.map((row) => first + row)) };
  });
}

/** Rows of both sides, each numbered from 0. */
interface Sides {
  readonly human: readonly number[];
  readonly written: readonly number[];
}

/** Higher scores are more human-like. */
interface SideScores {
  readonly human: ArrayLike<number>;
  readonly written: ArrayLike<number>;
}

/**
 * @param keys of the human texts, then of the written ones; copies have the same.
 * @param scoresOf trains on some rows and scores others.
 */
function crossValidated(
  humans: number,
  keys: readonly string[],
  { seed, folds = 5 }: AdversarialOptions,
  scoresOf: (train: Sides, test: Sides) => SideScores,
): AdversarialAuroc {
  if (!Number.isInteger(folds) || folds < 2) throw new RangeError(`${folds} is no number of folds.`);
  for (const [side, from, to] of [
    ["human", 0, humans],
    ["written", humans, keys.length],
  ] as const) {
    const different = new Set(keys.slice(from, to)).size;
    if (different < folds) {
      return none(`fewer than ${folds} different ${side} texts`);
    }
  }
  const classes = keys.map((_, item) => (item < humans ? 1 : 0));
  const foldOf = stratifiedFolds(classes, keys, folds, seed);
  const values = Array.from({ length: folds }, (_, fold): number | undefined => {
    const sides = (tested: boolean): Sides => {
      const items = keys.flatMap((_, item) => ((foldOf[item] === fold) === tested ? [item] : []));
      return {
        human: items.filter((item) => item < humans),
        written: items.filter((item) => item >= humans).map((item) => item - humans),
      };
    };
    const train = sides(false);
    const trainKeys = new Set(keys.filter((_, item) => foldOf[item] !== fold));
    if (train.human.length === 0 || train.written.length === 0 || trainKeys.size < 2) return undefined;
    const scores = scoresOf(train, sides(true));
    return areaUnderRoc(scores.human, scores.written);
  }).filter((value) => value !== undefined);
  // So many copies that no fold has both sides left to learn from and to test on.
  if (values.length === 0) return none("too few different texts");
  return { value: mean(values), spread: standardDeviation(values), folds: values, absent: undefined };
}

function none(absent: string): AdversarialAuroc {
  return { value: undefined, spread: undefined, folds: [], absent };
}

/** The same for equal rows, and only for them. */
function rowKeys(set: UnitRows): string[] {
  return Array.from({ length: set.rows }, (_, row) => {
    const { buffer, byteOffset, byteLength } = rowOf(set, row);
    return createHash("sha256")
      .update(new Uint8Array(buffer, byteOffset, byteLength))
      .digest("base64");
  });
}
