import { canonicalLanguage } from "./code.js";

/**
 * Longest piece, in UTF-16 units, that is given to a segmenter at once: the time of Intl.Segmenter in V8 grows
 * with the square of the length (100,000 letters of Russian take 20 seconds, in pieces 0.1).
 */
const PIECE = 512;

const segmenters = new Map<string, Intl.Segmenter>();

/**
 * A segmenter of the language, or of English where ICU knows no rules for it. The machine's own locale is never
 * used: it would make results depend on the machine.
 */
function segmenter(language: string | undefined, granularity: "word" | "sentence"): Intl.Segmenter {
  const key = `${granularity} ${language ?? ""}`;
  let found = segmenters.get(key);
  if (found === undefined) {
    found = new Intl.Segmenter(localeOf(language), { granularity });
    segmenters.set(key, found);
  }
  return found;
}

function localeOf(language: string | undefined): string {
  const tag = language === undefined ? undefined : canonicalLanguage(language);
  return tag !== undefined && Intl.Segmenter.supportedLocalesOf([tag]).length > 0 ? tag : "en";
}

/** A stretch of a text. The stretches of a text, joined, are the text. */
export interface Segment {
  readonly text: string;
  /** False for spaces, punctuation, symbols and emoji. */
  readonly wordLike: boolean;
}

/** The text in stretches of words and of what stands between them, by UAX #29 and ICU's dictionaries. */
export function* segments(text: string, language?: string): Generator<Segment> {
  const rules = segmenter(language, "word");
  for (const piece of pieces(text, PIECE)) {
    for (const { segment, isWordLike } of rules.segment(piece)) {
      yield { text: segment, wordLike: isWordLike === true };
    }
  }
}

/**
 * The words of a text: NFC, in lower case by the language's rules, without punctuation, symbols and emoji. Words
 * are those of UAX #29, and of ICU's dictionaries for Chinese, Japanese, Thai, Lao, Khmer and Burmese, so that no
 * script needs spaces. A stretch of more than 512 letters without a space may be cut inside a word.
 *
 * @param language ISO 639 code or BCP 47 tag; English rules without it, or for a language that ICU does not know.
 */
export function words(text: string, language?: string): string[] {
  const locale = localeOf(language);
  const found: string[] = [];
  for (const segment of segments(text.normalize("NFC"), language)) {
    if (segment.wordLike) found.push(segment.text.toLocaleLowerCase(locale).normalize("NFC"));
  }
  return found;
}

/** The sentences of a text, by UAX #29: NFC, trimmed, none empty. A line break ends a sentence. */
export function sentences(text: string, language?: string): string[] {
  const rules = segmenter(language, "sentence");
  const found: string[] = [];
  for (const line of text.normalize("NFC").split(/[\n\r\u0085\u2028\u2029]+/u)) {
    for (const piece of pieces(line, 8 * PIECE)) {
      for (const { segment } of rules.segment(piece)) {
        const trimmed = segment.trim();
        if (trimmed !== "") found.push(trimmed);
      }
    }
  }
  return found;
}

/** Cuts a text behind white space, which no word crosses; only a longer stretch without any is cut elsewhere. */
function* pieces(text: string, longest: number): Generator<string> {
  let start = 0;
  while (text.length - start > longest) {
    let end = start + longest;
    while (end > start && !/\s/u.test(text[end - 1]!)) end--;
    if (end === start) {
      end = start + longest;
      // Never between the halves of a surrogate pair, nor before a mark that belongs to the letter ahead of it.
      const limit = end - 32;
      while (end > limit && (isLowSurrogate(text.charCodeAt(end)) || /\p{M}/u.test(text[end]!))) end--;
    }
    yield text.slice(start, end);
    start = end;
  }
  if (start < text.length) yield text.slice(start);
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
