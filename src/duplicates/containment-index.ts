import { hashesOf, sharedHashes } from "./character-ngrams.js";

/**
 * N-grams that the smaller text counts for at least, unless the larger has fewer: "Very good." within a review is no
 * copy of another text.
 */
const FEWEST_NGRAMS = 20;

const HASHES = 2 ** 32;
/** Two million places and a 32-bit hash are together still exact in a double. */
const PLACES = 2 ** 21;

/** A text that shares much with the one that was asked about. */
export interface Containment {
  /** Place of the text among those of the index. */
  readonly index: number;
  /** Shared n-grams, as a share of those of the smaller text. */
  readonly share: number;
}

/** Texts of which later ones may be copies, wholly or in part. */
export interface ContainmentIndex {
  /** The text that shares most with the given one, at or above the threshold; of equal shares the first. */
  find(text: string): Containment | undefined;
}

/**
 * Finds texts that are contained in each other: the overlap coefficient of their character n-grams, |A ∩ B| ÷
 * min(|A|, |B|), is at or above a threshold. The smaller text counts for at least 20 n-grams, or as many as the larger
 * has, so that a common phrase within a text is no copy of one that is nothing but the phrase.
 *
 * None is missed: of a text with n n-grams that must share s, any n − s + 1 n-grams hold a shared one (the prefix
 * filter of Chaudhuri, Ganti and Kaushik 2006), and the rarest of them are looked up. N-grams are compared by 32-bit
 * hashes.
 *
 * @throws RangeError for a threshold outside ]0, 1], or for more than two million texts.
 */
export function createContainmentIndex(texts: readonly string[], threshold: number): ContainmentIndex {
  if (!(threshold > 0 && threshold <= 1)) {
    throw new RangeError(`A threshold of containment is above 0 and at most 1, not ${threshold}.`);
  }
  const sets = texts.map(hashesOf);
  const holders = createPostings(sets);
  const rarestOf = (set: Uint32Array): Uint32Array => {
    // Rounding must not ask for one more than the threshold does: 0.55 * 20 is a hair above 11.
    const needed = Math.ceil(threshold * set.length - 1e-9);
    const byCount = Float64Array.from(set, (hash) => holders.count(hash) * HASHES + hash).sort();
    return Uint32Array.from(byCount.subarray(0, set.length - needed + 1), (key) => key % HASHES);
  };
  // Texts that are smaller than the one asked about must have one of their own rarest n-grams in it.
  const rareHolders = createPostings(sets.map(rarestOf));
  return {
    find(text) {
      const set = hashesOf(text);
      const candidates = new Set<number>();
      for (const hash of rarestOf(set)) holders.addTo(candidates, hash);
      for (const hash of set) rareHolders.addTo(candidates, hash);
      let best: Containment | undefined;
      for (const index of candidates) {
        const other = sets[index]!;
        const larger = Math.max(set.length, other.length);
        const smaller = Math.max(Math.min(set.length, other.length), Math.min(FEWEST_NGRAMS, larger));
        const share = sharedHashes(set, other) / smaller;
        if (share < threshold) continue;
        const better = best === undefined || share > best.share;
        if (better || (share === best?.share && index < best.index)) best = { index, share };
      }
      return best;
    },
  };
}

/** Which sets hold a hash. */
interface Postings {
  /** How many sets do. */
  count(hash: number): number;
  /** Adds their places. */
  addTo(places: Set<number>, hash: number): void;
}

function createPostings(sets: readonly Uint32Array[]): Postings {
  if (sets.length > PLACES) throw new RangeError(`At most ${PLACES} texts can be compared with.`);
  const pairs = new Float64Array(sets.reduce((sum, set) => sum + set.length, 0));
  let at = 0;
  for (const [place, set] of sets.entries()) for (const hash of set) pairs[at++] = hash * PLACES + place;
  pairs.sort();
  // The places of hash number k stand from starts[k] to starts[k + 1].
  const places = Int32Array.from(pairs, (pair) => pair % PLACES);
  const hashes = new Uint32Array(pairs.length);
  const starts = new Int32Array(pairs.length + 1);
  let distinct = 0;
  for (const [i, pair] of pairs.entries()) {
    const hash = Math.floor(pair / PLACES);
    if (distinct > 0 && hashes[distinct - 1] === hash) continue;
    hashes[distinct] = hash;
    starts[distinct++] = i;
  }
  starts[distinct] = pairs.length;
  // Hashes are spread evenly, so that few share their first bits; by these the first hash from there on is found.
  const bits = Math.max(1, Math.min(24, Math.ceil(Math.log2(distinct + 1))));
  const firsts = new Int32Array(2 ** bits);
  for (let prefix = 0, k = 0; prefix < firsts.length; prefix++) {
    while (k < distinct && hashes[k]! >>> (32 - bits) < prefix) k++;
    firsts[prefix] = k;
  }
  const numberOf = (hash: number): number => {
    let k = firsts[hash >>> (32 - bits)]!;
    while (k < distinct && hashes[k]! < hash) k++;
    return k < distinct && hashes[k] === hash ? k : -1;
  };
  return {
    count(hash) {
      const k = numberOf(hash);
      return k < 0 ? 0 : starts[k + 1]! - starts[k]!;
    },
    addTo(found, hash) {
      const k = numberOf(hash);
      if (k >= 0) for (let i = starts[k]!; i < starts[k + 1]!; i++) found.add(places[i]!);
    },
  };
}
