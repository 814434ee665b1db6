import { segments } from "../language/words.js";
import { shuffled } from "../random/seeded-random.js";

/**
 * The text with its words in random order: word salad, with the same words, spaces and punctuation. Words are found
 * by Intl.Segmenter, so that it serves scripts without spaces as well. A text of at least two different words
 * always changes; one without them is given back (NFC).
 *
 * @param seed from 0 to 2³² − 1.
 * @param language ISO 639 code, for the word rules.
 * @throws RangeError for a seed out of its range.
 */
export function shuffleWords(text: string, seed: number, language?: string): string {
  const parts = [...segments(text.normalize("NFC"), language)];
  const places: number[] = [];
  for (const [i, part] of parts.entries()) if (part.wordLike) places.push(i);
  const original = places.map((place) => parts[place]!.text);
  const moved = shuffled(original, seed);
  if (moved.every((word, i) => word === original[i])) {
    const other = moved.findIndex((word) => word !== moved[0]);
    if (other > 0) [moved[0], moved[other]] = [moved[other]!, moved[0]!];
  }
  const result = parts.map((part) => part.text);
  for (const [i, place] of places.entries()) result[place] = moved[i]!;
  return result.join("");
}
