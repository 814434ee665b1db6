import { type TextClassifier, trainTextClassifier } from "../classify/classifier.js";
import { accuracy } from "../classify/metrics.js";
import { ANY_LANGUAGE } from "../steering/class-means.js";
import type { LabelledText } from "../tasks/labelled-text.js";
import type { Materials } from "./materials.js";

/** A classifier that says whether a written text shows its label. It has seen no text that a vector was made from. */
export interface LabelCheck {
  predict(text: string): string;
  readonly trainedOn: number;
  /** Share of human texts that it has not seen and gets right; undefined if there are none. */
  readonly accuracy: number | undefined;
}

/** One check for each language of the task; a language without labelled human texts has none. */
export type LabelChecks = ReadonlyMap<string, LabelCheck>;

/**
 * Trains the label checks: on the held-out part of the contrast sets where their classes are the task's labels,
 * and tested on the part that the vectors were made from; otherwise on half of the demonstrations.
 */
export function trainLabelChecks({ recipe, split, demonstrations }: Materials): LabelChecks {
  const checks = new Map<string, LabelCheck>();
  for (const language of recipe.task.languages) {
    const serves = (of: string | undefined) => of === language || of === ANY_LANGUAGE || of === undefined;
    const sets = split.sets.filter((set) => serves(set.language) && recipe.task.labels.includes(set.class));
    const rows = (part: "heldOutTexts" | "vectorTexts") =>
      sets.flatMap((set) => set[part].map((text) => ({ text, label: set.class })));
    // Every second one of each label: in a file the labels may take turns.
    const half = (rest: number) =>
      recipe.task.labels.flatMap((label) =>
        demonstrations
          .filter((row) => serves(row.language) && row.label === label)
          .filter((_, i) => i % 2 === rest),
      );
    const check =
      makeCheck(recipe.task.labels, rows("heldOutTexts"), rows("vectorTexts")) ??
      makeCheck(recipe.task.labels, half(0), half(1));
    if (check) checks.set(language, check);
  }
  return checks;
}

function makeCheck(
  labels: readonly string[],
  train: readonly LabelledText[],
  unseen: readonly LabelledText[],
): LabelCheck | undefined {
  const present = new Set(train.map(({ label }) => label));
  if (labels.some((label) => !present.has(label))) return undefined;
  const classifier: TextClassifier = trainTextClassifier(train);
  const truth = unseen.map(({ label }) => label);
  return {
    predict: (text) => classifier.predict([text])[0]!,
    trainedOn: train.length,
    accuracy:
      unseen.length === 0 ? undefined : accuracy(truth, classifier.predict(unseen.map(({ text }) => text))),
  };
}
