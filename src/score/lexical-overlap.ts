import { BETWEEN_TEXTS, commonRuns } from "./common-runs.js";
import { everyText, type LexicalSet, type LexicalText } from "./lexical-set.js";
import { mean } from "./statistics.js";

/** How `lexicalOverlap` tells a copy. */
export interface OverlapOptions {
  /** Words of the n-grams by which a copy is told; default 4. */
  readonly n?: number;
  /** A text is a copy when at least this share of its n-grams is found in the source; default 0.5. */
  readonly threshold?: number;
}

/** What a set's texts have in common with other texts. Shares from 0 to 1. */
export interface LexicalOverlap {
  /**
   * For n = 1 to 4, the share of a text's n-grams that the source has, the mean over texts with an n-gram; undefined
   * where there are none.
   */
  readonly ngrams: readonly (number | undefined)[];
  /** Words of the longest run that any text shares with the source. */
  readonly longestRun: number;
  /** Words of the longest run that a text shares with the source, the mean over texts. */
  readonly meanLongestRun: number;
  /** Share of texts that are copies; a text of fewer than n words is one when the source has all of it as a run. */
  readonly copies: number;
  /** Texts with a word, of which the shares are. */
  readonly texts: number;
  /** Texts of the source that have a word. */
  readonly sourceTexts: number;
}

/**
 * What texts have in common with others: with a prompt's demonstrations or the contrast set (anchoring), or with real
 * data (memorisation). Words must be made in the same way in both.
 *
 * @returns undefined when either has no text with a word.
 */
export function lexicalOverlap(
  set: LexicalSet,
  source: readonly LexicalText[],
  { n = 4, threshold = 0.5 }: OverlapOptions = {},
): LexicalOverlap | undefined {
  const texts = everyText(set);
  const sources = source.filter(({ tokens }) => tokens.length > 0);
  if (texts.length === 0 || sources.length === 0) return undefined;
  const runsOf = commonRuns(numbersIn(set, sources));
  const shares: number[][] = [[], [], [], []];
  const longest: number[] = [];
  let copies = 0;
  for (const text of texts) {
    const runs = runsOf(set.words.subarray(set.starts[text]!, set.starts[text + 1]!));
    for (const [i, found] of shares.entries()) {
      if (runs.length > i) found.push(shareFound(runs, i + 1));
    }
    longest.push(runs.reduce((most, run) => Math.max(most, run), 0));
    if (shareFound(runs, Math.min(n, runs.length)) >= threshold) copies++;
  }
  return {
    ngrams: shares.map(mean),
    longestRun: longest.reduce((most, run) => Math.max(most, run), 0),
    meanLongestRun: mean(longest)!,
    copies: copies / texts.length,
    texts: texts.length,
    sourceTexts: sources.length,
  };
}

/** An n-gram is in the source when the run that ends with it is as long. */
function shareFound(runs: Int32Array, n: number): number {
  let found = 0;
  for (let i = n - 1; i < runs.length; i++) if (runs[i]! >= n) found++;
  return found / (runs.length - n + 1);
}

function numbersIn({ vocabulary }: LexicalSet, texts: readonly LexicalText[]): Int32Array {
  const numbers = new Int32Array(texts.reduce((sum, { tokens }) => sum + tokens.length + 1, 0));
  let at = 0;
  for (const { tokens } of texts) {
    for (const token of tokens) numbers[at++] = vocabulary.get(token) ?? BETWEEN_TEXTS;
    numbers[at++] = BETWEEN_TEXTS;
  }
  return numbers;
}
