import { RecipeError } from "../errors.js";
import { seedFrom } from "../random/seeded-random.js";
import { type DifferenceEstimate, estimateDifference } from "./arm-difference.js";
import { sentenceOf, type Verdict, verdictOf } from "./arm-verdict.js";
import type { TextClassifierOptions } from "./classifier.js";
import { fitNgramCounts, ngramRanges, transformCounts } from "./features.js";
import { argmax, predictProbabilities, trainLogisticRegression } from "./logistic-regression.js";
import { classificationScores } from "./metrics.js";
import { countNgrams } from "./ngram-counts.js";
import { type PrepareArmsOptions, prepareArms } from "./prepare-arms.js";
import { drawBalanced, type LabelledRow } from "./training-draw.js";

export interface CompareArmsOptions extends PrepareArmsOptions {
  /** 32-bit seed that all draws derive from. */
  readonly seed: number;
  /** Bootstrap resamples for each interval. Default 2000. */
  readonly resamples?: number | undefined;
  readonly classifier?: TextClassifierOptions | undefined;
  /** Called after each classifier. */
  readonly onProgress?: ((trained: number, total: number) => void) | undefined;
}

/** A score over the seeds. */
export interface Spread {
  readonly mean: number;
  /** Of the sample (n − 1); 0 for one seed. */
  readonly standardDeviation: number;
  readonly minimum: number;
  readonly maximum: number;
  /** `[seeds]` */
  readonly values: readonly number[];
}

export interface TrainedArm {
  readonly name: string;
  readonly trained: true;
  /** Texts that draws are made from. */
  readonly texts: number;
  readonly macroF1: Spread;
  readonly accuracy: Spread;
  /** Mean over seeds, in the order of the labels. */
  readonly perLabel: readonly { readonly label: string; readonly f1: number }[];
  /** Mean macro-F1 over seeds on the test texts of each language. */
  readonly perLanguage: readonly { readonly language: string; readonly macroF1: number }[];
}

export interface UntrainedArm {
  readonly name: string;
  readonly trained: false;
  /** Such as `not trained: 2 texts of "positive", 5 are needed`. */
  readonly reason: string;
}

/** A trained arm against the baseline. */
export interface ArmDifference extends DifferenceEstimate {
  readonly arm: string;
  readonly baseline: string;
  /** `better` or `worse` where the interval leaves out 0. */
  readonly verdict: Verdict;
  /** The result in words. */
  readonly sentence: string;
}

export interface ArmComparison {
  /** In rising order of UTF-16 units. */
  readonly labels: readonly string[];
  readonly languages: readonly string[];
  readonly testTexts: number;
  readonly seeds: number;
  /** Texts of each draw, the same for every arm. */
  readonly trainingSize: number;
  /** What always answering with the most frequent test label scores. */
  readonly majority: { readonly label: string; readonly accuracy: number; readonly macroF1: number };
  /** Expected accuracy of guessing uniformly. */
  readonly chanceAccuracy: number;
  /** In the order given. */
  readonly arms: readonly (TrainedArm | UntrainedArm)[];
  /** For each trained arm but the baseline; empty where the baseline could not be trained. */
  readonly differences: readonly ArmDifference[];
  /** What was left out, and what could not be done. */
  readonly notes: readonly string[];
}

/**
 * Trains text classifiers on each data set and scores them on the same human texts.
 *
 * Logistic regression is convex, so a seed would change nothing in training itself; what varies is the data.
 * For each seed every arm gives a class-balanced draw of the same size, without replacement, as large as `share`
 * of what the smallest arm allows. The vocabulary is fitted on the draw too. A draw with replacement would hold
 * fewer different texts for a small arm than for a large one, and so would not compare them at equal size.
 *
 * Macro-F1 is over the labels of the test. The interval of a difference is explained at `estimateDifference`;
 * it is for one comparison, and is too narrow for the best of many.
 *
 * @throws RecipeError for options that cannot work: no test texts, fewer than two test labels, a test label that
 * no arm has, an unknown baseline, a name twice. TillerError when no arm has enough texts.
 */
