/**
 * p-values corrected for being many (Holm 1979): the k-th smallest of m becomes the largest of (m − j + 1) · p_j over
 * j ≤ k, at most 1. A hypothesis may be rejected at a level if its corrected value is at most the level; the chance of
 * any false rejection is then at most the level, whatever depends on what.
 *
 * @returns in the order given.
 * @throws RangeError for a value outside 0 to 1.
 */
export function holm(pValues: readonly number[]): number[] {
  const wrong = pValues.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined) throw new RangeError(`${wrong} is no p-value.`);
  const order = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
  const corrected = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[index]!));
    corrected[index] = largest;
  });
  return corrected;
}
