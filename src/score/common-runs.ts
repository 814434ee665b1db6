import { mixed } from "./ngrams.js";

/** What stands between texts: no word has this number, so that no run crosses it. */
export const BETWEEN_TEXTS = -1;

/**
 * Finds runs of words that a text has in common with `source`: a suffix automaton of the source (Blumer et al. 1985),
 * built and used in time that grows with the number of words, with no limit on a run's length.
 *
 * @param source word numbers of all source texts, with `BETWEEN_TEXTS` between them; words that no text can have may
 *   have that number too.
 * @returns a function that gives, for each word of a text, how long the longest run is that ends with it and occurs in
 *   the source: 0 for a word that the source lacks.
 */
export function commonRuns(source: Int32Array): (words: Int32Array) => Int32Array {
  const states = 2 * source.length + 1;
  const longest = new Int32Array(states);
  const link = new Int32Array(states);
  // Transitions, at most three a word, are numbered from 1, and those of a state are a list: 0 ends it.
  const transitions = 3 * source.length + 2;
  const from = new Int32Array(transitions);
  const symbol = new Int32Array(transitions);
  const to = new Int32Array(transitions);
  const next = new Int32Array(transitions);
  const first = new Int32Array(states);
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * transitions)));
  const mask = slots.length - 1;
  let stateCount = 1;
  let transitionCount = 0;
  link[0] = -1;

  const find = (state: number, word: number): number => {
    let slot = mixed(state, word) & mask;
    let found = slots[slot]!;
    while (found !== 0 && (from[found] !== state || symbol[found] !== word)) {
      slot = (slot + 1) & mask;
      found = slots[slot]!;
    }
    return found;
  };
  const add = (state: number, word: number, target: number): void => {
    let slot = mixed(state, word) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    const transition = ++transitionCount;
    slots[slot] = transition;
    from[transition] = state;
    symbol[transition] = word;
    to[transition] = target;
    next[transition] = first[state]!;
    first[state] = transition;
  };

  let last = 0;
  for (const word of source) {
    const current = stateCount++;
    longest[current] = longest[last]! + 1;
    let state = last;
    while (state !== -1 && find(state, word) === 0) {
      add(state, word, current);
      state = link[state]!;
    }
    if (state !== -1) {
      const target = to[find(state, word)]!;
      if (longest[target] === longest[state]! + 1) link[current] = target;
      else {
        const clone = stateCount++;
        longest[clone] = longest[state]! + 1;
        link[clone] = link[target]!;
        for (let t = first[target]!; t !== 0; t = next[t]!) add(clone, symbol[t]!, to[t]!);
        while (state !== -1) {
          const transition = find(state, word);
          if (to[transition] !== target) break;
          to[transition] = clone;
          state = link[state]!;
        }
        link[target] = clone;
        link[current] = clone;
      }
    }
    last = current;
  }

  return (words) => {
    const lengths = new Int32Array(words.length);
    let state = 0;
    let length = 0;
    for (const [i, word] of words.entries()) {
      let transition = find(state, word);
      while (transition === 0 && state !== 0) {
        state = link[state]!;
        length = longest[state]!;
        transition = find(state, word);
      }
      if (transition !== 0) {
        state = to[transition]!;
        length++;
      }
      lengths[i] = length;
    }
    return lengths;
  };
}
