import { RecipeError } from "../errors.js";
import { seedFrom } from "../random/seeded-random.js";
import { mean } from "../score/statistics.js";
import { holm } from "../statistics/holm.js";
import { type DifferenceEstimate, estimateDifference } from "./arm-difference.js";
import { sentenceOf, type Verdict, verdictOf } from "./arm-verdict.js";
import { argmax } from "./logistic-regression.js";
import { type MetricName, type Prediction, weightedMetric } from "./metric.js";
import { type ClassScore, classificationScores } from "./metrics.js";
import { ngramTrainer } from "./ngram-trainer.js";
import { type PrepareArmsOptions, type PreparedArm, type PreparedArms, prepareArms } from "./prepare-arms.js";
import { meanCalibration, probabilityScores } from "./probability-scores.js";
import { type Spread, spreadOf } from "./spread.js";
import type { TextTrainer } from "./trainer.js";
import { drawBalanced, type LabelledRow } from "./training-draw.js";

export interface CompareArmsOptions extends PrepareArmsOptions {
  /** 32-bit seed that all draws derive from. */
  readonly seed: number;
  /**
   * Bootstrap resamples for each interval. Default 2000, and 80 for each difference where there are more than 25: with
   * fewer no p-value could be small enough after Holm's correction.
   */
  readonly resamples?: number | undefined;
  /** What is trained. Default logistic regression on n-grams. */
  readonly trainer?: TextTrainer | undefined;
  /** What differences and verdicts are about. Default `macro-f1`. */
  readonly metric?: MetricName | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each classifier. */
  readonly onProgress?: ((trained: number, total: number) => void) | undefined;
}

export interface TrainedArm {
  readonly name: string;
  readonly trained: true;
  /** Texts that draws are made from. */
  readonly texts: number;
  readonly macroF1: Spread;
  readonly accuracy: Spread;
  /** See `probabilityScores`: of the second of two labels, or the mean of each against the rest. */
  readonly auroc: Spread;
  /** Means over seeds, in the order of the labels. */
  readonly perLabel: readonly ArmLabelScore[];
  /** Mean macro-F1 over seeds on the test texts of each language. */
  readonly perLanguage: readonly { readonly language: string; readonly macroF1: number }[];
  /** Test texts by true and predicted label, mean over seeds. `[true label][predicted label]` */
  readonly confusion: readonly (readonly number[])[];
  /** What the probabilities are worth, means over seeds; see `probabilityScores`. */
  readonly calibration: {
    readonly logLoss: number;
    readonly brier: number;
    readonly calibrationError: number;
  };
}

export interface ArmLabelScore {
  readonly label: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Test texts of the label. */
  readonly support: number;
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
  /** The p-value corrected by Holm's method for all differences of the comparison. */
  readonly correctedPValue: number;
  /** See `verdictOf`. */
  readonly verdict: Verdict;
  /** The result in words. */
  readonly sentence: string;
}

export interface ArmComparison {
  /** What was trained: the trainer's name. */
  readonly trainer: string;
  readonly metric: MetricName;
  /** In rising order of UTF-16 units. */
  readonly labels: readonly string[];
  readonly languages: readonly string[];
  readonly testTexts: number;
  readonly seeds: number;
  /** Texts of each draw, the same for every data set: an arm of two has as many of either. */
  readonly trainingSize: number;
  /** What always answering with the most frequent test label scores. */
  readonly majority: { readonly label: string; readonly accuracy: number; readonly macroF1: number };
  /** Expected accuracy of guessing uniformly. */
  readonly chanceAccuracy: number;
  /** In the order given. */
  readonly arms: readonly (TrainedArm | UntrainedArm)[];
  /** Of each trained arm that is no baseline from each trained baseline, baseline by baseline. */
  readonly differences: readonly ArmDifference[];
  /** What was left out, and what could not be done. */
  readonly notes: readonly string[];
}

