/** Why a written text is not part of the data set. In the order in which they are checked. */
export const FILTER_NAMES = ["empty", "short", "echo", "loop", "language", "duplicate"] as const;
export type FilterName = (typeof FILTER_NAMES)[number];

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
  readonly seed: number;
  readonly text: string;
  readonly tokens: number;
  readonly finish: "end" | "stop" | "length";
  /** Every filter that the text failed; empty for a text that is kept. */
  readonly filters: readonly FilterName[];
}
