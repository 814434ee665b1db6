/**
 * Area under the ROC curve of scores: the probability that a positive item has a higher score than a negative one,
 * exact, ties counted half; U / (m · n) of Mann and Whitney, by sorting. 0.5 is chance.
 *
 * @returns undefined if either set is empty.
 * @throws RangeError for NaN.
 */
export function areaUnderRoc(positive: ArrayLike<number>, negative: ArrayLike<number>): number | undefined {
  if (positive.length === 0 || negative.length === 0) return undefined;
  const high = Float64Array.from(positive).sort();
  const low = Float64Array.from(negative).sort();
  // NaN sorts last.
  if (Number.isNaN(high.at(-1)) || Number.isNaN(low.at(-1))) throw new RangeError("NaN has no rank.");
  let won = 0;
  let below = 0;
  let belowOrEqual = 0;
  for (const score of high) {
    while (below < low.length && low[below]! < score) below++;
    belowOrEqual = Math.max(belowOrEqual, below);
    while (belowOrEqual < low.length && low[belowOrEqual]! <= score) belowOrEqual++;
    won += (below + belowOrEqual) / 2;
  }
  return won / (high.length * low.length);
}
