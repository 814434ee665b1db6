import { characterNgrams, type NgramRange, normalizeForNgrams, wordNgrams } from "./ngrams.js";

export type NgramKind = "word" | "character";

/** How often each n-gram of one kind occurs in each text, in compressed sparse row form. */
export interface NgramBlockCounts {
  readonly kind: NgramKind;
  /** Every n-gram that occurs, in rising order of UTF-16 units; an n-gram's id is its place here. */
  readonly terms: readonly string[];
  /** `[texts + 1]` */
  readonly rowOffsets: Int32Array;
  /** `[entries]`, rising within a row. */
  readonly termIds: Int32Array;
  /** `[entries]` */
  readonly counts: Int32Array;
}

/**
 * N-gram counts of texts, computed once where many vocabularies are fitted on subsets of the same texts.
 * The order of the ids depends on the set of terms alone, never on the order of the texts.
 */
export interface NgramCounts {
  readonly texts: number;
  readonly blocks: readonly NgramBlockCounts[];
}

/** N-gram lengths for each kind; a kind that is left out is not counted. */
export interface NgramRanges {
  readonly word?: NgramRange | undefined;
  readonly character?: NgramRange | undefined;
}

/** Counts the n-grams of every text. */
export function countNgrams(texts: readonly string[], ranges: NgramRanges): NgramCounts {
  const normalized = texts.map(normalizeForNgrams);
  const blocks: NgramBlockCounts[] = [];
  const { word, character } = ranges;
  if (word) blocks.push(countBlock("word", normalized, (text) => wordNgrams(text, word)));
  if (character) {
    blocks.push(countBlock("character", normalized, (text) => characterNgrams(text, character)));
  }
  return { texts: texts.length, blocks };
}

function countBlock(
  kind: NgramKind,
  texts: readonly string[],
  ngramsOf: (text: string) => string[],
): NgramBlockCounts {
  const ids = new Map<string, number>();
  const entryOfId: number[] = [];
  const rowOffsets = new Int32Array(texts.length + 1);
  const provisionalIds: number[] = [];
  const provisionalCounts: number[] = [];
  texts.forEach((text, row) => {
    const rowStart = provisionalIds.length;
    for (const term of ngramsOf(text)) {
      let id = ids.get(term);
      if (id === undefined) {
        id = ids.size;
        ids.set(term, id);
        entryOfId.push(-1);
      }
      const entry = entryOfId[id]!;
      if (entry >= rowStart) {
        provisionalCounts[entry]!++;
      } else {
        entryOfId[id] = provisionalIds.length;
        provisionalIds.push(id);
        provisionalCounts.push(1);
      }
    }
    rowOffsets[row + 1] = provisionalIds.length;
  });

  const terms = [...ids.keys()].sort();
  const rankOfId = new Int32Array(terms.length);
  terms.forEach((term, rank) => {
    rankOfId[ids.get(term)!] = rank;
  });
  const termIds = new Int32Array(provisionalIds.length);
  const counts = new Int32Array(provisionalIds.length);
  // Rank and count share one number, so that the native numeric sort carries the count along.
  const COUNT_RANGE = 2 ** 21;
  for (let row = 0; row < texts.length; row++) {
    const start = rowOffsets[row]!;
    const end = rowOffsets[row + 1]!;
    const keys = new Float64Array(end - start);
    for (let entry = start; entry < end; entry++) {
      const count = Math.min(provisionalCounts[entry]!, COUNT_RANGE - 1);
      keys[entry - start] = rankOfId[provisionalIds[entry]!]! * COUNT_RANGE + count;
    }
    keys.sort();
    for (let entry = start; entry < end; entry++) {
      const key = keys[entry - start]!;
      termIds[entry] = Math.floor(key / COUNT_RANGE);
      counts[entry] = key % COUNT_RANGE;
    }
  }
  return { kind, terms, rowOffsets, termIds, counts };
}
