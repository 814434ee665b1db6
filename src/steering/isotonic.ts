/**
 * Isotonic regression: the non-decreasing values nearest to the given ones, by weighted least squares, by pooling
 * adjacent violators (Ayer et al. 1955). It takes the noise out of a curve that can only rise.
 *
 * @param weights above 0; default 1 for each.
 * @returns as many values as were given.
 * @throws RangeError if the lengths differ, or a weight is not above 0.
 */
export function isotonicFit(
  values: readonly number[],
  weights: readonly number[] = values.map(() => 1),
): number[] {
  if (weights.length !== values.length || weights.some((weight) => !(weight > 0))) {
    throw new RangeError(`Isotonic regression needs a weight above 0 for each of ${values.length} values.`);
  }
  const blocks: { value: number; weight: number; length: number }[] = [];
  values.forEach((value, index) => {
    let block = { value, weight: weights[index]!, length: 1 };
    for (let last = blocks.at(-1); last !== undefined && last.value > block.value; last = blocks.at(-1)) {
      blocks.pop();
      const weight = last.weight + block.weight;
      block = {
        value: (last.value * last.weight + block.value * block.weight) / weight,
        weight,
        length: last.length + block.length,
      };
    }
    blocks.push(block);
  });
  return blocks.flatMap(({ value, length }) => new Array<number>(length).fill(value));
}