/**
 * Trains text classifiers on each data set and scores them on the same human texts.
 *
 * For each seed every arm gives a class-balanced draw of the same size, without replacement, as large as `share`
 * of what the smallest arm that is trained allows. What a trainer fits on texts, such as a vocabulary, is fitted on the
 * draw too. A draw with replacement would hold fewer different texts for a small arm than for a large one, and so would
 * not compare them at equal size.
 *
 * Macro-F1 is over the labels of the test. The interval of a difference is explained at `estimateDifference`; it is
 * for one comparison. Where there are several, verdicts also ask for a p-value below 0.05 after Holm's correction.
 *
 * @throws RecipeError for options that cannot work: no test texts, fewer than two test labels, a test label that
 * no arm has, an unknown baseline, a name twice. TillerError when no arm has enough texts.
 */
export async function compareArms(options: CompareArmsOptions): Promise<ArmComparison> {
  const { test, seeds, seed, metric = "macro-f1", trainer = ngramTrainer() } = options;
  if (options.resamples !== undefined && !(Number.isInteger(options.resamples) && options.resamples >= 100)) {
    throw new RecipeError(
      `The number of resamples must be a whole number from 100; it is ${options.resamples}.`,
    );
  }
  const prepared = prepareArms(options);
  const { labels, languages, perLabel } = prepared;
  const notes = [...prepared.notes];
  const truth = Int32Array.from(test, ({ label }) => labels.indexOf(label));
  const { runs, notes: trainingNotes } = await trainAll(prepared, trainer, options);
  notes.push(...trainingNotes);

  const arms = runs.map(({ arm, predictions }): TrainedArm | UntrainedArm =>
    arm.parts === undefined
      ? { name: arm.name, trained: false, reason: arm.reason }
      : {
          name: arm.name,
          trained: true,
          texts: arm.parts.flat().length,
          ...summarize(predictions, test, truth, labels, languages),
        },
  );

  const scoresOf = runs.map(({ predictions }) =>
    predictions.map((prediction) => weightedMetric(metric, truth, labels.length, prediction)),
  );
  const numberOf = (name: string) => arms.findIndex((arm) => arm.name === name);
  const baselines = options.baselines.map((name) => arms[numberOf(name)]!);
  for (const { name, ...baseline } of baselines) {
    if (!baseline.trained) {
      notes.push(`The baseline "${name}" was ${baseline.reason}; there is nothing to compare with.`);
    }
  }
  const isCompared = (name: string) =>
    !options.baselines.includes(name) && (options.compared?.includes(name) ?? true);
  const compared = baselines.flatMap((baseline) =>
    arms.flatMap((arm) =>
      arm.trained && baseline.trained && isCompared(arm.name) ? [{ arm, baseline }] : [],
    ),
  );
  const resamples = options.resamples ?? Math.max(2000, 80 * compared.length);
  const pairs = compared.map(({ arm, baseline }) => {
    const [ofArm, ofBaseline] = [scoresOf[numberOf(arm.name)]!, scoresOf[numberOf(baseline.name)]!];
    const bootstrap = { resamples, seed: seedFrom(seed, "bootstrap") };
    const estimate = estimateDifference(truth, labels.length, ofArm, ofBaseline, bootstrap);
    return { arm, baseline, estimate };
  });
  const corrected = holm(pairs.map((pair) => pair.estimate.pValue));
  const differences = pairs.map(({ arm, baseline, estimate }, i): ArmDifference => {
    const verdict = verdictOf(estimate, pairs.length > 1 ? corrected[i] : undefined);
    const scored = (side: TrainedArm) => ({ name: side.name, score: spreadIn(side, metric) });
    return {
      arm: arm.name,
      baseline: baseline.name,
      ...estimate,
      correctedPValue: corrected[i]!,
      verdict,
      sentence: sentenceOf(scored(arm), scored(baseline), estimate, { metric, verdict }),
    };
  });
  if (differences.length > 0 && seeds === 1) {
    notes.push("With one seed the intervals cover the choice of test texts alone.");
  }
  return {
    trainer: trainer.name,
    metric,
    labels,
    languages,
    testTexts: test.length,
    seeds,
    trainingSize: perLabel * labels.length,
    majority: majorityOf(
      test.map(({ label }) => label),
      labels,
    ),
    chanceAccuracy: 1 / labels.length,
    arms,
    differences,
    notes,
  };
}

/** An arm's spread of the metric that a comparison is about. */
export function spreadIn(arm: Pick<TrainedArm, "macroF1" | "auroc">, metric: MetricName): Spread {
  return metric === "auroc" ? arm.auroc : arm.macroF1;
}

