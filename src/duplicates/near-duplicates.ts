import { foldText } from "./fold-text.js";
import { createBuckets, NEAR_DUPLICATE_THRESHOLD } from "./near-duplicate-index.js";

/** How near-duplicates are told. */
export interface NearDuplicateOptions {
  /** Jaccard similarity of character n-grams from which two texts are near-duplicates; default 0.8. */
  readonly threshold?: number;
}

/** Two texts that are alike, by their places; `first` is the lower one. */
export interface NearDuplicatePair {
  readonly first: number;
  readonly second: number;
  /** Jaccard similarity of the two texts' character n-grams; 1 for equal texts. */
  readonly similarity: number;
}

/**
 * All pairs of texts that are alike, ordered by their places. Candidates come from MinHash (see
 * `createNearDuplicateIndex`), which misses 1 pair in 100 of those right at the threshold and next to none above it;
 * similarities are exact. n equal texts make n (n − 1) / 2 pairs: `nearDuplicateGroups` has no such growth.
 *
 * @throws RangeError for a threshold outside ]0, 1].
 */
export function nearDuplicatePairs(
  texts: readonly string[],
  { threshold = NEAR_DUPLICATE_THRESHOLD }: NearDuplicateOptions = {},
): NearDuplicatePair[] {
  const pairs: NearDuplicatePair[] = [];
  const add = (a: number, b: number, similarity: number) =>
    pairs.push({ first: Math.min(a, b), second: Math.max(a, b), similarity });
  const buckets = createBuckets(threshold);
  const groups = equalTexts(texts);
  for (const { folded, members } of groups) {
    for (const [place, first] of members.entries()) {
      for (const second of members.slice(place + 1)) add(first, second, 1);
    }
    const prepared = buckets.prepare(folded);
    buckets.visit(prepared, (other, similarity) => {
      for (const first of groups[other]!.members)
        for (const second of members) add(first, second, similarity);
    });
    buckets.add(prepared);
  }
  return pairs.sort((a, b) => a.first - b.first || a.second - b.second);
}

/**
 * Groups of texts that are alike, directly or through others: for each text the place of its group's first text,
 * which is its own where nothing before it is alike: `[texts]`. Splits that keep a group together have no
 * near-duplicates between them, but for the few that MinHash misses.
 *
 * @throws RangeError for a threshold outside ]0, 1].
 */
export function nearDuplicateGroups(
  texts: readonly string[],
  { threshold = NEAR_DUPLICATE_THRESHOLD }: NearDuplicateOptions = {},
): Int32Array {
  const groups = equalTexts(texts);
  // A root is the lowest of its tree: different texts are numbered by their first place.
  const parents = Int32Array.from(groups, (_, group) => group);
  const rootOf = (group: number): number => {
    let root = group;
    while (parents[root] !== root) root = parents[root]!;
    for (let at = group; at !== root; ) {
      const parent = parents[at]!;
      parents[at] = root;
      at = parent;
    }
    return root;
  };
  const buckets = createBuckets(threshold);
  for (const [group, { folded }] of groups.entries()) {
    const prepared = buckets.prepare(folded);
    const join = (other: number) => {
      const [a, b] = [rootOf(group), rootOf(other)];
      parents[Math.max(a, b)] = Math.min(a, b);
    };
    buckets.visit(prepared, join, (other) => rootOf(other) === rootOf(group));
    buckets.add(prepared);
  }
  const result = new Int32Array(texts.length);
  for (const [group, { members }] of groups.entries()) {
    const first = groups[rootOf(group)]!.members[0]!;
    for (const member of members) result[member] = first;
  }
  return result;
}

/** Texts that are equal once folded, in the order of their first places. */
function equalTexts(texts: readonly string[]): { readonly folded: string; readonly members: number[] }[] {
  const places = new Map<string, number[]>();
  for (const [place, text] of texts.entries()) {
    const folded = foldText(text);
    const members = places.get(folded);
    if (members) members.push(place);
    else places.set(folded, [place]);
  }
  return Array.from(places, ([folded, members]) => ({ folded, members }));
}
