import { standardDeviation } from "../score/standard-deviation.js";
import { mean } from "../score/statistics.js";

/** A score over the seeds. */
export interface Spread {
  readonly mean: number;
  /** Of the sample (n − 1); 0 for one seed. */
  readonly standardDeviation: number;
  readonly minimum: number;
  readonly maximum: number;
  /** `[seeds]` */
  readonly values: readonly number[];
}

/** The spread of the scores of one seed or more. `[seeds]` */
export function spreadOf(values: readonly number[]): Spread {
  return {
    mean: mean(values)!,
    standardDeviation: standardDeviation(values) ?? 0,
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    values: [...values],
  };
}
