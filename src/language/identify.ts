import { TillerError } from "../errors.js";
import { languageGroup } from "./code.js";
import { hasLetters, hasScriptOf } from "./script.js";
import { words } from "./words.js";

/** The languages of CLD3 by its own codes, those in Latin transcription under their base code. */
export const CLD3_LANGUAGES: readonly string[] = (
  "af am ar az be bg bn bs ca ceb co cs cy da de el en eo es et eu fa fi fil fr fy ga gd gl gu ha haw hi hmn hr ht " +
  "hu hy id ig is it iw ja jv ka kk km kn ko ku ky la lb lo lt lv mg mi mk ml mn mr ms mt my ne nl no ny pa pl ps " +
  "pt ro ru sd si sk sl sm sn so sq sr st su sv sw ta te tg th tr uk ur uz vi xh yi yo zh zu"
).split(" ");

/** Fewer words than these decide nothing: one word in five of German is taken for another language. */
const FEWEST_WORDS = 3;

/**
 * CLD3's probability from which ELD is not heard when CLD3 names a language that ELD lacks. ELD takes nearly all
 * Javanese and Sundanese for Malay, and must not let it pass as Indonesian.
 */
const SURE = 0.97;

/** UTF-16 units that are looked at. CLD3 itself reads 1,000 bytes, ELD about 350. */
const LONGEST = 2000;

/** What a text's language was taken for. */
export interface Identification {
  /** The detector's code: ISO 639, with the suffix `-Latn` for CLD3's Latin transcriptions. */
  readonly language: string;
  /** 0 to 1. CLD3's softmax probability; for ELD its n-gram score, which is no probability. */
  readonly probability: number;
  readonly by: "cld3" | "eld";
  /** Whether the answer is good enough to reject a text with. */
  readonly reliable: boolean;
}

export interface Identifier {
  /**
   * The language of a text, by its first 1,000 bytes. Undefined for a text of fewer than three words.
   *
   * CLD3 answers, unless ELD reliably disagrees and is the better judge: it knows CLD3's answer as well, or CLD3 is
   * not sure. On sentences of its 60 languages ELD errs less, most of all on short ones, while languages
   * that it lacks it takes for others. `bench/language-id.ts` has the measurements.
   */
  identify(text: string): Identification | undefined;
  /**
   * Whether a text may be in a language. False only on evidence: the text has no letter at all; or neither detector
   * says the language and their answer is reliable; or there is no reliable answer, as for texts of
   * fewer than three words, and the text has no letter of the script in which the language is usually written.
   * ELD's word does not count against a sure CLD3 that names a language which ELD lacks.
   * True for a language that is not supported: ask `supports` first, and report such texts as not checked.
   * Close languages that count as one are listed at `sameLanguage`.
   */
  matches(text: string, language: string): boolean;
  /** Whether one of the detectors knows the language. */
  supports(language: string): boolean;
}

interface Answer {
  readonly language: string;
  readonly group: string | undefined;
  readonly probability: number;
  readonly reliable: boolean;
}

let shared: Promise<Identifier> | undefined;

/**
 * Loads CLD3 (WebAssembly) and ELD's medium database, about 0.5 s and 80 MB once a process; later calls give the
 * same identifier. An answer depends on the text alone.
 *
 * @throws TillerError when CLD3's WebAssembly module cannot be started.
 */
export function createIdentifier(): Promise<Identifier> {
  shared ??= load().catch((cause: unknown) => {
    shared = undefined;
    throw cause;
  });
  return shared;
}

async function startCld3() {
  // Loaded here, as most commands identify nothing.
  const { loadModule } = await import("cld3-asm");
  // The default of 3 s is too short for a machine whose cores are all taken by inference.
  return loadModule({ timeout: 120_000 });
}

async function load(): Promise<Identifier> {
  const [factory, { eld: sharedEld }] = await Promise.all([
    startCld3().catch((cause: unknown) => {
      throw new TillerError(
        "Language identification could not start: the WebAssembly module of cld3-asm did not load. " +
          "Reinstall the packages with npm ci, and check that Node was not started with --jitless.",
        { cause },
      );
    }),
    import("eld/medium"),
  ]);
  const cld3 = factory.create(0, 1000);
  // Settings of the shared instance belong to the host program.
  const eld = sharedEld.newInstance();
  const knownToEld = groups(Object.values(eld.info().Languages));
  const known = new Set([...groups(CLD3_LANGUAGES), ...knownToEld]);

  const askCld3 = (text: string): Answer => {
    const { language, probability, is_reliable } = cld3.findLanguage(text);
    return { language, group: languageGroup(language), probability, reliable: is_reliable };
  };
  const askEld = (text: string): Answer => {
    const result = eld.detect(text);
    const language = result.language;
    const probability = language === "" ? 0 : (result.getScores()[language] ?? 0);
    return {
      language,
      group: language === "" ? undefined : languageGroup(language),
      probability,
      reliable: result.isReliable(),
    };
  };
  // A caller asks of one text for several languages, or `identify` and then `matches`.
  let last: { readonly text: string; readonly answers: readonly [Answer, Answer] } | undefined;
  const ask = (text: string): readonly [Answer, Answer] => {
    if (last?.text !== text) last = { text, answers: [askCld3(text), askEld(text)] };
    return last.answers;
  };
  const overruled = (first: Answer): boolean =>
    first.probability >= SURE && first.group !== undefined && !knownToEld.has(first.group);
  const decide = (first: Answer, second: Answer): Identification => {
    const answer = (from: Answer, by: "cld3" | "eld", reliable: boolean): Identification => ({
      language: from.language,
      probability: from.probability,
      by,
      reliable,
    });
    if (first.group === second.group) return answer(first, "cld3", true);
    if (first.group !== undefined && knownToEld.has(first.group)) {
      return second.reliable ? answer(second, "eld", true) : answer(first, "cld3", false);
    }
    if (!first.reliable && second.reliable) return answer(second, "eld", false);
    return answer(first, "cld3", first.reliable);
  };
  const supports = (language: string): boolean => {
    const group = languageGroup(language);
    return group !== undefined && known.has(group);
  };

  return {
    supports,
    identify(text) {
      const cleaned = clean(text);
      if (words(cleaned).length < FEWEST_WORDS || !hasLetters(cleaned)) return undefined;
      return decide(...ask(cleaned));
    },
    matches(text, language) {
      if (!supports(language)) return true;
      const cleaned = clean(text);
      if (!hasLetters(cleaned)) return false;
      const [first, second] = ask(cleaned);
      const asked = languageGroup(language);
      if (first.group === asked || (second.group === asked && !overruled(first))) return true;
      const short = words(cleaned).length < FEWEST_WORDS;
      return short || !decide(first, second).reliable ? hasScriptOf(cleaned, language) : false;
    },
  };
}

function groups(languages: readonly string[]): Set<string> {
  return new Set(languages.map(languageGroup).filter((group) => group !== undefined));
}

/** Leaves out what says nothing of the language, and what the detectors cannot take. */
function clean(text: string): string {
  return (
    text
      .slice(0, 4 * LONGEST)
      .normalize("NFC")
      .replace(/https?:\/\/\S+|www\.\S+|[^\s@]{1,64}@[^\s@]+|@[\p{L}\p{N}_]+/giu, " ")
      // CLD3 takes a C string, which ends at U+0000; a lone surrogate is no UTF-8.
      .replace(/[\0\p{Surrogate}]/gu, " ")
      .slice(0, LONGEST)
      // The cut may have left half a character.
      .replace(/\p{Surrogate}$/u, "")
  );
}
