import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { RecipeError } from "../errors.js";
import { createIdentifier } from "../language/identify.js";
import {
  BACK_TRANSLATED_CLASS,
  CORRUPTED_CLASS,
  HUMAN_CLASS,
  SPOILT_CLASSES,
} from "../steering/quality-vector.js";
import { AnswerCache } from "../store/answer-cache.js";
import { storeError } from "../store/failure.js";
import { jsonLine } from "../store/json-line.js";
import { lockFolder } from "../store/lock.js";
import { writeFileAtomic } from "../store/write-file.js";
import { normalizeLanguage } from "../tasks/languages.js";
import { VERSION } from "../version.js";
import { backTranslate, type ContrastPair, corruptTexts, paperChain } from "./back-translate.js";
import { PAIR_FLAGS, type PairFlag } from "./pair-flags.js";
import type { Translator } from "./translator.js";

/** Word noise, if no other is asked for: that of paper A's published vectors, and of its command line. */
export const DEFAULT_NOISE = { translated: 0.01, corrupted: 0.3 } as const;

/** By how much a translation may be longer or shorter than its text, if nothing else is asked for. */
export const DEFAULT_LENGTH_RATIO = 3;

export interface BackTranslationOptions {
  /** Folder that everything is written to. */
  readonly out: string;
  /** ISO 639 code of the texts. */
  readonly language: string;
  /** Languages on the way; default German, Chinese, German, as in paper A. */
  readonly via?: readonly string[] | undefined;
  /** Left out, nothing is translated and the texts are only corrupted. */
  readonly translator?: Translator | undefined;
  /** Probability of word noise for each token after each hop; default see `DEFAULT_NOISE`. */
  readonly noise?: number | undefined;
  readonly lengthRatio?: number | undefined;
  /** Default 42. */
  readonly seed?: number | undefined;
  readonly batch?: number | undefined;
  /** Put pairs with flags into the contrast files as well. */
  readonly keepFlagged?: boolean | undefined;
  /** Where the texts are from, for the record. */
  readonly source?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called once, with the number of texts × hops. */
  readonly onStart?: ((hops: number) => void) | undefined;
  readonly onHops?: ((count: number, cached: boolean) => void) | undefined;
}

/** What a back-translation ended with. */
export interface BackTranslation {
  /** `back-translated`, or `corrupted` if nothing was translated. */
  readonly class: string;
  readonly language: string;
  readonly chain: readonly string[];
  readonly translator: string;
  readonly noise: number;
  readonly seed: number;
  readonly lengthRatio: number;
  /** Texts that were read; each has a pair. */
  readonly pairs: number;
  /** Pairs in the contrast files. */
  readonly kept: number;
  /** Pairs for each flag; a pair may have several. */
  readonly flagged: Readonly<Record<PairFlag, number>>;
  /** Hops of texts that were found in the folder, made by an earlier run. */
  readonly cachedHops: number;
  readonly files: { readonly pairs: string; readonly human: string; readonly spoilt: string };
  /** The contrast sets, to be pasted into a recipe. */
  readonly recipe: string;
}

/**
 * Makes contrast pairs of texts in a folder:
 *
 *     pairs.LANG.jsonl           text, what came back, each hop, flags, noise and seed
 *     human.LANG.txt             the texts of the pairs without flags, and line by line
 *     back-translated.LANG.txt   what came back of them (or corrupted.LANG.txt)
 *     provenance.LANG.json       how this was made, and what was counted
 *     translations.hops.jsonl    every translation, by content; a further run takes them from here
 *
 * @throws RecipeError if the languages make no chain, or no pair is left; EngineError if the translator fails;
 *   StoreError if the folder is in use or cannot be written; InterruptedError
 */
