import { RecipeError } from "../errors.js";
import { sampled, seedFrom } from "../random/seeded-random.js";
import type { LabelledText } from "./labelled-text.js";
import { normalizeLanguage } from "./languages.js";

export interface DemonstrationOptions {
  readonly label: string;
  /** ISO 639 code. */
  readonly language: string;
  /** How many to draw. */
  readonly count: number;
  /** How many of the label's shortest texts to draw from. */
  readonly shortest: number;
  readonly seed: number;
}

/**
 * Human texts to show in a few-shot prompt: `count` drawn without replacement from the `shortest` shortest texts of
 * a label in a language (paper A: 5 of 50, seed 42). Length is counted in graphemes, and texts of the same length
 * keep their order. A text that occurs twice counts once; a row without a language serves every language.
 *
 * The draw depends on seed, label and language alone and is this project's own: pandas' `sample(random_state=42)`,
 * which paper A used, draws others.
 *
 * @throws RecipeError if there are fewer texts than `count`, or `shortest` is less than `count`.
 */
export function drawDemonstrations(rows: readonly LabelledText[], options: DemonstrationOptions): string[] {
  const { label, count, shortest } = options;
  const language = normalizeLanguage(options.language);
  if (shortest < count) {
    throw new RecipeError(
      `demonstrations: cannot draw ${count} of the ${shortest} shortest texts. Make \`shortest\` at least \`count\`.`,
    );
  }
  const texts = new Set(
    rows
      .filter((row) => row.label === label)
      .filter((row) => row.language === undefined || normalizeLanguage(row.language) === language)
      .map((row) => row.text),
  );
  if (texts.size < count) {
    throw new RecipeError(
      `demonstrations: ${count} texts are wanted for label "${label}" in language "${language}", but there ` +
        `${texts.size === 1 ? "is only 1" : `are only ${texts.size}`}. Add texts or lower demonstrations.count.`,
    );
  }
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
  const pool = Array.from(texts, (text) => ({ text, length: [...graphemes.segment(text)].length }))
    .toSorted((first, second) => first.length - second.length)
    .slice(0, shortest)
    .map(({ text }) => text);
  return sampled(pool, count, seedFrom("demonstrations", options.seed, label, language));
}
