/** Why a written text is not part of the data set. In the order in which the filters are asked. */
export const FILTER_NAMES = [
  "empty",
  "short",
  "long",
  "template-residue",
  "echo",
  "loop",
  "language",
  "code-mixing",
  "duplicate",
  "near-duplicate",
  "copies-demonstration",
  "memorised",
  "self-check",
  "judge",
] as const;
export type FilterName = (typeof FILTER_NAMES)[number];

/** Filters that ask a model. They are asked last, and only of texts that passed all others. */
export type ModelFilterName = Extract<FilterName, "self-check" | "judge">;
/** Filters that look at the text alone. */
export type TextFilterName = Exclude<FilterName, ModelFilterName>;

/** Filters that find nothing wrong with a text itself: it only says what an earlier one said. */
export const SAMENESS_FILTERS: ReadonlySet<FilterName> = new Set(["duplicate", "near-duplicate"]);

/**
 * One line of `samples.jsonl`: a text that was written, whether or not it was kept. Nothing here depends on
 * time or order, so that an interrupted run and an uninterrupted one hold the same bytes.
 */
export interface Sample {
  /** `configuration/language/label/index`, unique in the run. */
  readonly id: string;
  /** Name of the configuration, such as `zero-shot` or `mean-difference@5x0.2`. */
  readonly configuration: string;
  readonly language: string;
  readonly label: string;
  readonly index: number;
  /** Of the call of the model that wrote it: the texts of one call share it. */
  readonly seed: number;
  readonly text: string;
  /** Of a call's tokens those that are its part by length: the parts of a call sum to what it wrote. */
  readonly tokens: number;
  readonly finish: "end" | "stop" | "length";
  /** Which text of its call it is, from 0, where calls are asked for several texts. */
  readonly place?: number | undefined;
  /** Probability that the model gave to yes when it was asked whether the text is what was wanted, to 3 decimals. */
  readonly selfCheck?: number | undefined;
  /** Mean of the judge's ratings, 0 to 2, to 3 decimals. */
  readonly judge?: number | undefined;
  /** Every filter that the text failed; empty for a text that is kept. */
  readonly filters: readonly FilterName[];
}
