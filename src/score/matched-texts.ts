import { randomGenerator } from "../random/seeded-random.js";
import { drawTexts, type Excerpts, type LexicalSet } from "./lexical-set.js";
import { absent, type Measured } from "./measured.js";
import { standardDeviation } from "./standard-deviation.js";
import { mean } from "./statistics.js";

/** A measure that can be taken of any texts of a set. */
export interface LexicalMeasurement {
  /** Undefined where it cannot be taken. */
  readonly of: (set: LexicalSet, excerpts: Excerpts) => number | undefined;
  /** More of it means less diversity, which is then 1 − the measure. */
  readonly falls?: boolean;
}

/** A measure of a set and of human texts at the same size: means over draws. */
export interface Matched {
  readonly set: number;
  readonly human: number;
  /**
   * Diversity of the set / diversity of the human texts: 1 is human, less is less diverse, more is more. Its standard
   * error is sd(setᵢ − relative · humanᵢ) / (human · √draws), of the draws alone.
   */
  readonly relative: Measured;
}

/** Measures of two sets at one size. */
export interface MatchedSets<Name extends string> {
  /** Texts of each set in a draw. */
  readonly texts: number;
  /** Words of each set in a draw, the mean over draws. */
  readonly words: number;
  readonly draws: number;
  /** Without a measure that could not be taken of one of the sets in some draw. */
  readonly measures: Readonly<Partial<Record<Name, Matched>>>;
}

/**
 * Takes any measures of a set and of human texts at the same number of texts and of words, since most of them fall
 * with the size of a set and with the length of its texts. As many texts are drawn from both as the smaller one has;
 * both draws are put in order of length, and of two texts in the same place the longer one is cut to the other's
 * number of words. The lengths are then the same text by text, and the least is cut away.
 *
 * @param draws default 5; one where both sets have the same number of texts.
 * @returns undefined when either set has no text with a word.
 * @throws RangeError for a seed out of its range.
 */
export function compareAtEqualSize<Name extends string>(
  set: LexicalSet,
  human: LexicalSet,
  measurements: Readonly<Record<Name, LexicalMeasurement>>,
  { seed, draws = 5 }: { readonly seed: number; readonly draws?: number },
): MatchedSets<Name> | undefined {
  const texts = Math.min(set.starts.length, human.starts.length) - 1;
  if (texts === 0) return undefined;
  const taken = set.starts.length === human.starts.length ? 1 : draws;
  const names = Object.keys(measurements) as Name[];
  const pairs = new Map(names.map((name) => [name, [] as [set: number, human: number][]]));
  const random = randomGenerator(seed);
  let words = 0;
  for (let draw = 0; draw < taken; draw++) {
    const [own, others] = cutToEachOther(drawTexts(set, texts, random), drawTexts(human, texts, random));
    words += own.lengths.reduce((sum, length) => sum + length, 0) / taken;
    for (const [name, found] of pairs) {
      const ofSet = measurements[name].of(set, own);
      const ofHuman = measurements[name].of(human, others);
      if (ofSet === undefined || ofHuman === undefined) pairs.delete(name);
      else found.push([ofSet, ofHuman]);
    }
  }
  const measures: Partial<Record<Name, Matched>> = {};
  for (const [name, found] of pairs) measures[name] = matchedMeans(found, measurements[name].falls);
  return { texts, words, draws: taken, measures };
}

/** Means of a measure over draws, and the part of the human one's diversity that the set has. */
export function matchedMeans(
  pairs: readonly (readonly [set: number, human: number])[],
  falls = false,
): Matched {
  const set = mean(pairs.map(([value]) => value))!;
  const human = mean(pairs.map(([, value]) => value))!;
  const diversity = (value: number): number => (falls ? 1 - value : value);
  if (!(diversity(human) > 0)) {
    return { set, human, relative: absent("the human texts have no diversity to compare with") };
  }
  const relative = diversity(set) / diversity(human);
  const spread = standardDeviation(pairs.map(([own, other]) => diversity(own) - relative * diversity(other)));
  const standardError =
    spread === undefined ? undefined : spread / (diversity(human) * Math.sqrt(pairs.length));
  return { set, human, relative: { value: relative, standardError, absent: undefined } };
}

/** Both in order of length, text for text cut to the shorter of the two. */
function cutToEachOther(first: Excerpts, second: Excerpts): [Excerpts, Excerpts] {
  const a = byLength(first);
  const b = byLength(second);
  const lengths = a.lengths.map((length, k) => Math.min(length, b.lengths[k]!));
  return [
    { texts: a.texts, lengths },
    { texts: b.texts, lengths },
  ];
}

function byLength({ texts, lengths }: Excerpts): Excerpts {
  const order = Array.from(texts, (_, k) => k).sort(
    (a, b) => lengths[a]! - lengths[b]! || texts[a]! - texts[b]!,
  );
  return {
    texts: Int32Array.from(order, (k) => texts[k]!),
    lengths: Int32Array.from(order, (k) => lengths[k]!),
  };
}