export async function makeBackTranslation(
  texts: readonly string[],
  options: BackTranslationOptions,
): Promise<BackTranslation> {
  const { out, translator, lengthRatio = DEFAULT_LENGTH_RATIO, seed = 42, onStart } = options;
  if (!(lengthRatio > 1)) throw new RecipeError(`The length ratio must be above 1, not ${lengthRatio}.`);
  const language = normalizeLanguage(options.language);
  const noise = options.noise ?? (translator ? DEFAULT_NOISE.translated : DEFAULT_NOISE.corrupted);
  if (!(noise >= 0 && noise <= 1)) throw new RecipeError(`The noise must be from 0 to 1, not ${noise}.`);
  const via = options.via?.map(normalizeLanguage);
  const whole = via === undefined ? paperChain(language) : [language, ...via, language];
  const chain = translator ? whole : [language];
  try {
    await mkdir(out, { recursive: true });
  } catch (error) {
    throw storeError(error, `make the folder ${out}`);
  }
  const lock = await lockFolder(out);
  try {
    let cachedHops = 0;
    onStart?.(texts.length * (chain.length - 1));
    const settings = { ...options, noise, lengthRatio, seed };
    let pairs: ContrastPair[];
    if (translator) {
      for (const [at, to] of chain.slice(1).entries()) await translator.requirePair?.(chain[at]!, to);
      const identifier = await createIdentifier();
      await using cache = await AnswerCache.open(join(out, "translations.hops.jsonl"));
      pairs = await backTranslate(texts, {
        ...settings,
        chain,
        translator,
        cache,
        matches: identifier.matches,
        onHops: (count, cached) => {
          if (cached) cachedHops += count;
          options.onHops?.(count, cached);
        },
      });
    } else pairs = corruptTexts(texts, { ...settings, language });
    return await writePairs(pairs, { ...settings, language, chain, cachedHops });
  } finally {
    await lock.release();
  }
}

interface Settled extends BackTranslationOptions {
  readonly chain: readonly string[];
  readonly noise: number;
  readonly lengthRatio: number;
  readonly seed: number;
  readonly cachedHops: number;
}

async function writePairs(pairs: readonly ContrastPair[], settled: Settled): Promise<BackTranslation> {
  const { out, language, chain, noise, seed, lengthRatio, translator, keepFlagged = false } = settled;
  const name = translator ? BACK_TRANSLATED_CLASS : CORRUPTED_CLASS;
  const files = {
    pairs: join(out, `pairs.${language}.jsonl`),
    human: join(out, `${HUMAN_CLASS}.${language}.txt`),
    spoilt: join(out, `${name}.${language}.txt`),
  };
  const field = name.replace("-", "_");
  await writeFileAtomic(
    files.pairs,
    pairs
      .map(({ text, spoilt, hops, flags }) =>
        jsonLine({ text, [field]: spoilt, language, hops, flags, noise, seed }),
      )
      .join(""),
  );
  // Files of another time are no pairs with these: whoever is stopped here has none rather than wrong ones.
  for (const spoilt of SPOILT_CLASSES) await rm(join(out, `${spoilt}.${language}.txt`), { force: true });
  // An empty line would be no text, and the lines behind it no pairs.
  const kept = pairs.filter(({ flags, spoilt }) => flags.length === 0 || (keepFlagged && spoilt !== ""));
  await writeFileAtomic(files.human, kept.map(({ text }) => `${text}\n`).join(""));
  await writeFileAtomic(files.spoilt, kept.map(({ spoilt }) => `${spoilt}\n`).join(""));
  const flagged = Object.fromEntries(
    PAIR_FLAGS.map((flag) => [flag, pairs.filter(({ flags }) => flags.includes(flag)).length]),
  ) as Record<PairFlag, number>;
  const made = {
    class: name,
    language,
    chain,
    translator: translator?.name ?? "none",
    noise,
    seed,
    lengthRatio,
    pairs: pairs.length,
    kept: kept.length,
    flagged,
  };
  const sha256 = createHash("sha256")
    .update(JSON.stringify(pairs.map(({ text }) => text)))
    .digest("hex");
  const record = {
    format: 1,
    tiller: VERSION,
    ...made,
    keepFlagged,
    source: { file: settled.source ?? null, textsSha256: sha256 },
  };
  await writeFileAtomic(join(out, `provenance.${language}.json`), `${JSON.stringify(record, null, 2)}\n`);
  if (kept.length === 0) {
    throw new RecipeError(
      `All ${pairs.length} pairs have flags (${flagsText(flagged)}), so that no contrast set is left. Look at ${files.pairs}; --keep-flagged keeps them.`,
    );
  }
  return { ...made, cachedHops: settled.cachedHops, files, recipe: recipeLines(name, language, files) };
}

/** `unchanged 3, loop 1` */
export function flagsText(flagged: Readonly<Record<PairFlag, number>>): string {
  return PAIR_FLAGS.filter((flag) => flagged[flag] > 0)
    .map((flag) => `${flag} ${flagged[flag]}`)
    .join(", ");
}

function recipeLines(name: string, language: string, files: BackTranslation["files"]): string {
  const set = (label: string, file: string) =>
    `  - class: ${label}\n    language: ${language}\n    file: ${JSON.stringify(file)}\n`;
  return `steering:\n  method: quality\ncontrast:\n${set(HUMAN_CLASS, files.human)}${set(name, files.spoilt)}`;
}
