import { TillerError } from "../errors.js";
import { randomGenerator, shuffleInPlace } from "../random/seeded-random.js";
import type { AtBudget, DrawOptions } from "./diversity.js";
import { type Excerpts, everyText, type LexicalSet } from "./lexical-set.js";
import { standardDeviation } from "./standard-deviation.js";
import { mean } from "./statistics.js";

/** Distinct-n at a budget of words. */
export interface DistinctAtBudget extends AtBudget {
  /** What `value` may be off by, had the set had other texts from the same source; undefined for one text. */
  readonly standardError: number | undefined;
}

/**
 * Distinct-n (Li et al. 2016) of excerpts, all taken together: different n-grams / n-grams.
 *
 * @param n from 1 to 4.
 * @returns above 0, at most 1, higher is more diverse; undefined where there is no n-gram.
 */
export function distinctOf(set: LexicalSet, { texts, lengths }: Excerpts, n: number): number | undefined {
  const { ids, distinct } = set.ngrams[n - 1]!;
  const seen = new Uint8Array(distinct);
  let different = 0;
  let total = 0;
  for (let k = 0; k < texts.length; k++) {
    const start = set.starts[texts[k]!]!;
    const end = start + lengths[k]! - n;
    for (let i = start; i <= end; i++) {
      const id = ids[i]!;
      if (seen[id] === 0) different++;
      seen[id] = 1;
      total++;
    }
  }
  return total === 0 ? undefined : different / total;
}

/**
 * Distinct-n at an equal budget of words, as `distinctN`, of a set that is ready for it, with its standard error:
 *
 *     SE = √(m / (W − m)) · sd over draws of distinct-n at m words,   m = min(budget, W/2)
 *
 * which is the delete-d jackknife (Shao and Wu 1989) over texts, W being the words of the set. Texts are drawn
 * without replacement, because a text drawn twice repeats all its n-grams, and a bootstrap with replacement would
 * measure that. Where m is less than the budget, the error is that at half of the set.
 *
 * @param n from 1 to 4.
 * @param options `draws` defaults to 40, which tells the error to some 11 %.
 */
export function distinctAtBudget(
  set: LexicalSet,
  n: number,
  { budget, seed, draws = 40 }: DrawOptions,
): DistinctAtBudget {
  if (!Number.isInteger(budget) || budget < 1 || !Number.isInteger(draws) || draws < 2) {
    throw new TillerError(`Distinct-n needs a budget of 1 and 2 draws or more, not ${budget} and ${draws}.`);
  }
  const size = set.words.length;
  if (size < budget) return { value: undefined, standardError: undefined, size, budgetReached: false };
  const { ids, distinct } = set.ngrams[n - 1]!;
  const count = set.starts.length - 1;
  const half = Math.min(budget, Math.floor(size / 2));
  const order = everyText(set);
  const random = randomGenerator(seed);
  // The draw that last saw an n-gram, so that nothing is cleared between draws.
  const seenIn = new Int32Array(distinct);
  const values: number[] = [];
  const halves: number[] = [];
  for (let draw = 1; draw <= draws; draw++) {
    shuffleInPlace(order, random);
    let different = 0;
    let total = 0;
    let taken = 0;
    let differentHalf = -1;
    let totalHalf = 0;
    for (let k = 0; k < count && taken < budget; k++) {
      const start = set.starts[order[k]!]!;
      const length = Math.min(budget - taken, set.starts[order[k]! + 1]! - start);
      for (let i = 0; i + n <= length; i++) {
        if (differentHalf < 0 && taken + i + n > half) {
          differentHalf = different;
          totalHalf = total;
        }
        const id = ids[start + i]!;
        if (seenIn[id] !== draw) {
          seenIn[id] = draw;
          different++;
        }
        total++;
      }
      taken += length;
    }
    if (differentHalf < 0) {
      differentHalf = different;
      totalHalf = total;
    }
    if (total > 0) values.push(different / total);
    if (totalHalf > 0) halves.push(differentHalf / totalHalf);
  }
  // All draws of a whole set are the same; their mean need not be, to the last bit.
  const value = budget === size ? values[0] : mean(values);
  const spread = count > 1 && value !== undefined ? standardDeviation(halves) : undefined;
  const standardError = spread === undefined ? undefined : spread * Math.sqrt(half / (size - half));
  return { value, standardError, size, budgetReached: true };
}
