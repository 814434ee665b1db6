/**
 * The known key that an unknown one was probably meant to be: equal but for case, dashes and underscores, or
 * at most a third of its letters away (and at least two) by edit distance with swaps.
 * @returns undefined if no key is near.
 */
export function nearestKey(found: string, known: readonly string[]): string | undefined {
  const target = plain(found);
  if (target === "" || target.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(target.length / 3)) + 1;
  for (const key of known) {
    const candidate = plain(key);
    const distance = editDistance(target, candidate);
    // Two edits turn any two-letter word into any other.
    if (distance < bestDistance && distance < Math.min(target.length, candidate.length)) {
      best = key;
      bestDistance = distance;
    }
  }
  return best;
}

function plain(key: string): string {
  return key.toLowerCase().replace(/[-_\s]/g, "");
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, substitution);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, beforeLast[column - 2]! + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
