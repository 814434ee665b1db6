import { randomGenerator } from "../random/seeded-random.js";
import { quantile } from "./statistics.js";

/** Ends of an interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** From 0 to 2³² − 1. */
  readonly seed: number;
  /** Default 500. */
  readonly resamples?: number;
  /** Default 0.95: from the 2.5th to the 97.5th percentile. */
  readonly level?: number;
}

/**
 * The percentile bootstrap interval (Efron 1979) of a statistic of `count` items, which are drawn with
 * replacement, as often as there are items. Resamples in which the statistic is undefined are left out.
 *
 * @param statistic of the items at the given indices, which may repeat. The array is reused between calls.
 * @returns undefined for fewer than two items, or when the statistic is undefined in every resample.
 * @throws RangeError for a seed out of its range.
 */
export function bootstrapInterval(
  count: number,
  statistic: (indices: Int32Array) => number | undefined,
  { seed, resamples = 500, level = 0.95 }: BootstrapOptions,
): Interval | undefined {
  if (count < 2) return undefined;
  const random = randomGenerator(seed);
  const indices = new Int32Array(count);
  const values: number[] = [];
  for (let resample = 0; resample < resamples; resample++) {
    for (let i = 0; i < count; i++) indices[i] = Math.floor(random() * count);
    const value = statistic(indices);
    if (value !== undefined) values.push(value);
  }
  const low = quantile(values, (1 - level) / 2);
  const high = quantile(values, (1 + level) / 2);
  return low === undefined || high === undefined ? undefined : { low, high };
}
