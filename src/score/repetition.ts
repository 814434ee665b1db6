/**
 * The share of a text's n-grams that repeat an earlier one: 1 − distinct n-grams / n-grams, from 0 to almost 1.
 * 0 for a text with fewer than n + 1 words, in which nothing can repeat. As rep-n of Welleck et al. 2020
 * ("Neural Text Generation with Unlikelihood Training"), without the factor 100.
 *
 * @param tokens a text's words in order.
 */
export function repetition(tokens: readonly string[], n = 3): number {
  const total = tokens.length - n + 1;
  if (total < 2) return 0;
  const seen = new Set<string>();
  // U+0000 cannot stand inside a word, so that different n-grams never join to the same string.
  for (let i = 0; i < total; i++) seen.add(tokens.slice(i, i + n).join("\0"));
  return 1 - seen.size / total;
}

/** How `loopRate` tells a loop. */
export interface LoopOptions {
  /** Words of the n-grams that are counted; default 3. */
  readonly n?: number;
  /** A text loops when more than this share of its n-grams repeat; default 0.3. */
  readonly threshold?: number;
}

/**
 * The share of texts that loop, which is that more than `threshold` of their n-grams repeat an earlier one;
 * undefined for no texts.
 */
export function loopRate(
  tokenized: readonly (readonly string[])[],
  { n = 3, threshold = 0.3 }: LoopOptions = {},
): number | undefined {
  if (tokenized.length === 0) return undefined;
  return tokenized.filter((tokens) => repetition(tokens, n) > threshold).length / tokenized.length;
}
