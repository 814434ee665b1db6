import { TillerError } from "../errors.js";
import { baseLanguage } from "../language/code.js";
import { words } from "../language/words.js";
import { type CoherenceScale, coherenceOn, coherenceScale } from "./coherence.js";
import { joinedBytes, mattr } from "./diversity.js";
import { repetition } from "./repetition.js";
import { mean, median } from "./statistics.js";

/** Longest window of the moving-average type-token ratio, in words. Reviews and posts are short. */
const LONGEST_WINDOW = 25;

/** A model that finds fewer human texts than this share more probable than shuffled ones hardly knows the language. */
export const TELLING_SEPARATION = 0.75;

/** A text that a person wrote. */
export interface HumanText {
  readonly text: string;
  readonly language: string;
}

/** Mean log-probability per token (natural) of human texts under the model that will judge. */
export interface HumanLogProbabilities {
  readonly human: readonly number[];
  /** Of each of those texts with its words shuffled by `shuffleWords`, in the same order. */
  readonly shuffled: readonly number[];
  /** Which of the human texts these are; left out, all of them. */
  readonly indices?: readonly number[];
}

/** What the texts of one language are compared with. */
export interface LanguageReference {
  readonly texts: readonly string[];
  readonly tokenized: readonly (readonly string[])[];
  readonly words: number;
  /** UTF-8 bytes of the texts joined by line breaks. */
  readonly bytes: number;
  /** Window of the moving-average type-token ratio: 25 words, or the median length if that is less. */
  readonly window: number;
  /** Mean moving-average type-token ratio of the texts. */
  readonly mattr: number | undefined;
  /** Mean share of repeated trigrams of the texts. */
  readonly repetition: number;
  /** Undefined without log-probabilities, or when the model cannot tell the texts from word salad. */
  readonly scale: CoherenceScale | undefined;
  /** Mean coherence of the human texts themselves. Below 1: half of them lie below their median. */
  readonly coherence: number | undefined;
}

/** The human texts that written texts are scored against. */
export interface ScoreReference {
  /** By base language code, `deu` and `de-AT` under `de`. */
  readonly languages: ReadonlyMap<string, LanguageReference>;
  /** Words at which distinct-n is compared. */
  readonly budget: number;
  readonly seed: number;
  readonly notes: readonly string[];
}

/** The key of a language in a reference. */
export function referenceKey(language: string): string {
  return baseLanguage(language) ?? language;
}

/** The window for human texts of these lengths in words: 25, or their median if that is less. */
export function mattrWindow(lengths: readonly number[]): number {
  return Math.max(2, Math.min(LONGEST_WINDOW, Math.floor(median(lengths) ?? 0)));
}

/**
 * Measures human texts once, for all the sets that will be scored against them. Languages are kept apart, because
 * neither log-probabilities nor diversity compare between languages.
 *
 * @throws TillerError when log-probabilities and texts do not line up.
 */
export function buildReference(options: {
  readonly texts: readonly HumanText[];
  readonly logProbabilities?: HumanLogProbabilities;
  readonly budget: number;
  readonly seed: number;
}): ScoreReference {
  const { texts, logProbabilities, budget, seed } = options;
  const notes: string[] = [];
  if (logProbabilities) checkAligned(logProbabilities, texts.length);
  const scored = new Map<number, { human: number; shuffled: number }>();
  logProbabilities?.human.forEach((human, i) => {
    const index = logProbabilities.indices?.[i] ?? i;
    scored.set(index, { human, shuffled: logProbabilities.shuffled[i]! });
  });

  const members = new Map<string, number[]>();
  for (const [i, { language }] of texts.entries()) {
    const key = referenceKey(language);
    const indices = members.get(key);
    if (indices) indices.push(i);
    else members.set(key, [i]);
  }

  const languages = new Map<string, LanguageReference>();
  for (const [language, indices] of [...members].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const own = indices.map((i) => texts[i]!.text.normalize("NFC"));
    const tokenized = own.map((text) => words(text, language));
    const filled = tokenized.filter((tokens) => tokens.length > 0);
    const window = mattrWindow(filled.map((tokens) => tokens.length));
    const human: { logProbability: number; repetition: number }[] = [];
    const shuffled: number[] = [];
    for (const [position, index] of indices.entries()) {
      const values = scored.get(index);
      if (values === undefined || Number.isNaN(values.human) || Number.isNaN(values.shuffled)) continue;
      human.push({ logProbability: values.human, repetition: repetition(tokenized[position]!) });
      shuffled.push(values.shuffled);
    }
    const usual = mean(filled.map((tokens) => repetition(tokens))) ?? 0;
    const scale = coherenceScale({
      human: human.map((text) => text.logProbability),
      shuffled,
      repetition: usual,
    });
    if (logProbabilities) notes.push(...scaleNotes(language, human.length, scale));
    languages.set(language, {
      texts: own,
      tokenized,
      words: tokenized.reduce((sum, tokens) => sum + tokens.length, 0),
      bytes: joinedBytes(own),
      window,
      mattr: mean(filled.map((tokens) => mattr(tokens, window)!)),
      repetition: usual,
      scale,
      coherence: scale && mean(human.map((text) => coherenceOn(scale, text.logProbability, text.repetition))),
    });
  }
  return { languages, budget, seed, notes };
}

function scaleNotes(language: string, count: number, scale: CoherenceScale | undefined): string[] {
  if (count === 0) return [`${language}: no human text has a log-probability, so coherence is not measured.`];
  if (scale === undefined) {
    return [
      `${language}: the model finds shuffled human texts as probable as the texts themselves, so it cannot judge coherence.`,
    ];
  }
  const found: string[] = [];
  if (count < 10) found.push(`${language}: coherence is calibrated on only ${count} human texts.`);
  if (scale.separation < TELLING_SEPARATION) {
    found.push(
      `${language}: the model tells a human text from a shuffled one in ${Math.round(100 * scale.separation)} % of cases only, so coherence says little.`,
    );
  }
  return found;
}

function checkAligned({ human, shuffled, indices }: HumanLogProbabilities, texts: number): void {
  const expected = indices?.length ?? texts;
  if (human.length !== expected || shuffled.length !== expected) {
    throw new TillerError(
      `The reference has ${expected} scored human texts, but ${human.length} log-probabilities of them and ` +
        `${shuffled.length} of their shuffled forms. Give one of each for every scored text.`,
    );
  }
  for (const index of indices ?? []) {
    if (!Number.isInteger(index) || index < 0 || index >= texts) {
      throw new TillerError(`The reference scores text ${index}, but its texts are 0 to ${texts - 1}.`);
    }
  }
}
