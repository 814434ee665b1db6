import * as zlib from "node:zlib";
import { TillerError } from "../errors.js";
import { randomGenerator, shuffleInPlace } from "../random/seeded-random.js";
import { mean } from "./statistics.js";

/** How texts are drawn for a measure that must see the same amount of every set. */
export interface DrawOptions {
  /** How much to look at: words for `distinctN`, UTF-8 bytes for `compressionRatio`. At least 1. */
  readonly budget: number;
  /** From 0 to 2³² − 1. */
  readonly seed: number;
  /** Draws that the value is the mean of; default 10. */
  readonly draws?: number;
}

/** How texts are drawn and compressed. */
export interface CompressionOptions extends DrawOptions {
  /** Default gzip, at its highest level. */
  readonly format?: CompressionFormat;
}

/** zstd needs Node 22.15 or later. */
export type CompressionFormat = "gzip" | "zstd";

/** A measure at a budget. */
export interface AtBudget {
  /** Undefined when the set is smaller than the budget, or has nothing to count. */
  readonly value: number | undefined;
  /** What the whole set has: words for `distinctN`, UTF-8 bytes for `compressionRatio`. */
  readonly size: number;
  readonly budgetReached: boolean;
}

/**
 * Distinct-n (Li et al. 2016) at an equal budget of words: distinct n-grams / n-grams, over texts drawn in random
 * order until `budget` words and cut to exactly that; the mean over `draws` draws. The plain ratio falls with the
 * size of a set, so that sets compare only at the same budget. An n-gram never crosses a text's end.
 * The order in which texts are given does not matter.
 *
 * @param tokenized the words of each text.
 * @returns from 1/budget to 1, higher is more diverse; undefined, never 0, for a set below the budget
 *   or without any n-gram.
 */
export function distinctN(
  tokenized: readonly (readonly string[])[],
  n: number,
  options: DrawOptions,
): AtBudget {
  checkBudget(options);
  const texts = tokenized.filter((tokens) => tokens.length > 0);
  const size = texts.reduce((sum, tokens) => sum + tokens.length, 0);
  if (size < options.budget) return { value: undefined, size, budgetReached: false };
  const values: number[] = [];
  forEachDraw(
    texts,
    (tokens) => tokens.join("\0"),
    options,
    (drawn) => {
      const seen = new Set<string>();
      let total = 0;
      let left = options.budget;
      for (const tokens of drawn) {
        if (left === 0) break;
        const taken = Math.min(left, tokens.length);
        left -= taken;
        for (let i = 0; i + n <= taken; i++) {
          seen.add(tokens.slice(i, i + n).join("\0"));
          total++;
        }
      }
      if (total > 0) values.push(seen.size / total);
    },
  );
  return { value: mean(values), size, budgetReached: true };
}

/**
 * The moving-average type-token ratio (Covington and McFall 2010): the mean over every window of `window` successive
 * words of its distinct words / words. Unlike the type-token ratio it does not fall with a text's length.
 * A text shorter than the window has its plain type-token ratio, which is higher the shorter it is.
 *
 * @param tokens a text's words, or their numbers, in order.
 * @returns from 1/window to 1, higher is more diverse; undefined for no words.
 */
export function mattr(tokens: readonly string[] | Int32Array, window: number): number | undefined {
  if (!Number.isInteger(window) || window < 1) {
    throw new TillerError(`MATTR needs a window of one word or more, not ${window}.`);
  }
  if (tokens.length === 0) return undefined;
  if (tokens.length <= window) return new Set<string | number>(tokens).size / tokens.length;
  const counts = new Map<string | number, number>();
  let types = 0;
  for (let i = 0; i < tokens.length; i++) {
    const count = counts.get(tokens[i]!) ?? 0;
    counts.set(tokens[i]!, count + 1);
    if (i < window) {
      types = counts.size;
      continue;
    }
    const leaving = tokens[i - window]!;
    const remaining = counts.get(leaving)! - 1;
    if (remaining === 0) counts.delete(leaving);
    else counts.set(leaving, remaining);
    types += counts.size;
  }
  return types / (window * (tokens.length - window + 1));
}

