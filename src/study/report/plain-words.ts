import { FILTER_NAMES, type FilterName } from "../../store/sample.js";
import { whole } from "./number-text.js";

/** The measures in words for a reader who knows none of ours. The page and the terminal share them. */

export type Measure = "harmonic" | "success" | "coherence" | "diversity";

export interface MeasureWords {
  /** The field's term. */
  readonly term: string;
  readonly plain: string;
  readonly meaning: string;
}

export const MEASURES: Readonly<Record<Measure, MeasureWords>> = {
  success: {
    term: "Success",
    plain: "language + label right",
    meaning: "Share of texts that are in the language, and say what the label means, that were asked for.",
  },
  coherence: {
    term: "Coherence",
    plain: "reads like the human texts",
    meaning: "How close the texts read to the human ones; broken or repeating text is near 0.",
  },
  diversity: {
    term: "Diversity",
    plain: "varied",
    meaning: "How little the texts repeat themselves and each other, compared at equal length.",
  },
  harmonic: {
    term: "Harmonic mean",
    plain: "overall",
    meaning:
      "The three together. It is low as soon as one of them is low: a weak point cannot be bought off.",
  },
};

export const MEASURE_ORDER: readonly Measure[] = ["harmonic", "success", "coherence", "diversity"];

export const F1_WORDS: MeasureWords = {
  term: "Macro-F1",
  plain: "classifier trained on it",
  meaning:
    "A small classifier is trained on the written texts alone and tested on human texts. 1 is perfect, and every label counts the same. ± is the standard deviation over repeated trainings.",
};

export const AUROC_WORDS: MeasureWords = {
  term: "AUROC",
  plain: F1_WORDS.plain,
  meaning:
    "A small classifier is trained on the written texts alone and tested on human texts. The area under its ROC curve: 1 is perfect, and guessing gets 0.5. ± is the standard deviation over repeated trainings.",
};

/** Of what the classifiers of a report are compared by. */
export function metricWords(
  arms: readonly { readonly classifier?: { readonly metric?: string | undefined } | undefined }[],
): MeasureWords {
  return arms.some(({ classifier }) => classifier?.metric === "auroc") ? AUROC_WORDS : F1_WORDS;
}

/** What a classifier's numbers are. */
export const CLASSIFIER_WORDS: readonly (readonly [name: string, meaning: string])[] = [
  ["precision", "Of the texts that were taken for a label, the share that have it. 0 if none was."],
  ["recall", "Of the test texts that have a label, the share that were taken for it."],
  ["F1", "The harmonic mean of precision and recall."],
  ["macro-F1", "The mean of the labels' F1: every label counts the same."],
  ["accuracy", "The share of test texts whose label was found."],
  [
    "AUROC",
    "How often a text that has a label is given a higher probability of it than one that has not: of the second of two labels, or the mean over more. Guessing gets 0.5.",
  ],
  [
    "expected calibration error",
    "Texts are put into ten bins by the probability of the label they were taken for; the mean distance of probability and accuracy in a bin (Naeini et al. 2015). 0 is best.",
  ],
  [
    "Brier score",
    "The mean squared distance of the probabilities from the truth, summed over the labels. 0 to 2, 0 is best.",
  ],
  ["log-loss", "The mean of −ln p of the true label. 0 is best."],
];

export const KEPT_MEANING =
  "Texts that passed every filter, of all that the model wrote. Only these are in the data set.";

/** Why texts were dropped, in the order of the filters. */
export const FILTER_WORDS = {
  empty: "empty",
  short: "too short",
  long: "too long",
  "template-residue": "left-over chat or template",
  echo: "repeats the prompt",
  loop: "repeats itself",
  language: "wrong language",
  "code-mixing": "mixes languages",
  duplicate: "same as another",
  "near-duplicate": "almost the same as another",
  "copies-demonstration": "copies an example of the prompt",
  memorised: "copies a real text",
  "self-check": "the model's own no",
  judge: "rated too low",
} as const;

/** What filters dropped, such as `3 too short, 1 repeats itself`; empty if nothing. */
export function droppedWords(counts: Readonly<Record<FilterName, number>>): string {
  return FILTER_NAMES.filter((name) => counts[name] > 0)
    .map((name) => `${whole(counts[name])} ${FILTER_WORDS[name]}`)
    .join(", ");
}
