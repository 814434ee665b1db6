import { mattr } from "./diversity.js";
import type { Excerpts, LexicalSet } from "./lexical-set.js";
import { mean } from "./statistics.js";

/** The mean over excerpts of `mattr`; undefined for none. A text shorter than the window has its type-token ratio. */
export function meanMattr(set: LexicalSet, excerpts: Excerpts, window: number): number | undefined {
  return mean(wordsOf(set, excerpts).map((words) => mattr(words, window)!));
}

/**
 * The mean over excerpts of the share of their n-grams that repeat an earlier one, as `repetition`. Excerpts with fewer
 * than two n-grams are left out: nothing can repeat in them.
 *
 * @param n from 1 to 4.
 * @returns 0 to below 1, higher is more repetitive; undefined when no excerpt is long enough.
 */
export function meanRepetition(set: LexicalSet, { texts, lengths }: Excerpts, n: number): number | undefined {
  const { ids, distinct } = set.ngrams[n - 1]!;
  // The excerpt that last had an n-gram, from 1.
  const seenIn = new Int32Array(distinct);
  const shares: number[] = [];
  for (let k = 0; k < texts.length; k++) {
    const start = set.starts[texts[k]!]!;
    const total = lengths[k]! - n + 1;
    if (total < 2) continue;
    let different = 0;
    for (let i = start; i < start + total; i++) {
      if (seenIn[ids[i]!] === k + 1) continue;
      seenIn[ids[i]!] = k + 1;
      different++;
    }
    shares.push(1 - different / total);
  }
  return mean(shares);
}

/** The mean over excerpts of `loopedShare`; undefined for none. */
export function meanLoopedShare(set: LexicalSet, excerpts: Excerpts): number | undefined {
  return mean(wordsOf(set, excerpts).map((words) => loopedShare(words)!));
}

/** Longest unit of a loop, in words: a sentence. */
const LONGEST_UNIT = 24;
/** Rounds from which on the same words over and over are a loop. Two happen in good prose. */
const FEWEST_ROUNDS = 3;
/** Words from which on they are one: a word said three times is emphasis. */
const FEWEST_LOOPED = 6;

/**
 * The share of a text's words that stand in a loop: a unit of 1 to 24 words said three times or more without anything
 * between, of six words or more in all. A share of repeated n-grams does not tell a loop from a refrain; this does.
 *
 * @param words a text's words, or their numbers, in order.
 * @returns 0 to 1, 1 for a text that is nothing else; undefined for no words.
 */
export function loopedShare(words: readonly string[] | Int32Array): number | undefined {
  if (words.length === 0) return undefined;
  const looped = new Uint8Array(words.length);
  for (let unit = 1; unit <= LONGEST_UNIT; unit++) {
    const fewest = Math.max(FEWEST_LOOPED, FEWEST_ROUNDS * unit);
    if (fewest > words.length) break;
    let same = 0;
    for (let i = unit; i <= words.length; i++) {
      if (i < words.length && words[i] === words[i - unit]) {
        same++;
        continue;
      }
      if (same + unit >= fewest) looped.fill(1, i - same - unit, i);
      same = 0;
    }
  }
  let count = 0;
  for (const mark of looped) count += mark;
  return count / words.length;
}

function wordsOf({ words, starts }: LexicalSet, { texts, lengths }: Excerpts): Int32Array[] {
  return Array.from(texts, (text, k) => words.subarray(starts[text]!, starts[text]! + lengths[k]!));
}
