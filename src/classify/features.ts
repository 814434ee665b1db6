import { RecipeError } from "../errors.js";
import { countNgrams, type NgramBlockCounts, type NgramCounts, type NgramKind } from "./ngram-counts.js";
import type { NgramRange } from "./ngrams.js";
import type { SparseMatrix } from "./sparse-matrix.js";

export interface NgramFeatureOptions {
  /** Lengths of word n-grams; `false` for none. Default 1 to 2. */
  readonly wordNgrams?: NgramRange | false | undefined;
  /** Lengths of character n-grams, in code points; `false` for none. Default 1 to 4. */
  readonly characterNgrams?: NgramRange | false | undefined;
  /** Leave out n-grams that fewer texts have. Default 1. */
  readonly minDocumentFrequency?: number | undefined;
  /** Most n-grams of each kind: those that the most texts have, ties in order of UTF-16 units. Default 30,000. */
  readonly maxFeatures?: number | undefined;
}

/** The vocabulary of one kind of n-gram. */
export interface NgramVocabulary {
  readonly kind: NgramKind;
  readonly range: NgramRange;
  /** In rising order of UTF-16 units. */
  readonly terms: readonly string[];
  /** `[terms]`: how many of the fitted texts have the term. */
  readonly documentFrequencies: Int32Array;
}

/** Fitted features: plain data. Columns are the words' terms, then the characters'. */
export interface NgramFeatures {
  /** How many texts the vocabularies were fitted on. */
  readonly documents: number;
  readonly vocabularies: readonly NgramVocabulary[];
}

/** The lengths to count under these options, defaults filled in and checked. */
export function ngramRanges(options: NgramFeatureOptions = {}): {
  word: NgramRange | undefined;
  character: NgramRange | undefined;
} {
  const word = options.wordNgrams === false ? undefined : (options.wordNgrams ?? { minimum: 1, maximum: 2 });
  const character =
    options.characterNgrams === false ? undefined : (options.characterNgrams ?? { minimum: 1, maximum: 4 });
  if (!word && !character) {
    throw new RecipeError("Text features need word n-grams or character n-grams; both are switched off.");
  }
  for (const [name, range] of [
    ["wordNgrams", word],
    ["characterNgrams", character],
  ] as const) {
    if (!range) continue;
    const { minimum, maximum } = range;
    if (!Number.isInteger(minimum) || !Number.isInteger(maximum) || minimum < 1 || maximum < minimum) {
      throw new RecipeError(
        `${name} must run from 1 or more to no less than its minimum, in whole numbers; it is ${minimum} to ${maximum}.`,
      );
    }
  }
  return { word, character };
}

/**
 * Chooses the n-grams to count and learns their document frequencies. Case, Unicode form (NFC) and white space
 * do not matter; character n-grams stay within white-space-separated tokens (scikit-learn's `char_wb`).
 *
 * @throws RecipeError for impossible options, or no texts.
 */
export function fitNgramFeatures(texts: readonly string[], options: NgramFeatureOptions = {}): NgramFeatures {
  return fitNgramCounts(countNgrams(texts, ngramRanges(options)), undefined, options);
}

/**
 * {@link fitNgramFeatures} on counted texts. `rows` selects texts by index (default: all). `counts` must have
 * been made with {@link ngramRanges} of the same options.
 */
export function fitNgramCounts(
  counts: NgramCounts,
  rows: ArrayLike<number> | undefined,
  options: NgramFeatureOptions = {},
): NgramFeatures {
  const ranges = ngramRanges(options);
  const minimum = options.minDocumentFrequency ?? 1;
  const maximum = options.maxFeatures ?? 30_000;
  for (const [name, value] of [
    ["minDocumentFrequency", minimum],
    ["maxFeatures", maximum],
  ] as const) {
    if (!(value >= 1)) throw new RecipeError(`${name} must be 1 or more; it is ${value}.`);
  }
  const documents = rows?.length ?? counts.texts;
  if (documents === 0) throw new RecipeError("Text features cannot be fitted on no texts at all.");
  const selected = rows ?? Array.from({ length: counts.texts }, (_, row) => row);
  const vocabularies = counts.blocks.map((block): NgramVocabulary => {
    const frequencies = documentFrequencies(block, selected);
    const ids = mostFrequent(frequencies, minimum, maximum);
    return {
      kind: block.kind,
      range: ranges[block.kind]!,
      terms: Array.from(ids, (id) => block.terms[id]!),
      documentFrequencies: Int32Array.from(ids, (id) => frequencies[id]!),
    };
  });
  return { documents, vocabularies };
}

