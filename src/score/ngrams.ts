/** The n-grams of texts: equal n-grams have equal numbers. */
export interface Ngrams {
  readonly n: number;
  /** Number of the n-gram that begins at each word; −1 where it would cross its text's end: `[words]`. */
  readonly ids: Int32Array;
  /** Different n-grams: the numbers are below it. */
  readonly distinct: number;
}

/**
 * The n-grams of texts for n from 1 to `longest`. An n-gram is the pair of the (n−1)-gram that it begins with and its
 * last word, so that each length costs one look-up a word, and no two n-grams are ever taken for one.
 *
 * @param texts word numbers of one text after the other, where each text begins (and the last one ends), and how
 *   many different words there are.
 */
export function ngramsOf(
  texts: { readonly words: Int32Array; readonly starts: Int32Array; readonly vocabulary: number },
  longest: number,
): Ngrams[] {
  const { words, starts } = texts;
  const levels: Ngrams[] = [{ n: 1, ids: words, distinct: texts.vocabulary }];
  // At most half full, so that a look-up ends after a step or two.
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * Math.max(1, words.length))));
  const mask = slots.length - 1;
  const firsts = new Int32Array(words.length);
  const lasts = new Int32Array(words.length);
  for (let n = 2; n <= longest; n++) {
    const shorter = levels[n - 2]!.ids;
    const ids = new Int32Array(words.length).fill(-1);
    slots.fill(0);
    let distinct = 0;
    for (let text = 0; text + 1 < starts.length; text++) {
      const end = starts[text + 1]! - n;
      for (let i = starts[text]!; i <= end; i++) {
        const first = shorter[i]!;
        const last = words[i + n - 1]!;
        let slot = mixed(first, last) & mask;
        let id = slots[slot]! - 1;
        while (id >= 0 && (firsts[id] !== first || lasts[id] !== last)) {
          slot = (slot + 1) & mask;
          id = slots[slot]! - 1;
        }
        if (id < 0) {
          id = distinct++;
          firsts[id] = first;
          lasts[id] = last;
          slots[slot] = id + 1;
        }
        ids[i] = id;
      }
    }
    levels.push({ n, ids, distinct });
  }
  return levels;
}

/** 32 well-mixed bits of two integers. */
export function mixed(a: number, b: number): number {
  let bits = Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x165667b1, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return bits ^ (bits >>> 13);
}
