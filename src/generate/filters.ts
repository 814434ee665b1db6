import { FILTER_NAMES, type FilterName } from "../store/sample.js";

export interface FilterOptions {
  /** Fewest graphemes of a text. 0 is off. */
  readonly minCharacters: number;
  readonly language: boolean;
  readonly loops: boolean;
  readonly echo: boolean;
  /** Whether a text is in the language that has the given code. */
  readonly identify: (text: string, language: string) => boolean;
  /** The instructions that a text must not repeat. */
  readonly prompts: readonly string[];
}

export interface Filters {
  /** Every filter that the text fails, in the order of `FILTER_NAMES`; empty for a text to keep. */
  check(text: string, context: { readonly language: string }): FilterName[];
  /** Makes later texts that say the same fail `duplicate`. */
  accept(text: string): void;
}

/**
 * Filters for generated texts. Nothing in them depends on a script: words and graphemes come from `Intl.Segmenter`.
 *
 * - `empty`: no letter, number or symbol. Of the filters below, only `short` is asked about such a text.
 * - `short`: fewer graphemes than `minCharacters`, white space at the ends not counted.
 * - `echo`: repeats an instruction, see `repeatsPrompt`.
 * - `loop`: repeats itself, see `repeatsItself`.
 * - `language`: `identify` says that it is in another language.
 * - `duplicate`: equal to an accepted text but for letter case, white space, Unicode form and outer punctuation.
 */
export function createFilters(options: FilterOptions): Filters {
  const prompts = indexPrompts(options.prompts);
  const accepted = new Set<string>();

  function fails(filter: FilterName, text: string, language: string): boolean {
    switch (filter) {
      case "empty":
        return isEmpty(text);
      case "short":
        return countGraphemes(text.trim()) < options.minCharacters;
      case "echo":
        return options.echo && repeatsPrompt(text, prompts);
      case "loop":
        return options.loops && repeatsItself(text);
      case "language":
        return options.language && !options.identify(text, language);
      case "duplicate":
        return accepted.has(duplicateKey(text));
    }
  }

  return {
    check(text, { language }) {
      const asked = isEmpty(text) ? FILTER_NAMES.slice(0, 2) : FILTER_NAMES;
      return asked.filter((filter) => fails(filter, text, language));
    },
    accept(text) {
      accepted.add(duplicateKey(text));
    },
  };
}

// The locale is fixed so that a machine's own changes nothing; dictionaries go by script, not by locale.
const words = new Intl.Segmenter("en", { granularity: "word" });
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

function isEmpty(text: string): boolean {
  return !/[\p{L}\p{N}\p{S}]/u.test(text);
}

function countGraphemes(text: string): number {
  return Array.from(graphemes.segment(text.normalize("NFC"))).length;
}

/** Lower-case words in NFC, without punctuation. */
function wordsOf(text: string): string[] {
  const segments = words.segment(text.normalize("NFC").toLowerCase());
  return Array.from(segments, (part) => (part.isWordLike ? part.segment : "")).filter((word) => word !== "");
}

function duplicateKey(text: string): string {
  // Upper case first, so that ß and SS, or σ and ς, fold to the same.
  const folded = text.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC").replace(/\s+/gu, " ");
  const inner = folded.replace(/^[\p{P}\s]+/u, "").replace(/[\p{P}\s]+$/u, "");
  return inner === "" ? folded : inner;
}

function ngrams(sequence: readonly string[], length: number): string[] {
  const grams: string[] = [];
  for (let start = 0; start + length <= sequence.length; start++) {
    grams.push(sequence.slice(start, start + length).join("\u0000"));
  }
  return grams;
}

/** Words in a row, shared with an instruction, that make a text an echo. */
const ECHO_RUN = 6;
const ECHO_GRAM = 3;
/** Share of a text's words that lie in trigrams of the instructions, from which on it is an echo. */
const ECHO_SHARE = 0.5;

interface PromptIndex {
  readonly runs: ReadonlySet<string>;
  readonly grams: ReadonlySet<string>;
}

function indexPrompts(prompts: readonly string[]): PromptIndex {
  const sequences = prompts.map(wordsOf);
  return {
    runs: new Set(sequences.flatMap((sequence) => ngrams(sequence, ECHO_RUN))),
    grams: new Set(sequences.flatMap((sequence) => ngrams(sequence, ECHO_GRAM))),
  };
}

/**
 * A text echoes an instruction if it has six words of it in a row, or if half of the text's words lie in word
 * trigrams of the instructions. The second finds a short echo, such as "Positive review in Slovenian language",
 * and one with other words put in.
 */
function repeatsPrompt(text: string, prompts: PromptIndex): boolean {
  const sequence = wordsOf(text);
  if (ngrams(sequence, ECHO_RUN).some((gram) => prompts.runs.has(gram))) return true;
  const isCovered = new Uint8Array(sequence.length);
  for (const [start, gram] of ngrams(sequence, ECHO_GRAM).entries()) {
    if (prompts.grams.has(gram)) isCovered.fill(1, start, start + ECHO_GRAM);
  }
  const covered = isCovered.reduce((sum, value) => sum + value, 0);
  return covered > 0 && covered >= ECHO_SHARE * sequence.length;
}

/** How often a loop's unit stands in a row, at least. */
const LOOP_REPEATS = 3;
const LOOP_WORDS = { fewest: 6, share: 1 / 3, longestPeriod: 100 } as const;
const LOOP_GRAPHEMES = { fewest: 20, share: 1 / 2, longestPeriod: 200 } as const;
const REPEATED_GRAM = 4;
/** Share of repeated 4-grams above which a text is a loop, and the fewest 4-grams that say so. */
const REPEATED_SHARE = 0.3;
const REPEATED_FEWEST = 20;

/**
 * A text loops if one of these holds:
 *
 * - a sequence of words stands three times or more in a row, in at least 6 words and a third of the text. Numbers
 *   are left out, so that a numbered list of the same sentence is a loop;
 * - a sequence of graphemes does, in at least 20 graphemes and half of the text: this finds loops within a word and
 *   in scripts for which words cannot be found;
 * - more than 30 % of its word 4-grams occurred before in it, for texts of at least 20 4-grams.
 */
function repeatsItself(text: string): boolean {
  const sequence = wordsOf(text).filter((word) => /\P{N}/u.test(word));
  if (hasLoop(sequence, LOOP_WORDS)) return true;
  const grams = ngrams(sequence, REPEATED_GRAM);
  if (grams.length >= REPEATED_FEWEST && 1 - new Set(grams).size / grams.length > REPEATED_SHARE) return true;
  const units = Array.from(graphemes.segment(text.normalize("NFC").toLowerCase()), ({ segment }) => segment);
  return hasLoop(units, LOOP_GRAPHEMES);
}

interface LoopLimits {
  readonly fewest: number;
  readonly share: number;
  readonly longestPeriod: number;
}

/** Whether a stretch with a period p (item i equals item i − p) is at least three periods and the limits long. */
function hasLoop(sequence: readonly string[], limits: LoopLimits): boolean {
  const needed = Math.max(limits.fewest, limits.share * sequence.length);
  const longestPeriod = Math.min(limits.longestPeriod, Math.floor(sequence.length / LOOP_REPEATS));
  for (let period = 1; period <= longestPeriod; period++) {
    let equal = 0;
    for (let at = period; at < sequence.length; at++) {
      equal = sequence[at] === sequence[at - period] ? equal + 1 : 0;
      const length = equal + period;
      if (equal > 0 && length >= needed && length >= LOOP_REPEATS * period) return true;
    }
  }
  return false;
}