export function compareArms(options: CompareArmsOptions): ArmComparison {
  const { test, seeds, seed, resamples = 2000 } = options;
  if (!Number.isInteger(resamples) || resamples < 100) {
    throw new RecipeError(`The number of resamples must be a whole number from 100; it is ${resamples}.`);
  }
  const { labels, languages, perLabel, arms: prepared, notes: preparation } = prepareArms(options);
  const notes = [...preparation];
  const trainer = classifierTrainer(
    prepared.map(({ rows = [] }) => rows),
    test,
    labels,
    options.classifier,
  );

  const trainable = prepared.filter(({ rows }) => rows !== undefined).length;
  let trained = 0;
  const runs = prepared.map((arm, number) => {
    if (arm.rows === undefined) return { arm, predictions: [] };
    const predictions: Int32Array[] = [];
    let converged = true;
    for (let draw = 1; draw <= seeds; draw++) {
      const drawn = drawBalanced(arm.rows, labels, perLabel, seedFrom(seed, "training draw", draw));
      const result = trainer(number, drawn);
      predictions.push(result.predicted);
      converged &&= result.converged;
      options.onProgress?.(++trained, trainable * seeds);
    }
    if (!converged) notes.push(`"${arm.name}": training stopped before it converged.`);
    return { arm, predictions };
  });

  const arms = runs.map(({ arm, predictions }): TrainedArm | UntrainedArm =>
    arm.rows === undefined
      ? { name: arm.name, trained: false, reason: arm.reason }
      : {
          name: arm.name,
          trained: true,
          texts: arm.rows.length,
          ...summarize(predictions, test, labels, languages),
        },
  );

  const truthLabels = test.map(({ label }) => label);
  const truth = Int32Array.from(truthLabels, (label) => labels.indexOf(label));
  const baselineNumber = arms.findIndex(({ name }) => name === options.baseline);
  const baseline = arms[baselineNumber]!;
  const differences: ArmDifference[] = [];
  if (baseline.trained) {
    arms.forEach((arm, number) => {
      if (!arm.trained || arm === baseline) return;
      const estimate = estimateDifference(
        truth,
        labels.length,
        runs[number]!.predictions,
        runs[baselineNumber]!.predictions,
        { resamples, seed: seedFrom(seed, "bootstrap") },
      );
      differences.push({
        arm: arm.name,
        baseline: baseline.name,
        ...estimate,
        verdict: verdictOf(estimate),
        sentence: sentenceOf(arm, baseline, estimate),
      });
    });
    if (seeds === 1) notes.push("With one seed the intervals cover the choice of test texts alone.");
  } else {
    notes.push(`The baseline "${baseline.name}" was ${baseline.reason}; there is nothing to compare with.`);
  }
  return {
    labels,
    languages,
    testTexts: test.length,
    seeds,
    trainingSize: perLabel * labels.length,
    majority: majorityOf(truthLabels, labels),
    chanceAccuracy: 1 / labels.length,
    arms,
    differences,
    notes,
  };
}

/**
 * A function that trains on the chosen rows of one data set and gives the predicted class number of each test
 * text. The n-grams of all texts are counted once: draws overlap, and every draw meets the same test.
 */
function classifierTrainer(
  dataSets: readonly (readonly LabelledRow[])[],
  test: readonly LabelledRow[],
  labels: readonly string[],
  options: TextClassifierOptions = {},
): (dataSet: number, rows: Int32Array) => { predicted: Int32Array; converged: boolean } {
  const all = [...dataSets.flat(), ...test];
  const counts = countNgrams(
    all.map(({ text }) => text),
    ngramRanges(options.features),
  );
  const firstRows = dataSets.map((_, i) => dataSets.slice(0, i).reduce((sum, { length }) => sum + length, 0));
  const testRows = Int32Array.from(test, (_, i) => all.length - test.length + i);
  return (dataSet, rows) => {
    const drawn = rows.map((row) => firstRows[dataSet]! + row);
    const features = fitNgramCounts(counts, drawn, options.features);
    const y = drawn.map((row) => labels.indexOf(all[row]!.label));
    const model = trainLogisticRegression(
      transformCounts(features, counts, drawn),
      y,
      labels.length,
      options,
    );
    const probabilities = predictProbabilities(model, transformCounts(features, counts, testRows));
    return { predicted: Int32Array.from(probabilities, argmax), converged: model.converged };
  };
}

function summarize(
  predictions: readonly Int32Array[],
  test: readonly LabelledRow[],
  labels: readonly string[],
  languages: readonly string[],
): Pick<TrainedArm, "macroF1" | "accuracy" | "perLabel" | "perLanguage"> {
  const scoresOn = (rows: readonly number[], classes?: readonly string[]) =>
    predictions.map((predicted) =>
      classificationScores(
        rows.map((i) => test[i]!.label),
        rows.map((i) => labels[predicted[i]!]!),
        classes,
      ),
    );
  const scores = scoresOn([...test.keys()], labels);
  return {
    macroF1: spreadOf(scores.map(({ macroF1 }) => macroF1)),
    accuracy: spreadOf(scores.map(({ accuracy }) => accuracy)),
    perLabel: labels.map((label, k) => ({ label, f1: mean(scores.map(({ perClass }) => perClass[k]!.f1)) })),
    perLanguage: languages.map((language) => {
      const rows = [...test.keys()].filter((i) => test[i]!.language === language);
      return { language, macroF1: mean(scoresOn(rows).map(({ macroF1 }) => macroF1)) };
    }),
  };
}

function majorityOf(truth: readonly string[], labels: readonly string[]): ArmComparison["majority"] {
  const count = (label: string) => truth.filter((other) => other === label).length;
  const label = labels.reduce((most, other) => (count(other) > count(most) ? other : most));
  const { accuracy, macroF1 } = classificationScores(
    truth,
    truth.map(() => label),
    labels,
  );
  return { label, accuracy, macroF1 };
}

function spreadOf(values: readonly number[]): Spread {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return {
    mean: centre,
    standardDeviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    values: [...values],
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
