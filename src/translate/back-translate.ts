import { createHash } from "node:crypto";
import { z } from "zod";
import { EngineError, InterruptedError, RecipeError } from "../errors.js";
import { seedFrom } from "../random/seeded-random.js";
import type { AnswerCache } from "../store/answer-cache.js";
import { cutToBytes, flagsOf, mostBytes, type PairFlag } from "./pair-flags.js";
import { oneLine, type Translator } from "./translator.js";
import { addWordNoise } from "./word-noise.js";

/** What one hop made of a text. */
export interface Hop {
  readonly from: string;
  readonly to: string;
  /** `none` where nothing was translated. */
  readonly translator: string;
  /** The translation before it was cut and before noise. */
  readonly output: string;
}

/** A text, and what came back of it. */
export interface ContrastPair {
  readonly text: string;
  readonly spoilt: string;
  readonly language: string;
  readonly hops: readonly Hop[];
  readonly flags: readonly PairFlag[];
}

/** Texts of a batch, unless another number is asked for. */
export const DEFAULT_BATCH = 32;

export interface BackTranslateOptions {
  /** Canonical code of each language that a text goes through; the first and the last are the texts' own. */
  readonly chain: readonly string[];
  readonly translator: Translator;
  /** Probability of word noise for each token after each hop. */
  readonly noise: number;
  /** Lengths in bytes by which a translation may differ from its text, as a ratio. */
  readonly lengthRatio: number;
  readonly seed: number;
  /** Whether a text is in a language, for the flag `language`; left out, that is not looked at. */
  readonly matches?: ((text: string, language: string) => boolean) | undefined;
  /** Texts translated at once; default 32. */
  readonly batch?: number | undefined;
  /** Translations of earlier runs, and where those of this one are kept. */
  readonly cache?: AnswerCache | undefined;
  readonly signal?: AbortSignal | undefined;
  /** So many hops of texts were done, or found in the cache. There are texts × hops. */
  readonly onHops?: ((count: number, cached: boolean) => void) | undefined;
}

const hopSchema = z.object({ output: z.string() });

/**
 * The chain of paper A: the texts' language → German → Chinese → German → the texts' language. It does not say what
 * stands in for German in German texts; here it is English.
 */
export function paperChain(language: string): string[] {
  const pivot = new Intl.Locale(language).language === "de" ? "en" : "de";
  return [language, pivot, "zh", pivot, language];
}

/**
 * Back-translation with word noise after each hop (paper A, arXiv 2606.18389). All texts make the first hop, in
 * batches, then all the second, and so on. A translation is remembered by translator, languages and text, and is on the
 * disk before the next batch begins, so that nothing is translated twice, however often the work was killed.
 *
 * Noise depends on the seed, the hop and the text alone. A translation that is longer than the limit is cut before the
 * next hop, so that a loop does not grow.
 *
 * @returns a pair for each text, in their order
 * @throws RecipeError for a chain that does not come back or stands still; EngineError if the translator fails;
 *   InterruptedError when the signal aborts, with finished batches kept
 */
export async function backTranslate(
  texts: readonly string[],
  options: BackTranslateOptions,
): Promise<ContrastPair[]> {
  const { chain, translator, noise, lengthRatio, seed, matches = () => true } = options;
  requireChain(chain);
  const sources = texts.map(oneLine);
  const hops: Hop[][] = sources.map(() => []);
  let current = sources;
  for (let at = 0; at + 1 < chain.length; at++) {
    const [from, to] = [chain[at]!, chain[at + 1]!];
    const outputs = await translateAll(current, from, to, options);
    current = sources.map((source, i) => {
      const output = outputs.get(current[i]!)!;
      hops[i]!.push({ from, to, translator: translator.name, output });
      return addWordNoise(cutToBytes(output, mostBytes(source, lengthRatio)), {
        probability: noise,
        seed: seedFrom("back-translation", seed, at, source),
        language: to,
      });
    });
  }
  return sources.map((text, i) => {
    const outputs = hops[i]!.map(({ output }) => output);
    const language = chain[0]!;
    const flags = flagsOf(text, outputs, current[i]!, lengthRatio, (each) => matches(each, language));
    return { text, spoilt: current[i]!, language, hops: hops[i]!, flags };
  });
}

/**
 * Texts with word noise alone, for languages that no translator knows. Such a pair is no back-translation, and its
 * one hop says so: its translator is `none`.
 */
export function corruptTexts(
  texts: readonly string[],
  options: Pick<BackTranslateOptions, "noise" | "lengthRatio" | "seed"> & { readonly language: string },
): ContrastPair[] {
  const { language, noise, seed } = options;
  return texts.map(oneLine).map((text) => {
    const spoilt = addWordNoise(text, {
      probability: noise,
      seed: seedFrom("corruption", seed, text),
      language,
    });
    const hops = [{ from: language, to: language, translator: "none", output: text }];
    const flags: PairFlag[] = spoilt === text ? ["unchanged"] : [];
    return { text, spoilt, language, hops, flags };
  });
}

/** The translation of each different text. */
async function translateAll(
  texts: readonly string[],
  from: string,
  to: string,
  options: BackTranslateOptions,
): Promise<Map<string, string>> {
  const { translator, cache, signal, onHops, batch = DEFAULT_BATCH } = options;
  const found = new Map<string, string>();
  const times = new Map<string, number>();
  for (const text of texts) times.set(text, (times.get(text) ?? 0) + 1);
  const keyOf = (text: string) =>
    createHash("sha256")
      .update(JSON.stringify([translator.name, from, to, text]))
      .digest("hex");
  const waiting: string[] = [];
  for (const [text, count] of times) {
    const known = text === "" ? { output: "" } : cache?.get(keyOf(text), hopSchema);
    if (known === undefined) waiting.push(text);
    else {
      found.set(text, known.output);
      onHops?.(count, true);
    }
  }
  for (let start = 0; start < waiting.length; start += batch) {
    if (signal?.aborted) throw new InterruptedError("Back-translation was interrupted.");
    const asked = waiting.slice(start, start + batch);
    const outputs = await translator.translate(asked, from, to, signal);
    if (outputs.length !== asked.length) {
      throw new EngineError(
        `The translator ${translator.name} gave ${outputs.length} translations of ${asked.length} texts from ${from} to ${to}. It must give one for each text, in their order.`,
      );
    }
    for (const [i, text] of asked.entries()) {
      const output = oneLine(outputs[i]!);
      found.set(text, output);
      await cache?.add(keyOf(text), { from, to, output });
    }
    await cache?.flush();
    onHops?.(
      asked.reduce((sum, text) => sum + times.get(text)!, 0),
      false,
    );
  }
  return found;
}

function requireChain(chain: readonly string[]): void {
  const shown = chain.join(" → ");
  if (chain.length < 3 || chain[0] !== chain.at(-1)) {
    throw new RecipeError(`The chain ${shown} must lead over another language back to the first.`);
  }
  const still = chain.find((language, at) => language === chain[at + 1]);
  if (still !== undefined) {
    throw new RecipeError(`The chain ${shown} goes from ${still} to itself. Choose other languages (--via).`);
  }
}
