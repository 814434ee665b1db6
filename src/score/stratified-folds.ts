import { randomGenerator, shuffleInPlace } from "../random/seeded-random.js";

/**
 * Folds for cross-validation, each with as near as possible the same share of every class. Items with the same key stay
 * together: a copy in the training texts would tell the answer, or the wrong one where classes share a text. Without
 * copies, the sizes are those of scikit-learn's `StratifiedKFold`: each class's numbers differ by one at most.
 *
 * @param classes a number for each item. `[items]`
 * @param keys what an item is a copy by. `[items]`
 * @returns the fold of each item, from 0. `[items]`
 */
export function stratifiedFolds(
  classes: readonly number[],
  keys: readonly string[],
  folds: number,
  seed: number,
): Int32Array {
  const groups = new Map<string, number[]>();
  keys.forEach((key, item) => {
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  });
  const totals = new Map<number, number>();
  for (const label of classes) totals.set(label, (totals.get(label) ?? 0) + 1);
  // Large groups first: the small ones then even out the folds.
  const order = shuffleInPlace([...groups.values()], randomGenerator(seed)).sort(
    (a, b) => b.length - a.length,
  );
  const filled = Array.from({ length: folds }, () => new Map<number, number>());
  const found = new Int32Array(classes.length);
  for (const group of order) {
    const labels = new Set(group.map((item) => classes[item]!));
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    filled.forEach((counts, fold) => {
      let share = 0;
      for (const label of labels) share += (counts.get(label) ?? 0) / totals.get(label)!;
      if (share < least) {
        least = share;
        best = fold;
      }
    });
    const counts = filled[best]!;
    for (const item of group) {
      found[item] = best;
      counts.set(classes[item]!, (counts.get(classes[item]!) ?? 0) + 1);
    }
  }
  return found;
}
