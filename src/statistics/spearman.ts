import { ranksOf } from "./ranks.js";
import { twoSidedT } from "./student-t.js";

export interface RankCorrelation {
  /** Spearman's ρ, from −1 to 1. */
  readonly rho: number;
  /** Two-sided, from the t-distribution with n − 2 degrees of freedom; rough below some ten pairs. */
  readonly pValue: number;
  readonly pairs: number;
}

/**
 * Spearman's rank correlation of paired values: Pearson's correlation of their ranks, equal values sharing the mean
 * rank. Equal to SciPy's `spearmanr`.
 *
 * @returns undefined for fewer than three pairs, or where one side has a single value, for which ρ is not defined.
 * @throws RangeError for lists of two lengths, or NaN.
 */
export function spearman(first: readonly number[], second: readonly number[]): RankCorrelation | undefined {
  if (first.length !== second.length) {
    throw new RangeError(`${first.length} and ${second.length} values are no pairs.`);
  }
  const pairs = first.length;
  if (pairs < 3) return undefined;
  const [a, b] = [ranksOf(first), ranksOf(second)];
  // Ranks add up to the same, tied or not.
  const centre = (pairs + 1) / 2;
  const sum = (x: readonly number[], y: readonly number[]) =>
    x.reduce((total, rank, i) => total + (rank - centre) * (y[i]! - centre), 0);
  const spread = Math.sqrt(sum(a, a) * sum(b, b));
  if (spread === 0) return undefined;
  const rho = Math.max(-1, Math.min(1, sum(a, b) / spread));
  const t = rho * Math.sqrt((pairs - 2) / ((1 + rho) * (1 - rho)));
  return { rho, pValue: Math.abs(rho) === 1 ? 0 : twoSidedT(t, pairs - 2), pairs };
}