interface TrainedRun {
  readonly arm: PreparedArm;
  /** `[seeds]`; none for an arm that is not trained. */
  readonly predictions: readonly Prediction[];
}

/** Trains on every draw of every arm that can be trained. The texts of all arms and of the test are prepared once. */
async function trainAll(
  { arms, labels, perLabel }: PreparedArms,
  trainer: TextTrainer,
  { test, seeds, seed, signal, onProgress }: CompareArmsOptions,
): Promise<{ runs: TrainedRun[]; notes: string[] }> {
  const all = [...arms.flatMap(({ parts = [] }) => parts.flat()), ...test];
  const texts = await trainer.prepare(
    all.map(({ text }) => text),
    { signal },
  );
  const testRows = Int32Array.from(test, (_, i) => all.length - test.length + i);
  const total = arms.filter(({ parts }) => parts !== undefined).length * seeds;
  const notes: string[] = [];
  const runs: TrainedRun[] = [];
  let first = 0;
  let trained = 0;
  for (const arm of arms) {
    const predictions: Prediction[] = [];
    let converged = true;
    for (let draw = 1; arm.parts !== undefined && draw <= seeds; draw++) {
      const own = seedFrom(seed, "training draw", draw);
      const rows = Int32Array.from(drawParts(arm.parts, labels, perLabel, own), (row) => first + row);
      const y = rows.map((row) => labels.indexOf(all[row]!.label));
      const model = await texts.train(rows, y, { classes: labels.length, seed: own });
      const probabilities = await model.probabilities(testRows);
      predictions.push({ classes: Int32Array.from(probabilities, argmax), probabilities });
      converged &&= model.converged;
      onProgress?.(++trained, total);
    }
    if (!converged) notes.push(`"${arm.name}": training stopped before it converged.`);
    first += arm.parts?.flat().length ?? 0;
    runs.push({ arm, predictions });
  }
  return { runs, notes };
}

/** Places in the parts taken as one list: of every part the same draw as if it stood alone. */
function drawParts(
  parts: readonly (readonly LabelledRow[])[],
  labels: readonly string[],
  perLabel: number,
  seed: number,
): number[] {
  let first = 0;
  return parts.flatMap((rows) => {
    const drawn = Array.from(drawBalanced(rows, labels, perLabel, seed), (row) => first + row);
    first += rows.length;
    return drawn;
  });
}

function summarize(
  predictions: readonly Prediction[],
  test: readonly LabelledRow[],
  truth: Int32Array,
  labels: readonly string[],
  languages: readonly string[],
): Omit<TrainedArm, "name" | "trained" | "texts"> {
  const scoresOn = (rows: readonly number[], classes?: readonly string[]) =>
    predictions.map((prediction) =>
      classificationScores(
        rows.map((i) => test[i]!.label),
        rows.map((i) => labels[prediction.classes[i]!]!),
        classes,
      ),
    );
  const scores = scoresOn([...test.keys()], labels);
  const soft = predictions.map(({ probabilities }) => probabilityScores(truth, probabilities));
  const overLabel = (k: number, value: (score: ClassScore) => number) =>
    mean(scores.map(({ perClass }) => value(perClass[k]!)))!;
  return {
    macroF1: spreadOf(scores.map(({ macroF1 }) => macroF1)),
    accuracy: spreadOf(scores.map(({ accuracy }) => accuracy)),
    auroc: spreadOf(soft.map(({ auroc }) => auroc!)),
    perLabel: labels.map((label, k) => ({
      label,
      precision: overLabel(k, ({ precision }) => precision),
      recall: overLabel(k, ({ recall }) => recall),
      f1: overLabel(k, ({ f1 }) => f1),
      support: scores[0]!.perClass[k]!.support,
    })),
    perLanguage: languages.map((language) => {
      const rows = [...test.keys()].filter((i) => test[i]!.language === language);
      return { language, macroF1: mean(scoresOn(rows).map(({ macroF1 }) => macroF1))! };
    }),
    confusion: labels.map((_, row) =>
      labels.map((_, column) => mean(scores.map(({ confusion }) => confusion.counts[row]![column]!))!),
    ),
    calibration: meanCalibration(soft),
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
