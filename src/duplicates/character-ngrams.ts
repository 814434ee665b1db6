import { foldText } from "./fold-text.js";

/**
 * Weight that an n-gram has at least: five letters. A word of a few letters in an alphabet is two or three signs of a
 * syllabary and one or two Han characters, so that n-grams of five signs would lose most of a sentence to one changed
 * word.
 */
const NGRAM_WEIGHT = 30;
const LETTER = 6;
const SYLLABLE = 10;
const LOGOGRAM = 15;

/** First and last code points of blocks whose signs are syllables, ascending. */
const SYLLABARIES: readonly (readonly [number, number])[] = [
  [0x1200, 0x139f], // Ethiopic
  [0x13a0, 0x13ff], // Cherokee
  [0x1400, 0x167f], // Canadian syllabics
  [0x2d80, 0x2ddf], // Ethiopic
  [0x3041, 0x30ff], // Hiragana and Katakana
  [0x31f0, 0x31ff], // Katakana
  [0xa000, 0xa63f], // Yi and Vai
  [0xab01, 0xab2f], // Ethiopic
  [0xab70, 0xabbf], // Cherokee
];

/** The same for Han characters and for Hangul syllables, which hold two or three letters each. */
const LOGOGRAMS: readonly (readonly [number, number])[] = [
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
];

const WEIGHTS = new Uint8Array(0x10000).fill(LETTER);
for (const [first, last] of SYLLABARIES) WEIGHTS.fill(SYLLABLE, first, last + 1);
for (const [first, last] of LOGOGRAMS) WEIGHTS.fill(LOGOGRAM, first, last + 1);

/** Beyond the basic plane, planes 2 and 3 hold Han characters. */
function weightOf(character: number): number {
  return WEIGHTS[character] ?? (character >= 0x20000 && character <= 0x3ffff ? LOGOGRAM : LETTER);
}

/** Calls `visit` with first and last place (exclusive) of each n-gram; see `characterNgrams`. */
function eachNgram(characters: readonly number[], visit: (start: number, end: number) => void): void {
  if (characters.length === 0) visit(0, 0);
  let weight = 0;
  let end = 0;
  let covered = 0;
  for (let start = 0; start < characters.length; start++) {
    while (weight < NGRAM_WEIGHT && end < characters.length) weight += weightOf(characters[end++]!);
    if (weight < NGRAM_WEIGHT) {
      if (covered < end) visit(start, end);
      return;
    }
    visit(start, end);
    covered = end;
    weight -= weightOf(characters[start]!);
  }
}

function charactersOf(folded: string): number[] {
  const characters: number[] = [];
  for (let at = 0; at < folded.length; ) {
    const character = folded.codePointAt(at)!;
    characters.push(character);
    at += character > 0xffff ? 2 : 1;
  }
  return characters;
}

/**
 * The different n-grams of a folded text: the fewest characters (code points) from each place on that weigh as much as
 * five letters. A letter weighs 1/5 of an n-gram, a sign of a syllabary (Ethiopic, Kana, …) 1/3, a Han character or a
 * Hangul syllable 1/2. Words play no part, so that no script needs spaces.
 *
 * A text that weighs less is one n-gram, and so is the empty text: such texts are alike only if equal. A lighter rest
 * at the end is an n-gram where no other holds its last character.
 */
export function characterNgrams(folded: string): Set<string> {
  const found = new Set<string>();
  const characters = charactersOf(folded);
  eachNgram(characters, (start, end) => {
    found.add(String.fromCodePoint(...characters.slice(start, end)));
  });
  return found;
}

/** 32-bit hashes of a folded text's n-grams (see `characterNgrams`), ascending, each once. */
export function ngramHashes(folded: string): Uint32Array {
  const characters = charactersOf(folded);
  const hashes = new Uint32Array(characters.length + 1);
  let count = 0;
  eachNgram(characters, (start, end) => {
    let hash = 0x2545f491;
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ characters[at]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0x85ebca6b);
    hashes[count++] = hash ^ (hash >>> 13);
  });
  const sorted = hashes.subarray(0, count).sort();
  let distinct = 0;
  for (let at = 0; at < count; at++) {
    if (at === 0 || sorted[at] !== sorted[at - 1]) sorted[distinct++] = sorted[at]!;
  }
  return sorted.slice(0, distinct);
}

let last: { readonly text: string; readonly hashes: Uint32Array } | undefined;

/** `ngramHashes` of a text as it stands. Several indexes are asked about one text in turn: the last one is kept. */
export function hashesOf(text: string): Uint32Array {
  if (last?.text !== text) last = { text, hashes: ngramHashes(foldText(text)) };
  return last.hashes;
}

/** How many numbers two ascending lists share. */
export function sharedHashes(first: Uint32Array, second: Uint32Array): number {
  let shared = 0;
  let a = 0;
  let b = 0;
  while (a < first.length && b < second.length) {
    const difference = first[a]! - second[b]!;
    if (difference === 0) shared++;
    if (difference <= 0) a++;
    if (difference >= 0) b++;
  }
  return shared;
}

/** Jaccard similarity of two sets: what they share, divided by what either has; 1 for two empty sets. */
export function jaccard(first: ReadonlySet<string>, second: ReadonlySet<string>): number {
  let shared = 0;
  for (const item of first) if (second.has(item)) shared++;
  const either = first.size + second.size - shared;
  return either === 0 ? 1 : shared / either;
}
