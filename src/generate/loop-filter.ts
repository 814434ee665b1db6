import { words } from "../language/words.js";
import { wordNgrams } from "./word-ngrams.js";

// The locale is fixed so that a machine's own changes nothing; dictionaries go by script, not by locale.
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** How often a loop's unit stands in a row, at least. */
const LOOP_REPEATS = 3;
const LOOP_WORDS = { fewest: 6, share: 1 / 3, longestPeriod: 100 } as const;
const LOOP_GRAPHEMES = { fewest: 20, share: 1 / 2, longestPeriod: 200 } as const;
const REPEATED_GRAM = 4;
/** Share of repeated 4-grams above which a text is a loop, and the fewest 4-grams that say so. */
const REPEATED_SHARE = 0.3;
const REPEATED_FEWEST = 20;

/**
 * A text loops if one of these holds:
 *
 * - a sequence of words stands three times or more in a row, in at least 6 words and a third of the text. Numbers
 *   are left out, so that a numbered list of the same sentence is a loop;
 * - a sequence of graphemes does, in at least 20 graphemes and half of the text: this finds loops within a word and
 *   in scripts for which words cannot be found;
 * - more than 30 % of its word 4-grams occurred before in it, for texts of at least 20 4-grams.
 *
 * @param ofText the text's words, as `words` gives them, where they are known.
 */
export function repeatsItself(text: string, ofText: readonly string[] = words(text)): boolean {
  const sequence = ofText.filter((word) => /\P{N}/u.test(word));
  if (hasLoop(sequence, LOOP_WORDS)) return true;
  const grams = wordNgrams(sequence, REPEATED_GRAM);
  if (grams.length >= REPEATED_FEWEST && 1 - new Set(grams).size / grams.length > REPEATED_SHARE) return true;
  const units = Array.from(graphemes.segment(text.normalize("NFC").toLowerCase()), ({ segment }) => segment);
  return hasLoop(units, LOOP_GRAPHEMES);
}

interface LoopLimits {
  readonly fewest: number;
  readonly share: number;
  readonly longestPeriod: number;
}

/** Whether a stretch with a period p (item i equals item i − p) is at least three periods and the limits long. */
function hasLoop(sequence: readonly string[], limits: LoopLimits): boolean {
  const needed = Math.max(limits.fewest, limits.share * sequence.length);
  const longestPeriod = Math.min(limits.longestPeriod, Math.floor(sequence.length / LOOP_REPEATS));
  for (let period = 1; period <= longestPeriod; period++) {
    let equal = 0;
    for (let at = period; at < sequence.length; at++) {
      equal = sequence[at] === sequence[at - period] ? equal + 1 : 0;
      const length = equal + period;
      if (equal > 0 && length >= needed && length >= LOOP_REPEATS * period) return true;
    }
  }
  return false;
}
