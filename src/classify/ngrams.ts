import { words } from "../language/words.js";

/** N-gram lengths, both ends included. */
export interface NgramRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** NFC, lower case, every run of white space one space, none at the ends. */
export function normalizeForNgrams(text: string): string {
  return text.normalize("NFC").toLowerCase().normalize("NFC").trim().replace(/\s+/gu, " ");
}

/** Word n-grams of a text that {@link normalizeForNgrams} returned: `words` of it, joined by one space. */
export function wordNgrams(normalized: string, range: NgramRange): string[] {
  const found = words(normalized);
  const ngrams: string[] = [];
  for (let n = range.minimum; n <= range.maximum; n++) {
    for (let start = 0; start + n <= found.length; start++) {
      ngrams.push(n === 1 ? found[start]! : found.slice(start, start + n).join(" "));
    }
  }
  return ngrams;
}

/**
 * Character n-grams of a text that {@link normalizeForNgrams} returned, within white-space-separated tokens
 * that get a space at each end: scikit-learn's `analyzer="char_wb"`, with its rule that a token shorter than `n`
 * counts once, as a whole.
 *
 * A character is a code point, as there, and not a grapheme cluster: on Telugu and Thai topics (SIB-200) neither
 * was clearly better, and segmenting takes most of the time.
 */
export function characterNgrams(normalized: string, range: NgramRange): string[] {
  const ngrams: string[] = [];
  if (normalized === "") return ngrams;
  for (const token of normalized.split(" ")) {
    const padded = ` ${token} `;
    const boundaries = codePointBoundaries(padded);
    const length = boundaries.length - 1;
    for (let n = range.minimum; n <= range.maximum; n++) {
      if (n >= length) {
        ngrams.push(padded);
        break;
      }
      for (let start = 0; start + n <= length; start++) {
        ngrams.push(padded.slice(boundaries[start], boundaries[start + n]));
      }
    }
  }
  return ngrams;
}

/** Offsets, in UTF-16 units, at which code points begin, and the end of the text. */
function codePointBoundaries(text: string): number[] {
  const boundaries = [0];
  for (let offset = 0; offset < text.length; ) {
    offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
    boundaries.push(offset);
  }
  return boundaries;
}
