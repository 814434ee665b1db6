import { join } from "node:path";
import { trainTextClassifier } from "../classify/classifier.js";
import {
  type ArmComparison,
  type CompareArmsOptions,
  compareArms,
  spreadIn,
} from "../classify/evaluate-arms.js";
import { InterruptedError, TillerError } from "../errors.js";
import type { RecipeClassifier } from "../recipe/classifier-schema.js";
import { fileName } from "../store/file-name.js";
import { writeFileAtomic } from "../store/write-file.js";
import { type Arm, essentialArms } from "./arms.js";
import { inLanguage, openTrainer } from "./open-trainer.js";
import type { LearningCurve } from "./report/run-report.js";
import type { Study } from "./study.js";
import { type ReferenceArm, trainingArms } from "./training-arms.js";

/** What training on the data sets found, or why it could not be done. */
export interface ArmsCompared {
  readonly comparison: ArmComparison | undefined;
  /** Data sets that no configuration wrote. */
  readonly references: readonly ReferenceArm[];
  readonly curves: readonly LearningCurve[];
  readonly notes: readonly string[];
}

/**
 * Trains and compares classifiers on the arms' data sets: the steered ones against each baseline, and beside human
 * texts where the recipe has any. Undefined if the recipe has no test texts. Data that cannot be trained on gives a
 * note.
 */
export async function compareData(study: Study, arms: readonly Arm[]): Promise<ArmsCompared | undefined> {
  const { recipe, materials, baselines } = study;
  const { classifier } = recipe;
  if (!materials.test || !classifier) return undefined;
  try {
    const human = materials.train && inLanguage(study, materials.train);
    const { written, references } = trainingArms(arms, human, classifier);
    await using opened = await openTrainer(study, classifier);
    const options: CompareArmsOptions = {
      arms: [...written, ...references],
      test: inLanguage(study, materials.test),
      seeds: classifier.seeds,
      seed: recipe.seed,
      baselines: baselines.map(({ name }) => name),
      compared: written.map(({ name }) => name),
      essential: essentialArms(arms, references),
      trainer: opened.trainer,
      metric: classifier.metric,
      signal: study.options.signal,
    };
    const comparison = await withProgress(study, "Training classifiers", options);
    const { curves, notes } = await learningCurves(study, classifier, options, comparison);
    // What is said of a baseline says more.
    const left = comparison.arms.flatMap(({ name, ...arm }) =>
      arm.trained || options.baselines.includes(name) ? [] : [`"${name}" was ${arm.reason}.`],
    );
    return { comparison, references, curves, notes: [...comparison.notes, ...left, ...notes] };
  } catch (error) {
    // The texts and their scores are worth a report without this.
    if (!(error instanceof TillerError) || error instanceof InterruptedError) throw error;
    const note = `The classifiers were not compared: ${error.message}`;
    return { comparison: undefined, references: [], curves: [], notes: [note] };
  }
}

async function withProgress(study: Study, name: string, options: CompareArmsOptions): Promise<ArmComparison> {
  let task: ReturnType<Study["progress"]["begin"]> | undefined;
  try {
    return await compareArms({
      ...options,
      onProgress: (_, total) => {
        task ??= study.progress.begin(name, total, "classifiers");
        task.advance(1);
      },
    });
  } finally {
    task?.end();
  }
}

/** What classifiers reach with fewer texts (paper C). Sizes that the comparison itself does not reach are left out. */
async function learningCurves(
  study: Study,
  { sizes = [], metric }: RecipeClassifier,
  options: CompareArmsOptions,
  whole: ArmComparison,
): Promise<{ curves: LearningCurve[]; notes: string[] }> {
  const classes = whole.labels.length;
  const reachable = sizes.filter((size) => size >= classes && size < whole.trainingSize);
  const left = sizes.filter((size) => !reachable.includes(size) && size !== whole.trainingSize);
  const points = [...new Set(reachable.map((size) => Math.floor(size / classes)))].sort((a, b) => a - b);
  const smaller: ArmComparison[] = [];
  for (const perLabel of sizes.length === 0 ? [] : points) {
    const name = `Training classifiers on ${perLabel * classes} texts`;
    smaller.push(await withProgress(study, name, { ...options, perLabel, resamples: 100 }));
  }
  const all = sizes.length === 0 ? [] : [...smaller, whole];
  const curves = whole.arms.map(({ name }) => {
    const parts = options.arms.find((arm) => arm.name === name)?.beside === undefined ? 1 : 2;
    const points = all.flatMap((comparison) => {
      const arm = comparison.arms.find((found) => found.name === name);
      if (!arm?.trained) return [];
      const { mean, standardDeviation } = spreadIn(arm, metric);
      return [{ size: comparison.trainingSize * parts, mean, sd: standardDeviation }];
    });
    return { arm: name, points };
  });
  return {
    curves: curves.filter((curve) => curve.points.length > 0),
    notes:
      left.length === 0
        ? []
        : [
            `classifier.sizes: ${left.join(", ")} left out, as every data set is trained on ${whole.trainingSize} texts at most.`,
          ],
  };
}

/** Trains a classifier on each whole data set and keeps it, for `loadTextClassifier`. */
export async function writeClassifiers(study: Study, arms: readonly Arm[]): Promise<void> {
  for (const { name, rows } of arms) {
    if (new Set(rows.map(({ label }) => label)).size < 2) continue;
    const path = join(study.folder.data, `${fileName(name)}.classifier.json`);
    await writeFileAtomic(path, JSON.stringify(trainTextClassifier(rows)));
  }
}
