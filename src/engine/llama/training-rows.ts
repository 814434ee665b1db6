import { shuffled } from "../../random/seeded-random.js";

/** Tokens that the model reads, the token that should follow each of them, and whether that one counts. */
export interface TrainingItem {
  readonly tokens: Int32Array;
  /** The next token of the text; 0 where it does not count. */
  readonly labels: Int32Array;
  /** 1 where the label counts: in the loss, and in what is learned. */
  readonly counted: Uint8Array;
}

/**
 * A whole text as an item. The tokens behind `promptLength` count as labels, and of a text without a prompt all
 * but the first, which nothing foretells.
 *
 * @param promptLength tokens that are read and not learned
 */
export function trainingItem(tokens: Int32Array, promptLength: number): TrainingItem {
  const labels = new Int32Array(tokens.length);
  const counted = new Uint8Array(tokens.length);
  for (let i = Math.max(0, promptLength - 1); i + 1 < tokens.length; i++) {
    labels[i] = tokens[i + 1]!;
    counted[i] = 1;
  }
  return { tokens, labels, counted };
}

/** Number of labels that count. */
export function countedLabels(items: readonly TrainingItem[]): number {
  return items.reduce((sum, item) => sum + item.counted.reduce((count, one) => count + one, 0), 0);
}

/** The item in pieces of at most `length` tokens. No label is lost where it is cut. */
export function splitItem({ tokens, labels, counted }: TrainingItem, length: number): TrainingItem[] {
  const pieces: TrainingItem[] = [];
  for (let start = 0; start < tokens.length; start += length) {
    const end = start + length;
    const piece = {
      tokens: tokens.slice(start, end),
      labels: labels.slice(start, end),
      counted: counted.slice(start, end),
    };
    if (piece.counted.includes(1)) pieces.push(piece);
  }
  return pieces;
}

/** Rows that are still looked at for room: more would save little and cost time. */
const OPEN_ROWS = 16;

/**
 * Packs items into rows of `length` tokens, each whole in the first of the last 16 rows that has room for it. What
 * is left of a row is filled with token 0, which does not count; attention looks back only, so that nothing sees it.
 * Items of one row do see those before them.
 *
 * @throws RangeError if an item is longer than a row.
 */
export function packRows(items: readonly TrainingItem[], length: number): TrainingItem[] {
  const rows: TrainingItem[] = [];
  const used: number[] = [];
  for (const item of items) {
    if (item.tokens.length > length) {
      throw new RangeError(`An item of ${item.tokens.length} tokens does not fit into a row of ${length}.`);
    }
    let at = Math.max(0, rows.length - OPEN_ROWS);
    while (at < rows.length && used[at]! + item.tokens.length > length) at += 1;
    if (at === rows.length) {
      rows.push({
        tokens: new Int32Array(length),
        labels: new Int32Array(length),
        counted: new Uint8Array(length),
      });
      used.push(0);
    }
    const row = rows[at]!;
    const start = used[at]!;
    row.tokens.set(item.tokens, start);
    row.labels.set(item.labels, start);
    row.counted.set(item.counted, start);
    used[at] = start + item.tokens.length;
  }
  return rows;
}

/** Rows of an epoch: the items in an order of their own, packed. `seed` is the epoch's. */
export function epochRows(items: readonly TrainingItem[], length: number, seed: number): TrainingItem[] {
  return packRows(shuffled(items, seed), length);
}
