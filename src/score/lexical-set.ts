import { words } from "../language/words.js";
import { shuffleInPlace } from "../random/seeded-random.js";
import { type Ngrams, ngramsOf } from "./ngrams.js";

/** A text with its words in order, as `words` gives them. */
export interface LexicalText {
  readonly text: string;
  readonly tokens: readonly string[];
}

/**
 * Texts made ready for every lexical measure: each word is a number, and so is each n-gram, so that the measures
 * compare integers in flat arrays. Texts stand in an order of their own, by content: whatever order they came in,
 * every measure sees the same bits.
 */
export interface LexicalSet {
  /** All texts, NFC, also those without a word. */
  readonly texts: readonly LexicalText[];
  /** Word numbers of the texts that have a word, one text after the other: `[words]`. */
  readonly words: Int32Array;
  /** Where each of those texts begins in `words`, and where the last one ends: `[texts with a word + 1]`. */
  readonly starts: Int32Array;
  readonly vocabulary: ReadonlyMap<string, number>;
  /** For n = 1 to 4. */
  readonly ngrams: readonly Ngrams[];
}

/** The first `lengths[k]` words of text `texts[k]` of a set; a text stands in it once at most. */
export interface Excerpts {
  readonly texts: Int32Array;
  readonly lengths: Int32Array;
}

/** Longest n-grams that a set is made ready for, in words. */
const LONGEST_NGRAM = 4;

/** The text, NFC, with its words by `words`. */
export function lexicalText(text: string, language?: string): LexicalText {
  const normal = text.normalize("NFC");
  return { text: normal, tokens: words(normal, language) };
}

/** Makes texts ready for the lexical measures, in time and memory that grow with the number of words. */
export function lexicalSet(texts: readonly LexicalText[]): LexicalSet {
  const sorted = texts
    .map(({ text, tokens }): LexicalText => ({ text: text.normalize("NFC"), tokens }))
    .sort(byContent);
  const filled = sorted.filter(({ tokens }) => tokens.length > 0);
  const starts = new Int32Array(filled.length + 1);
  for (const [i, { tokens }] of filled.entries()) starts[i + 1] = starts[i]! + tokens.length;
  const numbers = new Int32Array(starts[filled.length]!);
  const vocabulary = new Map<string, number>();
  let at = 0;
  for (const { tokens } of filled) {
    for (const token of tokens) {
      let number = vocabulary.get(token);
      if (number === undefined) {
        number = vocabulary.size;
        vocabulary.set(token, number);
      }
      numbers[at++] = number;
    }
  }
  const ngrams = ngramsOf({ words: numbers, starts, vocabulary: vocabulary.size }, LONGEST_NGRAM);
  return { texts: sorted, words: numbers, starts, vocabulary, ngrams };
}

/** Every text of a set that has a word, whole. */
export function wholeTexts(set: LexicalSet): Excerpts {
  return wholly(set, everyText(set));
}

/** `count` of a set's texts that have a word, whole, drawn without replacement with the numbers of a generator. */
export function drawTexts(set: LexicalSet, count: number, random: () => number): Excerpts {
  return wholly(set, shuffleInPlace(everyText(set), random).slice(0, count));
}

/** The numbers of the texts that have a word, in the set's order. */
export function everyText({ starts }: LexicalSet): number[] {
  return Array.from({ length: starts.length - 1 }, (_, i) => i);
}

function wholly({ starts }: LexicalSet, texts: readonly number[]): Excerpts {
  return {
    texts: Int32Array.from(texts),
    lengths: Int32Array.from(texts, (i) => starts[i + 1]! - starts[i]!),
  };
}

function byContent(a: LexicalText, b: LexicalText): number {
  return compare(a.text, b.text) || compare(a.tokens.join("\0"), b.tokens.join("\0"));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
