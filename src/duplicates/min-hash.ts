/** How a signature is cut into bands: two texts are compared when all numbers of a band agree. */
export interface Bands {
  readonly bands: number;
  /** Numbers of a band. */
  readonly rows: number;
}

/** Numbers of a signature at most: more rows a band mean fewer needless comparisons and a longer signature. */
const LONGEST_SIGNATURE = 256;
const MOST_ROWS = 16;

/**
 * The banding that finds a pair of a similarity with at least the given probability, 1 − (1 − sʳ)ᵇ for b bands of r
 * rows (Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", section 3.4), and more similar pairs with a
 * higher one. Of those of at most 256 numbers, the one with the most rows.
 *
 * @throws RangeError for a similarity outside ]0, 1].
 */
export function bandsFor(similarity: number, recall = 0.99): Bands {
  if (!(similarity > 0 && similarity <= 1)) {
    throw new RangeError(`A threshold of similarity is above 0 and at most 1, not ${similarity}.`);
  }
  for (let rows = MOST_ROWS; ; rows--) {
    const bands = Math.max(1, Math.ceil(Math.log(1 - recall) / Math.log1p(-(similarity ** rows))));
    if (rows === 1 || bands * rows <= LONGEST_SIGNATURE) return { bands, rows };
  }
}

/** The finalizer of MurmurHash3 (Austin Appleby): 32 well-mixed bits of an integer. */
function mix(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/**
 * MinHash (Broder 1997): the share of equal numbers in two signatures estimates the Jaccard similarity of two sets.
 * Number k is the least of (x ⊕ mix(2k + 1)) · (mix(2k + 2) | 1) over the set's items x, as a signed 32-bit integer. The
 * functions are the same in every run.
 *
 * @param length numbers of a signature.
 * @returns a function from the items of a set, 32 well-mixed bits each, to `[length]`.
 */
export function minHash(length: number): (items: Uint32Array) => Int32Array {
  const masks = Int32Array.from({ length }, (_, k) => mix(2 * k + 1));
  const factors = Int32Array.from({ length }, (_, k) => mix(2 * k + 2) | 1);
  return (items) => {
    const signature = new Int32Array(length);
    for (let k = 0; k < length; k++) {
      const mask = masks[k]!;
      const factor = factors[k]!;
      let least = 0x7fffffff;
      for (let i = 0; i < items.length; i++) {
        const hash = Math.imul(items[i]! ^ mask, factor);
        if (hash < least) least = hash;
      }
      signature[k] = least;
    }
    return signature;
  };
}
