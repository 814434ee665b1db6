import { randomGenerator } from "../random/seeded-random.js";
import { characterNgrams } from "./character-ngrams.js";
import { foldText } from "./fold-text.js";
import type { NearDuplicatePair } from "./near-duplicates.js";

/** First letter and number of letters that words are made of, letters of a word, and what stands between words. */
const SCRIPTS: readonly {
  readonly first: string;
  readonly letters: number;
  readonly word: number;
  readonly gap: string;
}[] = [
  { first: "a", letters: 26, word: 5, gap: " " }, // Latin
  { first: "ก", letters: 46, word: 4, gap: "" }, // Thai
  { first: "ሀ", letters: 70, word: 4, gap: " " }, // Ethiopic
  { first: "א", letters: 27, word: 4, gap: " " }, // Hebrew
  { first: "一", letters: 2000, word: 2, gap: "" }, // Han
];

/** Texts of one to 30 words, or of so many as are asked for, in five scripts by turns. */
export function madeUpTexts(count: number, seed: number, length?: number): string[] {
  const random = randomGenerator(seed);
  // Some words are far more frequent than others, as in natural text.
  const lexicons = SCRIPTS.map((script) =>
    Array.from({ length: 3000 }, () => madeUpWord(script, Math.ceil(2 * script.word * random()), random)),
  );
  return Array.from({ length: count }, (_, i) => {
    const script = i % SCRIPTS.length;
    const words = Array.from({ length: length ?? 1 + Math.floor(30 * random()) }, () => {
      return lexicons[script]![Math.floor(3000 ** random())]!;
    });
    return words.join(SCRIPTS[script]!.gap);
  });
}

function madeUpWord(
  { first, letters }: (typeof SCRIPTS)[number],
  length: number,
  random: () => number,
): string {
  const start = first.codePointAt(0)!;
  return String.fromCodePoint(...Array.from({ length }, () => start + Math.floor(letters * random())));
}

/**
 * Texts with near-duplicates among them: the second half are texts of the first, each with a share of its characters
 * changed that goes from none to a tenth. A change swaps two neighbours, drops a stretch, repeats it or replaces it.
 */
export function withPlanted(texts: readonly string[], count: number, seed: number): string[] {
  const random = randomGenerator(seed);
  const planted = Array.from({ length: count }, (_, i) => {
    let characters = Array.from(texts[Math.floor(texts.length * random())]!);
    const changes = Math.round((0.1 * characters.length * i) / count);
    for (let change = 0; change < changes; change++) {
      const at = Math.floor(characters.length * random());
      const until = at + 1 + Math.floor(3 * random());
      const piece = characters.slice(at, until);
      const other = [piece.toReversed(), [], [...piece, ...piece], characters.slice(0, piece.length)];
      characters = [
        ...characters.slice(0, at),
        ...other[Math.floor(4 * random())]!,
        ...characters.slice(until),
      ];
    }
    return characters.join("");
  });
  return [...texts, ...planted];
}

/** All pairs at or above a similarity, by comparing each text with each other one; n-grams are numbered, not hashed. */
export function pairsByBruteForce(texts: readonly string[], threshold: number): NearDuplicatePair[] {
  const numbers = new Map<string, number>();
  const sets = texts.map((text) => {
    const ids = Array.from(characterNgrams(foldText(text)), (ngram) => {
      const id = numbers.get(ngram) ?? numbers.size;
      numbers.set(ngram, id);
      return id;
    });
    return Int32Array.from(ids).sort();
  });
  const pairs: NearDuplicatePair[] = [];
  for (let second = 1; second < sets.length; second++) {
    for (let first = 0; first < second; first++) {
      const similarity = similarityOf(sets[first]!, sets[second]!);
      if (similarity >= threshold) pairs.push({ first, second, similarity });
    }
  }
  return pairs.sort((a, b) => a.first - b.first || a.second - b.second);
}

function similarityOf(a: Int32Array, b: Int32Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      shared++;
      i++;
      j++;
    } else if (a[i]! < b[j]!) i++;
    else j++;
  }
  return shared / (a.length + b.length - shared);
}
