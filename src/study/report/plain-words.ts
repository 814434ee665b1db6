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

export const KEPT_MEANING =
  "Texts that passed every filter, of all that the model wrote. Only these are in the data set.";

/** Why texts were dropped, in the order of the filters. */
export const FILTER_WORDS = {
  empty: "empty",
  short: "too short",
  echo: "repeats the prompt",
  loop: "repeats itself",
  language: "wrong language",
  duplicate: "same as another",
} as const;
