import { distinctAtBudget, distinctOf } from "./distinct-ngrams.js";
import { type CompressionFormat, canCompress, compressionRatio, joinedBytes } from "./diversity.js";
import { joinedCharacters, joinedNgrams } from "./joined-ngrams.js";
import { type LexicalOverlap, lexicalOverlap, type OverlapOptions } from "./lexical-overlap.js";
import { type LexicalSet, type LexicalText, wholeTexts } from "./lexical-set.js";
import { compareAtEqualSize, type LexicalMeasurement, type Matched, matchedMeans } from "./matched-texts.js";
import { absent, type Measured } from "./measured.js";
import { meanLoopedShare, meanMattr, meanRepetition } from "./sample-diversity.js";
import { selfBleu, selfBleuOf } from "./self-bleu.js";

/** Below so many bytes a format's own header dominates. */
const FEWEST_BYTES = 200;
/** Half of gzip's window, and far within zstd's, so that every text of a draw can be found in every later one. */
const MOST_BYTES: Readonly<Record<CompressionFormat, number>> = { gzip: 16_384, zstd: 262_144 };

/** What `lexicalMeasures` goes by. */
export interface LexicalOptions {
  /** From 0 to 2³² − 1. */
  readonly seed: number;
  /** Words at which distinct-n is taken, so that sets compare; default all the words of the set. */
  readonly budget?: number;
  /** Window of the moving-average type-token ratio, in words; default 25. */
  readonly window?: number;
  /** ISO 639 code; for the words of a text that has to be cut. */
  readonly language?: string;
  /** Texts that people wrote in the same language. */
  readonly human?: LexicalSet;
  /** Texts that the set may have copied from, by name: demonstrations, contrast set, real data. */
  readonly sources?: Readonly<Record<string, readonly LexicalText[]>>;
  readonly overlap?: OverlapOptions;
  /** Draws of the comparison at equal size; default 5. */
  readonly draws?: number;
}

/** A measure of the whole set, and the same of human texts. */
export interface LexicalMeasure extends Measured {
  /** Of the set and of human texts at the same size. */
  readonly matched: Pick<Matched, "set" | "human"> | undefined;
  /** Diversity of the set / diversity of human texts at that size, as in `Matched`. */
  readonly relative: Measured;
}

/** How much text a set has. Diversity says little without it. */
export interface SetSize {
  readonly texts: number;
  /** Texts without a word: empty, or punctuation and emoji alone. */
  readonly wordless: number;
  readonly words: number;
  readonly meanWords: number | undefined;
}

/** The names of the measures. */
export type LexicalName =
  | "mattr"
  | "repetition"
  | "looped"
  | "distinct1"
  | "distinct2"
  | "distinct3"
  | "distinct4"
  | "normalisedTrigrams"
  | "ngramDiversity"
  | "selfBleu"
  | "gzip"
  | "zstd";

/** Every lexical measure of a set of texts of one language. */
export interface LexicalScores {
  readonly measures: Readonly<Record<LexicalName, LexicalMeasure>>;
  readonly size: SetSize;
  readonly human: SetSize | undefined;
  /** At what size the words' measures were compared with human texts; n-grams of paper B and compression have their own. */
  readonly matchedSize:
    | { readonly texts: number; readonly meanWords: number; readonly draws: number }
    | undefined;
  /** By name of the source. */
  readonly overlap: Readonly<
    Record<string, { readonly value: LexicalOverlap | undefined; readonly absent: string | undefined }>
  >;
}

/** Measures that take the same form for the whole set and for excerpts. */
type MatchedName = Exclude<LexicalName, "normalisedTrigrams" | "ngramDiversity" | "gzip" | "zstd">;

/**
 * Every lexical measure of a set: within texts, between texts, in relation to human texts, and what it has in common
 * with given texts. The order of texts does not matter, and the same seed gives the same bits. Time and memory
 * grow with the number of words. See `docs/scores.md` for the formulas.
 *
 * @throws RangeError for a seed out of its range.
 * @throws TillerError for a window or budget below 1.
 */
