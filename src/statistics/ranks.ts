/**
 * Ranks of values from 1, the mean rank where values are equal (SciPy's `rankdata`).
 *
 * @throws RangeError for NaN.
 */
export function ranksOf(values: readonly number[]): number[] {
  if (values.some(Number.isNaN)) throw new RangeError("NaN has no rank.");
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}
