import { TillerError } from "../errors.js";

/**
 * The harmonic mean n / Σ 1/xᵢ; 0 if any value is 0. Paper D scores a configuration by that of success,
 * coherence and diversity (`H = 3 / (1/S + 1/C + 1/D)`): one bad axis is not made up for by the others.
 *
 * @throws TillerError for no values, and for one that is missing, NaN, negative or infinite.
 */
export function harmonicMean(values: readonly number[]): number {
  if (values.length === 0) throw new TillerError("The harmonic mean of no values is not defined.");
  let reciprocals = 0;
  let zero = false;
  for (const [i, value] of values.entries()) {
    if (!Number.isFinite(value) || value < 0) {
      throw new TillerError(
        `The harmonic mean needs finite values of 0 or more, but value ${i + 1} of ${values.length} is ${String(value)}. ` +
          "Leave the mean out when a part could not be measured.",
      );
    }
    if (value === 0) zero = true;
    else reciprocals += 1 / value;
  }
  if (zero) return 0;
  // Reciprocals of subnormal values are infinite; the mean of so small values is as good as 0.
  return values.length / reciprocals;
}