export function lexicalMeasures(set: LexicalSet, options: LexicalOptions): LexicalScores {
  const { seed, window = 25, human } = options;
  const measurements: Readonly<Record<MatchedName, LexicalMeasurement>> = {
    mattr: { of: (texts, excerpts) => meanMattr(texts, excerpts, window) },
    repetition: { of: (texts, excerpts) => meanRepetition(texts, excerpts, 3), falls: true },
    looped: { of: meanLoopedShare, falls: true },
    distinct1: { of: (texts, excerpts) => distinctOf(texts, excerpts, 1) },
    distinct2: { of: (texts, excerpts) => distinctOf(texts, excerpts, 2) },
    distinct3: { of: (texts, excerpts) => distinctOf(texts, excerpts, 3) },
    distinct4: { of: (texts, excerpts) => distinctOf(texts, excerpts, 4) },
    selfBleu: { of: selfBleuOf, falls: true },
  };
  const whole = wholeTexts(set);
  const matched = human && compareAtEqualSize(set, human, measurements, { seed, draws: options.draws ?? 5 });
  const measure = (
    name: MatchedName,
    { value, standardError }: { value: number | undefined; standardError?: number | undefined },
    missing: string,
  ): LexicalMeasure =>
    compared({ value, standardError, matched: matched?.measures[name], missing }, set, human);
  const within = (name: MatchedName, missing: string): LexicalMeasure =>
    measure(name, { value: measurements[name].of(set, whole) }, missing);
  const budget = options.budget ?? Math.max(1, set.words.length);
  const distinct = (name: MatchedName, n: number): LexicalMeasure => {
    const found = distinctAtBudget(set, n, { budget, seed });
    return measure(
      name,
      found,
      found.budgetReached
        ? `no text has ${n} words`
        : `the set has ${found.size} words, fewer than the budget of ${budget}`,
    );
  };
  return {
    measures: {
      mattr: within("mattr", "no text has a word"),
      repetition: within("repetition", "no text has 4 words"),
      looped: within("looped", "no text has a word"),
      distinct1: distinct("distinct1", 1),
      distinct2: distinct("distinct2", 2),
      distinct3: distinct("distinct3", 3),
      distinct4: distinct("distinct4", 4),
      ...paperB(set, options),
      selfBleu: measure("selfBleu", selfBleu(set, { seed }), "fewer than 2 texts have a word"),
      gzip: compression("gzip", set, options),
      zstd: compression("zstd", set, options),
    },
    size: sizeOf(set),
    human: human && sizeOf(human),
    matchedSize: matched && {
      texts: matched.texts,
      meanWords: matched.words / matched.texts,
      draws: matched.draws,
    },
    overlap: Object.fromEntries(
      Object.entries(options.sources ?? {}).map(([name, source]) => {
        const value = lexicalOverlap(set, source, options.overlap);
        const absent = set.words.length === 0 ? noWords(set) : "the source has no text with a word";
        return [name, { value, absent: value ? undefined : absent }];
      }),
    ),
  };
}

function paperB(
  set: LexicalSet,
  { seed, language, human }: LexicalOptions,
): Record<"normalisedTrigrams" | "ngramDiversity", LexicalMeasure> {
  const own = joinedNgrams(set, { seed, language });
  const characters = human && Math.min(own.characters, joinedCharacters(human));
  const sides =
    human && characters !== undefined
      ? {
          set: own.characters === characters ? own : joinedNgrams(set, { seed, language, characters }),
          human: joinedNgrams(human, { seed, language, characters }),
        }
      : undefined;
  const measure = (part: "normalised" | "diversity", missing: string): LexicalMeasure =>
    compared(
      { value: own[part], matched: matchedOf(sides?.set[part], sides?.human[part]), missing },
      set,
      human,
    );
  return {
    normalisedTrigrams: measure("normalised", "the set has fewer than 3 words"),
    ngramDiversity: measure("diversity", "the set has fewer than 4 words"),
  };
}

function compression(
  format: CompressionFormat,
  set: LexicalSet,
  { seed, human }: LexicalOptions,
): LexicalMeasure {
  if (!canCompress(format)) {
    return missingMeasure(`Node ${process.versions.node} has no ${format}; 22.15 and later have it`);
  }
  const texts = set.texts.map(({ text }) => text);
  const bytes = joinedBytes(texts);
  if (bytes < FEWEST_BYTES) {
    return missingMeasure(`the texts have ${bytes} bytes, fewer than the ${FEWEST_BYTES} that say something`);
  }
  const ratio = (of: readonly string[], budget: number): number | undefined =>
    compressionRatio(of, { budget, seed, format }).value;
  const value = ratio(texts, Math.min(MOST_BYTES[format], bytes));
  const others = human?.texts.map(({ text }) => text) ?? [];
  const budget = Math.min(MOST_BYTES[format], bytes, joinedBytes(others));
  const matched = budget < FEWEST_BYTES ? undefined : matchedOf(ratio(texts, budget), ratio(others, budget));
  return compared({ value, matched, missing: "" }, set, human);
}

function matchedOf(set: number | undefined, human: number | undefined): Matched | undefined {
  return set === undefined || human === undefined ? undefined : matchedMeans([[set, human]]);
}

/** A measure with its comparison, and the reasons for what is missing. */
function compared(
  found: {
    readonly value: number | undefined;
    readonly standardError?: number | undefined;
    readonly matched: Matched | undefined;
    readonly missing: string;
  },
  set: LexicalSet,
  human: LexicalSet | undefined,
): LexicalMeasure {
  const { value, standardError, matched, missing } = found;
  if (value === undefined) return missingMeasure(set.words.length === 0 ? noWords(set) : missing);
  const relative =
    matched?.relative ??
    absent(
      human === undefined
        ? "there are no human texts to compare with"
        : "there is too little human text, or too little of the set, to compare",
    );
  return {
    value,
    standardError,
    absent: undefined,
    matched: matched && { set: matched.set, human: matched.human },
    relative,
  };
}

function missingMeasure(reason: string): LexicalMeasure {
  return { ...absent(reason), matched: undefined, relative: absent(reason) };
}

function noWords({ texts }: LexicalSet): string {
  return texts.length === 0 ? "there are no texts" : "no text has a word";
}

function sizeOf({ texts, words, starts }: LexicalSet): SetSize {
  return {
    texts: texts.length,
    wordless: texts.length - (starts.length - 1),
    words: words.length,
    meanWords: texts.length === 0 ? undefined : words.length / texts.length,
  };
}
