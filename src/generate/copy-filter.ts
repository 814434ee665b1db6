import { createContainmentIndex } from "../duplicates/containment-index.js";
import { words } from "../language/words.js";
import { BETWEEN_TEXTS, commonRuns } from "../score/common-runs.js";

/** Words in a row that make a copy, whatever the rest of the text says. */
const COPIED_RUN = 20;
/** A word that no source has: it stands in no run. */
const UNKNOWN = -2;

/** Tells whether a text, of which the words are given as `words` gives them, copies one of the sources. */
export type CopyFilter = (text: string, words: readonly string[]) => boolean;

// A run's filters are made anew for each configuration, and all compare with the same texts.
const known = new WeakMap<readonly string[], Map<number, CopyFilter>>();

/**
 * A filter for copies of `sources`: a text is a copy if it and a source are contained in each other by the share
 * `threshold` of the smaller one's character n-grams (see `createContainmentIndex`), or if it has twenty words in a row
 * that a source has. The second finds a passage of a long text. Asked again for the same array it gives the same
 * filter, so the array must not change.
 *
 * @throws RangeError for a threshold outside ]0, 1].
 */
export function copyFilter(sources: readonly string[], threshold: number): CopyFilter {
  const made = known.get(sources) ?? new Map<number, CopyFilter>();
  known.set(sources, made);
  const filter = made.get(threshold) ?? createCopyFilter(sources, threshold);
  made.set(threshold, filter);
  return filter;
}

function createCopyFilter(sources: readonly string[], threshold: number): CopyFilter {
  const index = createContainmentIndex(sources, threshold);
  const numbers = new Map<string, number>();
  const source = sources.flatMap((text) => {
    const own = words(text);
    if (own.length < COPIED_RUN) return [];
    for (const word of own) if (!numbers.has(word)) numbers.set(word, numbers.size);
    return [...own.map((word) => numbers.get(word)!), BETWEEN_TEXTS];
  });
  const runsOf = commonRuns(Int32Array.from(source));
  return (text, own) => {
    if (index.find(text) !== undefined) return true;
    if (own.length < COPIED_RUN || source.length === 0) return false;
    const runs = runsOf(Int32Array.from(own, (word) => numbers.get(word) ?? UNKNOWN));
    return runs.some((run) => run >= COPIED_RUN);
  };
}
