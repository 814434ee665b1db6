import { foldText } from "../duplicates/fold-text.js";
import { createNearDuplicateIndex, type NearDuplicateIndex } from "../duplicates/near-duplicate-index.js";
import type { Identifier } from "../language/identify.js";
import { words } from "../language/words.js";
import { filterThreshold } from "../recipe/filter-schema.js";
import { codeMixing } from "../score/code-mixing.js";
import { FILTER_NAMES, type FilterName, type TextFilterName } from "../store/sample.js";
import { copyFilter } from "./copy-filter.js";
import { createEchoFilter } from "./echo-filter.js";
import { repeatsItself } from "./loop-filter.js";
import { hasResidue } from "./residue-filter.js";

/**
 * Which filters there are, and what they compare with. Those of the recipe's keys: a filter with a threshold is off for
 * false, has its usual threshold for true (`FILTER_THRESHOLDS`), and any other for a number. Optional ones are off
 * where they are left out, but for `duplicates`.
 */
export interface FilterOptions {
  /** Fewest graphemes of a text. 0 is off. */
  readonly minCharacters: number;
  /** Most graphemes of a text. */
  readonly maxCharacters?: number | false;
  readonly language: boolean;
  readonly loops: boolean;
  readonly echo: boolean;
  readonly templateResidue?: boolean;
  readonly codeMixing?: boolean | number;
  readonly duplicates?: boolean;
  readonly nearDuplicates?: boolean | number;
  readonly copiedDemonstrations?: boolean | number;
  readonly memorised?: boolean | number;
  /** Whether a text is in the language that has the given code. */
  readonly identify: (text: string, language: string) => boolean;
  /** Needed for `codeMixing`. */
  readonly identifier?: Pick<Identifier, "identify" | "matches" | "supports"> | undefined;
  /** The instructions that a text must not repeat. */
  readonly prompts: readonly string[];
  /** The examples in the prompts, for `copiedDemonstrations`. */
  readonly demonstrations?: readonly string[];
  /** What people wrote, for `memorised`; an array that does not change. */
  readonly real?: readonly string[];
}

/** Where a text is asked for. */
export interface FilterContext {
  readonly language: string;
}

export interface Filters {
  /** Every filter that the text fails, in the order of `FILTER_NAMES`; empty for a text to keep. */
  check(text: string, context: FilterContext): FilterName[];
  /** Makes later texts that say the same fail `duplicate` or `near-duplicate`. */
  accept(text: string, context: FilterContext): void;
}

/**
 * Filters for generated texts. Nothing in them depends on a script: words and graphemes come from `Intl.Segmenter`,
 * and texts are compared by character n-grams. What a text fails depends on the text and on those accepted before.
 *
 * - `empty`: no letter, number or symbol. Of the filters below, only `short` is asked about such a text.
 * - `short`, `long`: fewer graphemes than `minCharacters`, more than `maxCharacters`, white space at the ends not
 *   counted.
 * - `template-residue`: something of the chat or the template is left, see `hasResidue`.
 * - `echo`: repeats an instruction, see `createEchoFilter`.
 * - `loop`: repeats itself, see `repeatsItself`.
 * - `language`: `identify` says that it is in another language.
 * - `code-mixing`: more than a share of its sentences are in another language, see `codeMixing`.
 * - `duplicate`: equal to an accepted text but for letter case, white space, Unicode form and outer punctuation.
 * - `near-duplicate`: no duplicate, but like an accepted text of the language, see `createNearDuplicateIndex`.
 * - `copies-demonstration`: a copy of an example in the prompts, see `copyFilter`.
 * - `memorised`: no copy of an example, but of a real text, see `copyFilter`.
 *
 * @throws RangeError for a threshold outside ]0, 1], or for `codeMixing` without an identifier.
 */
export function createFilters(options: FilterOptions): Filters {
  const { minCharacters, maxCharacters, identifier } = options;
  const thresholds = {
    mixing: filterThreshold("codeMixing", options.codeMixing),
    near: filterThreshold("nearDuplicates", options.nearDuplicates),
    demonstrations: filterThreshold("copiedDemonstrations", options.copiedDemonstrations),
    memorised: filterThreshold("memorised", options.memorised),
  };
  if (thresholds.mixing !== undefined && identifier === undefined) {
    throw new RangeError("The filter of mixed languages needs an identifier.");
  }
  const echoes = createEchoFilter(options.prompts);
  const copies = copiesOf(options.demonstrations, thresholds.demonstrations);
  const memorised = copiesOf(options.real, thresholds.memorised);
  const accepted = new Set<string>();
  const indexes = new Map<string, NearDuplicateIndex>();

  type Test = (
    text: Readonly<{ text: string; words: readonly string[]; language: string; failed: FilterName[] }>,
  ) => boolean;
  const tests: Readonly<Record<TextFilterName, Test>> = {
    empty: ({ text }) => isEmpty(text),
    short: ({ text }) => countGraphemes(text.trim(), minCharacters) < minCharacters,
    long: ({ text }) =>
      typeof maxCharacters === "number" &&
      text.length > maxCharacters &&
      countGraphemes(text.trim(), maxCharacters + 1) > maxCharacters,
    "template-residue": ({ text }) => options.templateResidue === true && hasResidue(text),
    echo: ({ words }) => options.echo && echoes(words),
    loop: ({ text, words }) => options.loops && repeatsItself(text, words),
    language: ({ text, language }) => options.language && !options.identify(text, language),
    "code-mixing": ({ text, language }) =>
      thresholds.mixing !== undefined &&
      (codeMixing([text], language, identifier!).texts[0] ?? 0) > thresholds.mixing,
    duplicate: ({ text }) => options.duplicates !== false && accepted.has(duplicateKey(text)),
    "near-duplicate": ({ text, language, failed }) =>
      !failed.includes("duplicate") && indexes.get(language)?.find(text) !== undefined,
    "copies-demonstration": ({ text, words }) => copies(text, words),
    memorised: ({ text, words, failed }) =>
      !failed.includes("copies-demonstration") && memorised(text, words),
  };
  const all = FILTER_NAMES.filter((name): name is TextFilterName => name in tests);
  const ofEmpty: readonly TextFilterName[] = ["empty", "short"];

  return {
    check(text, { language }) {
      const failed: FilterName[] = [];
      const asked = { text, words: words(text), language, failed };
      for (const name of isEmpty(text) ? ofEmpty : all) if (tests[name](asked)) failed.push(name);
      return failed;
    },
    accept(text, { language }) {
      accepted.add(duplicateKey(text));
      if (thresholds.near === undefined) return;
      const index = indexes.get(language) ?? createNearDuplicateIndex({ threshold: thresholds.near });
      indexes.set(language, index);
      index.add(text);
    },
  };
}

function copiesOf(texts: readonly string[] | undefined, threshold: number | undefined) {
  if (texts === undefined || texts.length === 0 || threshold === undefined) return () => false;
  return copyFilter(texts, threshold);
}

// The locale is fixed so that a machine's own changes nothing.
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

function isEmpty(text: string): boolean {
  return !/[\p{L}\p{N}\p{S}]/u.test(text);
}

/** Counts no further than `most`. */
function countGraphemes(text: string, most: number): number {
  let count = 0;
  if (most > 0) for (const _ of graphemes.segment(text.normalize("NFC"))) if (++count >= most) break;
  return count;
}

function duplicateKey(text: string): string {
  const folded = foldText(text);
  const inner = folded.replace(/^[\p{P}\s]+/u, "").replace(/[\p{P}\s]+$/u, "");
  return inner === "" ? folded : inner;
}
