import { join } from "node:path";
import { trainTextClassifier } from "../classify/classifier.js";
import { type ArmComparison, compareArms } from "../classify/evaluate-arms.js";
import { TillerError } from "../errors.js";
import { fileName } from "../store/file-name.js";
import { writeFileAtomic } from "../store/write-file.js";
import type { Arm } from "./arms.js";
import type { Study } from "./study.js";

/** What training on the data sets found, or why it could not be done. */
export interface ArmsCompared {
  /** One for each baseline. */
  readonly comparisons: readonly ArmComparison[];
  readonly notes: readonly string[];
}

/**
 * Trains and compares classifiers on the arms' data sets: the steered one against each baseline. Undefined if the
 * recipe has no test texts. Data that cannot be trained on gives a note.
 */
export async function compareData(study: Study, arms: readonly Arm[]): Promise<ArmsCompared | undefined> {
  const { recipe, materials, baselines } = study;
  const { classifier } = recipe;
  if (!materials.test || !classifier) return undefined;
  const [language] = recipe.task.languages;
  const test = materials.test.map((row) => ({ ...row, language: row.language ?? language! }));
  const total = arms.length * classifier.seeds * baselines.length;
  const task = study.progress.begin("Training classifiers", total, "classifiers");
  const notes: string[] = [];
  const comparisons: ArmComparison[] = [];
  for (const baseline of baselines) {
    try {
      comparisons.push(
        compareArms({
          arms: arms.map(({ name, rows }) => ({ name, rows })),
          test,
          seeds: classifier.seeds,
          seed: recipe.seed,
          baseline: baseline.name,
          onProgress: () => task.advance(1),
        }),
      );
    } catch (error) {
      // The texts and their scores are worth a report without this.
      if (!(error instanceof TillerError)) throw error;
      notes.push(`The classifiers were not compared: ${error.message}`);
    }
  }
  task.end();
  return {
    comparisons,
    notes: [...new Set([...notes, ...comparisons.flatMap((comparison) => comparison.notes)])],
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
