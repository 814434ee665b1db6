import { characterNgrams, hashesOf, jaccard, ngramHashes, sharedHashes } from "./character-ngrams.js";
import { foldText } from "./fold-text.js";
import { bandsFor, minHash } from "./min-hash.js";

/** Jaccard similarity of character n-grams from which two texts are near-duplicates. */
export const NEAR_DUPLICATE_THRESHOLD = 0.8;

/** A text of an index that is alike. */
export interface NearDuplicate {
  /** Place of the text among those added, from 0. */
  readonly index: number;
  /** Jaccard similarity of the two texts' character n-grams. */
  readonly similarity: number;
}

/** Texts that later ones are compared with. What is found depends on the texts and their order alone. */
export interface NearDuplicateIndex {
  /** The most similar text at or above the threshold, of equally similar ones the first. */
  find(text: string): NearDuplicate | undefined;
  add(text: string): void;
  readonly size: number;
}

/**
 * An index of near-duplicates that grows. Candidates come from MinHash signatures in bands, which find a pair of the
 * threshold's similarity with a probability of 0.99 and more similar ones with a higher one; each is then compared
 * exactly, so that nothing below the threshold is found. Equal texts (but for letter case and white space) are
 * always found.
 *
 * @throws RangeError for a threshold outside ]0, 1].
 */
export function createNearDuplicateIndex({
  threshold = NEAR_DUPLICATE_THRESHOLD,
}: {
  readonly threshold?: number;
} = {}): NearDuplicateIndex {
  const buckets = createBuckets(threshold);
  // A text is mostly added right after nothing was found.
  let last: { readonly text: string; readonly prepared: PreparedText } | undefined;
  const prepared = (text: string): PreparedText => {
    if (last?.text !== text) last = { text, prepared: buckets.prepare(foldText(text), hashesOf(text)) };
    return last.prepared;
  };
  return {
    find(text) {
      let best: NearDuplicate | undefined;
      buckets.visit(prepared(text), (index, similarity) => {
        const first = best === undefined || similarity > best.similarity;
        if (first || (similarity === best?.similarity && index < best.index)) best = { index, similarity };
      });
      return best;
    },
    add(text) {
      buckets.add(prepared(text));
    },
    get size() {
      return buckets.size();
    },
  };
}

/** A folded text, ready to be compared. */
export interface PreparedText {
  readonly folded: string;
  readonly hashes: Uint32Array;
  /** A number for each band: texts that agree in one are compared. */
  readonly keys: Int32Array;
}

/** Texts in buckets by the bands of their signatures. */
export interface Buckets {
  /** @param hashes the text's, where they are known. */
  prepare(folded: string, hashes?: Uint32Array): PreparedText;
  add(text: PreparedText): void;
  /**
   * Calls `found` for each text at or above the threshold, in no order, with the exact similarity.
   *
   * @param skip texts that need not be compared.
   */
  visit(
    text: PreparedText,
    found: (index: number, similarity: number) => void,
    skip?: (index: number) => boolean,
  ): void;
  size(): number;
}

/**
 * What a similarity by hashes may be below the exact one. Two n-grams of a text with one hash change it, which
 * happens once in 100,000 texts; two such changes would not reach this.
 */
const HASH_SLACK = 0.03;

/**
 * Buckets of texts for one threshold.
 *
 * @throws RangeError for a threshold outside ]0, 1].
 */
export function createBuckets(threshold: number): Buckets {
  const { bands, rows } = bandsFor(threshold);
  const signatureOf = minHash(bands * rows);
  const folded: string[] = [];
  const hashes: Uint32Array[] = [];
  // A bucket is a list: its last text by band and slot, and each text's predecessor by text and band; −1 ends it.
  let capacity = 0;
  let heads = new Int32Array(0);
  let keys = new Int32Array(0);
  let before = new Int32Array(0);
  let seen = new Int32Array(0);
  let searches = 0;

  const link = (text: number): void => {
    for (let band = 0; band < bands; band++) {
      const slot = band * capacity + (keys[text * bands + band]! & (capacity - 1));
      before[text * bands + band] = heads[slot]!;
      heads[slot] = text;
    }
  };
  const grow = (): void => {
    capacity = Math.max(64, 2 * capacity);
    heads = new Int32Array(capacity * bands).fill(-1);
    before = new Int32Array(capacity * bands);
    keys = grown(keys, capacity * bands);
    seen = grown(seen, capacity);
    for (let text = 0; text < folded.length; text++) link(text);
  };

  return {
    size: () => folded.length,
    prepare(text, own = ngramHashes(text)) {
      const signature = signatureOf(own);
      const ownKeys = new Int32Array(bands);
      for (let band = 0; band < bands; band++) {
        let key = band;
        for (let row = band * rows; row < (band + 1) * rows; row++) {
          key = Math.imul(key ^ signature[row]!, 0x9e3779b1);
          key ^= key >>> 15;
        }
        ownKeys[band] = key;
      }
      return { folded: text, hashes: own, keys: ownKeys };
    },
    add(text) {
      const index = folded.length;
      if (index === capacity) grow();
      folded.push(text.folded);
      hashes.push(text.hashes);
      keys.set(text.keys, index * bands);
      link(index);
    },
    visit(text, found, skip = () => false) {
      if (folded.length === 0) return;
      searches++;
      const isCandidate = (index: number): boolean => {
        const other = hashes[index]!;
        const fewer = Math.min(text.hashes.length, other.length);
        const more = Math.max(text.hashes.length, other.length);
        if (fewer < (threshold - HASH_SLACK) * more || skip(index)) return false;
        const shared = sharedHashes(text.hashes, other);
        return shared >= (threshold - HASH_SLACK) * (fewer + more - shared);
      };
      let ngrams: Set<string> | undefined;
      for (let band = 0; band < bands; band++) {
        const key = text.keys[band]!;
        let index = heads[band * capacity + (key & (capacity - 1))]!;
        for (; index >= 0; index = before[index * bands + band]!) {
          if (seen[index] === searches || keys[index * bands + band] !== key) continue;
          seen[index] = searches;
          if (!isCandidate(index)) continue;
          ngrams ??= characterNgrams(text.folded);
          const similarity =
            text.folded === folded[index] ? 1 : jaccard(ngrams, characterNgrams(folded[index]!));
          if (similarity >= threshold) found(index, similarity);
        }
      }
    },
  };
}

function grown(values: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length);
  longer.set(values);
  return longer;
}
