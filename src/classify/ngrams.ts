/** N-gram lengths, both ends included. */
export interface NgramRange {
  readonly minimum: number;
  readonly maximum: number;
}

// The locale of the machine must not change the features, hence the undetermined language.
const wordSegmenter = new Intl.Segmenter("und", { granularity: "word" });
/** NFC, lower case, every run of white space one space, none at the ends. */
export function normalizeForNgrams(text: string): string {
  return text.normalize("NFC").toLowerCase().normalize("NFC").trim().replace(/\s+/gu, " ");
}

/**
 * Word n-grams of a text that {@link normalizeForNgrams} returned: words as Unicode segments them (so that
 * Thai or Chinese need no spaces), punctuation left out, joined by one space.
 */
export function wordNgrams(normalized: string, range: NgramRange): string[] {
  const words: string[] = [];
  for (const { segment, isWordLike } of wordSegmenter.segment(normalized)) {
    if (isWordLike) words.push(segment);
  }
  const ngrams: string[] = [];
  for (let n = range.minimum; n <= range.maximum; n++) {
    for (let start = 0; start + n <= words.length; start++) {
      ngrams.push(n === 1 ? words[start]! : words.slice(start, start + n).join(" "));
    }
  }
  return ngrams;
}

/**
 * Character n-grams of a text that {@link normalizeForNgrams} returned, within white-space-separated tokens
 * that get a space at each end: scikit-learn's `analyzer="char_wb"`, with its rule that a token shorter than `n`
 * counts once, as a whole.
 *
 * A character is a code point. Grapheme clusters would tell more from less, but they split a Brahmic script's
 * syllables into too many kinds: on Telugu topics (SIB-200) they lose 1 to 4 points of macro-F1.
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
