import { normalizeForNgrams } from "../classify/ngrams.js";
import { sampled, seedFrom } from "../random/seeded-random.js";

/** What rows are drawn and compared by. */
export interface DrawnRow {
  readonly text: string;
  readonly label: string | undefined;
  readonly language: string | undefined;
}

export interface DrawOptions {
  /** As many rows of each label as the rarest has, within each language. */
  readonly balance?: boolean | undefined;
  /** Most rows of each label and language. */
  readonly sample?: number | undefined;
  readonly seed: number;
}

/**
 * Rows drawn without replacement within each label and language, in their old order. A draw depends on the seed,
 * the label, the language and their rows alone, and a larger sample holds a smaller one.
 */
export function drawRows<Row extends DrawnRow>(rows: readonly Row[], options: DrawOptions): Row[] {
  const { balance = false, sample = Number.POSITIVE_INFINITY, seed } = options;
  const languages = grouped(rows.keys(), (index) => rows[index]!.language);
  const chosen = [...languages].flatMap(([language, indices]) => {
    const labels = grouped(indices, (index) => rows[index]!.label);
    const rarest = [...labels.values()].reduce((least, of) => Math.min(least, of.length), indices.length);
    const most = Math.min(sample, balance ? rarest : Number.POSITIVE_INFINITY);
    return [...labels].flatMap(([label, of]) =>
      of.length <= most ? of : sampled(of, most, seedFrom("data", seed, label, language)),
    );
  });
  return chosen.sort((a, b) => a - b).map((index) => rows[index]!);
}

function grouped(
  indices: Iterable<number>,
  nameOf: (index: number) => string | undefined,
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const index of indices) {
    const name = nameOf(index) ?? "";
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [index]);
    else group.push(index);
  }
  return groups;
}

export interface Deduplicated<Row> {
  /** The first of each. */
  readonly rows: readonly Row[];
  readonly copies: number;
  /** Copies whose label is not the first one's. */
  readonly contradictions: number;
}

/** Keeps the first of rows of one language whose texts differ in case, white space and normal form alone. */
export function deduplicate<Row extends DrawnRow>(rows: readonly Row[]): Deduplicated<Row> {
  const first = new Map<string, Row>();
  let contradictions = 0;
  for (const row of rows) {
    const key = `${row.language ?? ""}\n${normalizeForNgrams(row.text)}`;
    const known = first.get(key);
    if (known === undefined) first.set(key, row);
    else if (known.label !== row.label) contradictions += 1;
  }
  return { rows: [...first.values()], copies: rows.length - first.size, contradictions };
}
