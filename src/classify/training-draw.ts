import { sampled, seedFrom } from "../random/seeded-random.js";

/** A text with its class and its language (ISO 639 code). */
export interface LabelledRow {
  readonly text: string;
  readonly label: string;
  readonly language: string;
}

/** How many rows each label has. */
export function countByLabel(rows: readonly LabelledRow[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/**
 * Indices, rising, of `perLabel` rows of each label, drawn without replacement. Within a label the languages get
 * as near to equal numbers as the rows allow. The draw depends on the seed and on how many rows each label and
 * language has, so that two data sets of the same shape are drawn from alike.
 *
 * @throws RangeError when a label has fewer than `perLabel` rows.
 */
export function drawBalanced(
  rows: readonly LabelledRow[],
  labels: readonly string[],
  perLabel: number,
  seed: number,
): Int32Array {
  const drawn: number[] = [];
  for (const label of labels) {
    const byLanguage = new Map<string, number[]>();
    rows.forEach((row, index) => {
      if (row.label !== label) return;
      const indices = byLanguage.get(row.language);
      if (indices) indices.push(index);
      else byLanguage.set(row.language, [index]);
    });
    const languages = [...byLanguage.keys()].sort();
    const shares = evenShares(
      languages.map((language) => byLanguage.get(language)!.length),
      perLabel,
    );
    languages.forEach((language, i) => {
      drawn.push(...sampled(byLanguage.get(language)!, shares[i]!, seedFrom(seed, label, language)));
    });
  }
  return Int32Array.from(drawn).sort();
}

/** Splits `total` as evenly as the capacities allow; of equals, the first get the remainder. */
export function evenShares(capacities: readonly number[], total: number): number[] {
  const available = capacities.reduce((sum, capacity) => sum + capacity, 0);
  if (total > available) throw new RangeError(`${total} rows were asked of ${available}.`);
  const shares = capacities.map(() => 0);
  let left = total;
  while (left > 0) {
    const open = [...capacities.keys()].filter((i) => shares[i]! < capacities[i]!);
    const each = Math.floor(left / open.length);
    for (const i of open) {
      const share = Math.min(Math.max(each, 1), capacities[i]! - shares[i]!, left);
      shares[i]! += share;
      left -= share;
    }
  }
  return shares;
}
