import { randomGenerator } from "../random/seeded-random.js";

export interface PairedPermutationOptions {
  /** Drawn permutations where there are too many to try all. Default 2000. */
  readonly permutations?: number;
  readonly seed: number;
}

/** Up to so many pairs every one of the 2ⁿ permutations is tried. */
const EXACT_PAIRS = 12;
/** Two statistics this near are equal: the same sum may be added in another order. */
const SAME = 1e-12;

/**
 * The two-sided p-value of a paired permutation test: how often a statistic is at least as far from 0 when in each
 * pair the two sides are swapped or not, by chance. All 2ⁿ permutations are tried for up to 12 pairs (SciPy's
 * `permutation_test` with `permutation_type="samples"`), else as many as asked for are drawn and the observed one is
 * counted with them, so that the value is never 0 (Phipson and Smyth 2010).
 *
 * @param pairs n.
 * @param statistic of the pairs, `swapped[i]` being 1 where pair i is swapped; 0 means no difference, and swapping
 *   all pairs must change its sign and nothing else. The array is reused.
 */
export function pairedPermutation(
  pairs: number,
  statistic: (swapped: Uint8Array) => number,
  { permutations = 2000, seed }: PairedPermutationOptions,
): number {
  const swapped = new Uint8Array(pairs);
  const observed = Math.abs(statistic(swapped));
  const isAsFar = () => Math.abs(statistic(swapped)) >= observed - SAME;
  let count = 0;
  if (pairs <= EXACT_PAIRS) {
    for (let bits = 0; bits < 2 ** pairs; bits++) {
      for (let i = 0; i < pairs; i++) swapped[i] = (bits >> i) & 1;
      if (isAsFar()) count++;
    }
    return count / 2 ** pairs;
  }
  const random = randomGenerator(seed);
  for (let drawn = 0; drawn < permutations; drawn++) {
    for (let i = 0; i < pairs; i++) swapped[i] = random() < 0.5 ? 1 : 0;
    if (isAsFar()) count++;
  }
  return (count + 1) / (permutations + 1);
}
