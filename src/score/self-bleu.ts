import { randomGenerator } from "../random/seeded-random.js";
import { drawTexts, type Excerpts, type LexicalSet, wholeTexts } from "./lexical-set.js";
import { standardDeviation } from "./standard-deviation.js";
import { mean } from "./statistics.js";

/** What a precision without a match counts in its place (method 1 of Chen and Cherry 2014, as NLTK has it). */
const EPSILON = 0.1;

/**
 * Self-BLEU (Zhu et al. 2018, "Texygen"): the mean over texts of the BLEU-4 of a text with all others as its references:
 *
 *     BLEU = BP · exp(¼ Σ_{n=1..4} ln pₙ),   BP = 1 if c > r, else exp(1 − r/c)
 *
 * pₙ is the text's n-grams that occur in a reference, each counted at most as often as in the reference that has it
 * most, divided by its n-grams; c is the text's length, r the length of a reference nearest to it, the shorter of
 * two. A pₙ without a match is 0.1 / n-grams; a text without any word of the others has 0. These are the
 * numbers of NLTK's `sentence_bleu` with `SmoothingFunction().method1`.
 *
 * What the other texts allow an n-gram is the highest count in any text, or the second highest for the text that has
 * the highest: two numbers an n-gram serve all texts, and time grows with the words, not with their square.
 *
 * @returns 0 to 1, higher is less diverse, and higher for more texts; undefined for fewer than two texts with a word.
 */
export function selfBleuOf(set: LexicalSet, excerpts: Excerpts): number | undefined {
  const { texts, lengths } = excerpts;
  if (texts.length < 2) return undefined;
  const logarithms = new Float64Array(texts.length);
  const unmatched = new Uint8Array(texts.length);
  for (const { n, ids, distinct } of set.ngrams) {
    const counts = new Int32Array(distinct);
    const most = new Int32Array(distinct);
    const second = new Int32Array(distinct);
    const holder = new Int32Array(distinct);
    const countNgrams = (k: number): [start: number, end: number] => {
      const start = set.starts[texts[k]!]!;
      const end = start + lengths[k]! - n;
      for (let i = start; i <= end; i++) counts[ids[i]!]!++;
      return [start, end];
    };
    for (let k = 0; k < texts.length; k++) {
      const [start, end] = countNgrams(k);
      for (let i = start; i <= end; i++) {
        const id = ids[i]!;
        const count = counts[id]!;
        counts[id] = 0;
        if (count > most[id]!) {
          second[id] = most[id]!;
          most[id] = count;
          holder[id] = k;
        } else if (count > second[id]!) second[id] = count;
      }
    }
    for (let k = 0; k < texts.length; k++) {
      const [start, end] = countNgrams(k);
      let matched = 0;
      for (let i = start; i <= end; i++) {
        const id = ids[i]!;
        matched += Math.min(counts[id]!, holder[id] === k ? second[id]! : most[id]!);
        counts[id] = 0;
      }
      if (n === 1 && matched === 0) unmatched[k] = 1;
      const total = Math.max(1, lengths[k]! - n + 1);
      logarithms[k]! += Math.log((matched === 0 ? EPSILON : matched) / total) / set.ngrams.length;
    }
  }
  const nearest = nearestLengths(lengths);
  let sum = 0;
  for (let k = 0; k < texts.length; k++) {
    if (unmatched[k] === 1) continue;
    const length = lengths[k]!;
    const reference = nearest.get(length)!;
    sum += (length > reference ? 1 : Math.exp(1 - reference / length)) * Math.exp(logarithms[k]!);
  }
  return sum / texts.length;
}

/** Self-BLEU of a set. */
export interface SelfBleu {
  readonly value: number | undefined;
  /** What `value` may be off by because texts were drawn; undefined where all were taken. */
  readonly standardError: number | undefined;
  /** Texts that were compared with each other. */
  readonly texts: number;
}

/**
 * `selfBleuOf` of a whole set, and above `most` texts of so many at a time: the mean over `draws` draws, with its
 * standard error, sd / √draws.
 */
export function selfBleu(
  set: LexicalSet,
  {
    seed,
    most = 10_000,
    draws = 10,
  }: { readonly seed: number; readonly most?: number; readonly draws?: number },
): SelfBleu {
  const whole = wholeTexts(set);
  const count = whole.texts.length;
  if (count <= most) return { value: selfBleuOf(set, whole), standardError: undefined, texts: count };
  const random = randomGenerator(seed);
  const values: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    values.push(selfBleuOf(set, drawTexts(set, most, random))!);
  }
  const standardError = standardDeviation(values)! / Math.sqrt(draws);
  return { value: mean(values), standardError, texts: most };
}

/** For every length the nearest one that another text has, the shorter of two. */
function nearestLengths(lengths: Int32Array): ReadonlyMap<number, number> {
  const sorted = lengths.toSorted();
  const nearest = new Map<number, number>();
  for (const [i, length] of sorted.entries()) {
    const below = sorted[i - 1] ?? Number.NEGATIVE_INFINITY;
    const above = sorted[i + 1] ?? Number.POSITIVE_INFINITY;
    // The last of equal lengths comes last, and has its equal right below it.
    nearest.set(length, length - below <= above - length ? below : above);
  }
  return nearest;
}
