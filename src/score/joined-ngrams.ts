import { words } from "../language/words.js";
import { shuffled } from "../random/seeded-random.js";
import { distinctOf } from "./distinct-ngrams.js";
import { type LexicalSet, type LexicalText, lexicalSet, wholeTexts } from "./lexical-set.js";

/** How texts are joined. */
export interface JoinOptions {
  /** Of the order in which texts are joined, from 0 to 2³² − 1. */
  readonly seed: number;
  /** Code points after which the joined text ends; left out, nowhere. */
  readonly characters?: number;
  /** For the words of the text that is cut. */
  readonly language?: string | undefined;
}

/** The n-gram measures of paper B, of all texts of a set joined by spaces. */
export interface JoinedNgrams {
  /** Different trigrams / trigrams: the paper's normalised n-grams. Undefined for fewer than 3 words. */
  readonly normalised: number | undefined;
  /** Π_{n=2..4} (1 − repₙ): the paper's diversity. Undefined for fewer than 4 words. */
  readonly diversity: number | undefined;
  /** rep₂, rep₃, rep₄, each 1 − different n-grams / n-grams, from 0 to 1 (the paper has percentages). */
  readonly repetition: readonly (number | undefined)[];
  /** Code points of the joined text, as it was cut. */
  readonly characters: number;
}

/**
 * Normalised n-grams and diversity as paper B (STEER, arXiv 2308.07645) computes them, but on words, where it takes a
 * model's tokens. N-grams cross from one text to the next, so that the order counts: it is drawn by the seed from
 * the set's own order, and does not depend on how the texts came. Both fall with the size of a set: compare sets at the
 * same number of `characters`, as the paper does.
 */
export function joinedNgrams(set: LexicalSet, options: JoinOptions): JoinedNgrams {
  const characters = Math.min(joinedCharacters(set), options.characters ?? Number.POSITIVE_INFINITY);
  const tokens = joinedTokens(shuffled(set.texts, options.seed), characters, options.language);
  const one = lexicalSet([{ text: "", tokens }]);
  const whole = wholeTexts(one);
  const shares = [2, 3, 4].map((n) => distinctOf(one, whole, n));
  return {
    normalised: shares[1],
    diversity: shares.every((share) => share !== undefined)
      ? shares.reduce((product, share) => product * share, 1)
      : undefined,
    repetition: shares.map((share) => (share === undefined ? undefined : 1 - share)),
    characters,
  };
}

/** Code points of a set's texts joined by spaces. */
export function joinedCharacters({ texts }: LexicalSet): number {
  return texts.reduce((sum, { text }) => sum + codePoints(text), Math.max(0, texts.length - 1));
}

function joinedTokens(
  texts: readonly LexicalText[],
  characters: number,
  language: string | undefined,
): string[] {
  const tokens: string[] = [];
  let left = characters;
  for (const { text, tokens: own } of texts) {
    if (left <= 0) break;
    const length = codePoints(text);
    for (const token of length <= left ? own : words(firstCodePoints(text, left), language))
      tokens.push(token);
    left -= length + 1;
  }
  return tokens;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) if (isPair(text, i)) count--;
  return count;
}

function firstCodePoints(text: string, count: number): string {
  let end = 0;
  for (let found = 0; found < count; found++) end += isPair(text, end + 1) ? 2 : 1;
  return text.slice(0, end);
}

/** Whether the unit at `i` is the second half of a surrogate pair. */
function isPair(text: string, i: number): boolean {
  return text.codePointAt(i - 1)! > 0xffff;
}
