import { RecipeError } from "../errors.js";
import { numpyPermutation } from "../random/numpy-permutation.js";
import { sampled, seedFrom } from "../random/seeded-random.js";
import type { LabelledText } from "./labelled-text.js";
import { normalizeLanguage } from "./languages.js";

/** How demonstrations can be drawn. */
export const DEMONSTRATION_DRAWS = ["shortest", "paper-a", "random"] as const;

export type DemonstrationDraw = (typeof DEMONSTRATION_DRAWS)[number];

export interface DemonstrationOptions {
  readonly label: string;
  /** ISO 639 code. */
  readonly language: string;
  /** How many to draw. */
  readonly count: number;
  /** How many of the label's shortest texts to draw from; not for the draw `random`. */
  readonly shortest: number;
  readonly seed: number;
  /** Default `shortest`. */
  readonly draw?: DemonstrationDraw | undefined;
}

/**
 * Human texts to show in a few-shot prompt, of a label in a language: one set for all texts that are written. A row
 * without a language serves every language.
 *
 * - `shortest`: `count` of the `shortest` shortest texts. Length is counted in graphemes, and texts of the same length
 *   keep their order. A text that occurs twice counts once.
 * - `paper-a`: the draw of paper A, five of the fifty shortest with seed 42, row by row: pandas'
 *   `sample(count, random_state=seed)` of the `shortest` shortest rows. Length is counted in code points, as Python
 *   does; rows of the same length keep their order, which the paper's own sorting need not; repeated texts stay.
 * - `random`: `count` of all texts (paper C: ten). A text that occurs twice counts once.
 *
 * `shortest` and `random` depend on seed, label and language, and are this project's own; `paper-a` draws the same
 * places of the list for every label and language.
 *
 * @throws RecipeError if there are fewer texts than `count`, or `shortest` is less than `count`.
 */
export function drawDemonstrations(rows: readonly LabelledText[], options: DemonstrationOptions): string[] {
  const { label, count, shortest, seed, draw = "shortest" } = options;
  const language = normalizeLanguage(options.language);
  if (draw !== "random" && shortest < count) {
    throw new RecipeError(
      `demonstrations: cannot draw ${count} of the ${shortest} shortest texts. Make \`shortest\` at least \`count\`.`,
    );
  }
  const all = rows
    .filter((row) => row.label === label)
    .filter((row) => row.language === undefined || normalizeLanguage(row.language) === language)
    .map((row) => row.text);
  const texts = draw === "paper-a" ? all : [...new Set(all)];
  if (texts.length < count) {
    throw new RecipeError(
      `demonstrations: ${count} texts are wanted for label "${label}" in language "${language}", but there ` +
        `${texts.length === 1 ? "is only 1" : `are only ${texts.length}`}. Add texts or lower demonstrations.count.`,
    );
  }
  if (draw === "paper-a") {
    const pool = shortestOf(texts, shortest, (text) => Array.from(text).length);
    return numpyPermutation(pool.length, seed)
      .slice(0, count)
      .map((place) => pool[place]!);
  }
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
  const pool =
    draw === "random" ? texts : shortestOf(texts, shortest, (text) => [...graphemes.segment(text)].length);
  return sampled(pool, count, seedFrom("demonstrations", seed, label, language));
}

function shortestOf(texts: readonly string[], count: number, lengthOf: (text: string) => number): string[] {
  return texts
    .map((text) => ({ text, length: lengthOf(text) }))
    .toSorted((first, second) => first.length - second.length)
    .slice(0, count)
    .map(({ text }) => text);
}