/**
 * The compression ratio of a set: compressed bytes / bytes of UTF-8, over texts drawn in random order, joined by line
 * breaks and cut to exactly `budget` bytes; the mean over `draws` draws. **Lower is more redundant.** It sees
 * near-copies and templates that n-grams miss. Scripts of several bytes a letter compress better, so that it only
 * compares sets of one language. gzip looks back 32 KiB, so that larger budgets add nothing; zstd looks back over
 * megabytes. The size can differ by some bytes between versions of zlib and zstd. The order in which texts are given
 * does not matter.
 *
 * @returns above 0, and a little above 1 for a few bytes; undefined for a set below the budget.
 * @throws TillerError for zstd where this Node has none.
 */
export function compressionRatio(texts: readonly string[], options: CompressionOptions): AtBudget {
  checkBudget(options);
  const compress = compressor(options.format ?? "gzip");
  if (compress === undefined) {
    throw new TillerError(`Node ${process.versions.node} has no zstd. Use Node 22.15 or later, or gzip.`);
  }
  const encoder = new TextEncoder();
  const filled = texts.filter((text) => text.length > 0);
  const size = joinedBytes(filled);
  if (size < options.budget) return { value: undefined, size, budgetReached: false };
  const values: number[] = [];
  forEachDraw(
    filled,
    (text) => text,
    options,
    (drawn) => {
      const bytes = new Uint8Array(options.budget);
      let used = 0;
      for (const [i, text] of drawn.entries()) {
        if (used === bytes.length) break;
        if (i > 0) bytes[used++] = 0x0a;
        const encoded = encoder.encode(text).subarray(0, bytes.length - used);
        bytes.set(encoded, used);
        used += encoded.length;
      }
      values.push(compress(bytes).length / bytes.length);
    },
  );
  return { value: mean(values), size, budgetReached: true };
}

/** Whether this Node has the format. */
export function canCompress(format: CompressionFormat): boolean {
  return compressor(format) !== undefined;
}

/** zstd's parameter for its level, as in zstd.h. */
const ZSTD_COMPRESSION_LEVEL = 100;

function compressor(format: CompressionFormat): ((bytes: Uint8Array) => Uint8Array) | undefined {
  if (format === "gzip") return (bytes) => zlib.gzipSync(bytes, { level: 9 });
  // Node 20 and its types lack it.
  const { zstdCompressSync } = zlib as {
    readonly zstdCompressSync?: (
      bytes: Uint8Array,
      options: { readonly params: Readonly<Record<number, number>> },
    ) => Uint8Array;
  };
  return (
    zstdCompressSync && ((bytes) => zstdCompressSync(bytes, { params: { [ZSTD_COMPRESSION_LEVEL]: 12 } }))
  );
}

/** UTF-8 bytes of the texts that are not empty, joined by line breaks, as `compressionRatio` sees them. */
export function joinedBytes(texts: readonly string[]): number {
  let bytes = 0;
  for (const text of texts) if (text.length > 0) bytes += Buffer.byteLength(text) + (bytes > 0 ? 1 : 0);
  return bytes;
}

function forEachDraw<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { seed, draws = 10 }: DrawOptions,
  visit: (drawn: readonly T[]) => void,
): void {
  // Sorted by content first: a set has no order, and its diversity must not depend on one.
  const sorted = items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ item }) => item);
  const random = randomGenerator(seed);
  for (let draw = 0; draw < draws; draw++) visit(shuffleInPlace([...sorted], random));
}

function checkBudget({ budget, draws = 10 }: DrawOptions): void {
  if (!Number.isInteger(budget) || budget < 1 || !Number.isInteger(draws) || draws < 1) {
    throw new TillerError(
      `Diversity needs a budget and a number of draws of 1 or more, not ${budget} and ${draws}.`,
    );
  }
}