/** `[texts][columns]`: the tf-idf rows of texts. See {@link transformCounts}. */
export function transformTexts(features: NgramFeatures, texts: readonly string[]): SparseMatrix {
  const ranges: Partial<Record<NgramKind, NgramRange>> = {};
  for (const { kind, range } of features.vocabularies) ranges[kind] = range;
  return transformCounts(features, countNgrams(texts, ranges));
}

/**
 * `[rows][columns]`: (1 + ln tf) · (ln((1 + n) / (1 + df)) + 1), each kind's block of a row divided by its
 * Euclidean norm; what scikit-learn's `TfidfVectorizer(sublinear_tf=True)` computes for each kind, side by side.
 * A text without a known n-gram gets zeros.
 */
export function transformCounts(
  features: NgramFeatures,
  counts: NgramCounts,
  rows?: ArrayLike<number>,
): SparseMatrix {
  const selected = rows ?? Array.from({ length: counts.texts }, (_, row) => row);
  const length = selected.length;
  const blocks = features.vocabularies.map((vocabulary) => {
    const block = counts.blocks.find(({ kind }) => kind === vocabulary.kind)!;
    return { block, columns: columnsOfTerms(block.terms, vocabulary.terms), idf: idf(features, vocabulary) };
  });
  let capacity = 0;
  for (const { block } of blocks) {
    for (let i = 0; i < length; i++) {
      capacity += block.rowOffsets[selected[i]! + 1]! - block.rowOffsets[selected[i]!]!;
    }
  }
  const rowOffsets = new Int32Array(length + 1);
  const columnIndices = new Int32Array(capacity);
  const values = new Float64Array(capacity);
  let entries = 0;
  for (let i = 0; i < length; i++) {
    const row = selected[i]!;
    let firstColumn = 0;
    for (const { block, columns, idf } of blocks) {
      const blockStart = entries;
      let squares = 0;
      for (let entry = block.rowOffsets[row]!; entry < block.rowOffsets[row + 1]!; entry++) {
        const column = columns[block.termIds[entry]!]!;
        if (column < 0) continue;
        const value = (1 + Math.log(block.counts[entry]!)) * idf[column]!;
        columnIndices[entries] = firstColumn + column;
        values[entries] = value;
        squares += value * value;
        entries++;
      }
      const norm = Math.sqrt(squares);
      for (let entry = blockStart; entry < entries; entry++) values[entry]! /= norm;
      firstColumn += idf.length;
    }
    rowOffsets[i + 1] = entries;
  }
  return {
    rows: length,
    columns: blocks.reduce((sum, { idf }) => sum + idf.length, 0),
    rowOffsets,
    columnIndices: columnIndices.slice(0, entries),
    values: values.slice(0, entries),
  };
}

function idf(features: NgramFeatures, vocabulary: NgramVocabulary): Float64Array {
  return Float64Array.from(
    vocabulary.documentFrequencies,
    (frequency) => Math.log((1 + features.documents) / (1 + frequency)) + 1,
  );
}

function documentFrequencies(block: NgramBlockCounts, rows: ArrayLike<number>): Int32Array {
  const frequencies = new Int32Array(block.terms.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    for (let entry = block.rowOffsets[row]!; entry < block.rowOffsets[row + 1]!; entry++) {
      frequencies[block.termIds[entry]!]!++;
    }
  }
  return frequencies;
}

/** Ids, rising, of the `maximum` most frequent terms that reach `minimum`; of equals, the lower ids. */
function mostFrequent(frequencies: Int32Array, minimum: number, maximum: number): Int32Array {
  const ids: number[] = [];
  for (let id = 0; id < frequencies.length; id++) if (frequencies[id]! >= minimum) ids.push(id);
  if (ids.length > maximum) {
    ids.sort((a, b) => frequencies[b]! - frequencies[a]! || a - b);
    ids.length = Math.floor(maximum);
  }
  return Int32Array.from(ids).sort();
}

/** For each of `terms` its place in `vocabulary`, or -1. Both are in rising order. */
function columnsOfTerms(terms: readonly string[], vocabulary: readonly string[]): Int32Array {
  const columns = new Int32Array(terms.length).fill(-1);
  let column = 0;
  for (let id = 0; id < terms.length; id++) {
    const term = terms[id]!;
    while (column < vocabulary.length && vocabulary[column]! < term) column++;
    if (vocabulary[column] === term) columns[id] = column;
  }
  return columns;
}
