import type { Engine } from "../engine/engine.js";
import { words } from "../language/words.js";
import { seedFrom } from "../random/seeded-random.js";
import { type CoherenceScale, coherenceOn, coherenceScale } from "../score/coherence.js";
import { loopRate, repetition } from "../score/repetition.js";
import { shuffleWords } from "../score/shuffle.js";
import { mean } from "../score/statistics.js";

/** What the unsteered model makes of a text. */
export interface TextReading {
  /** Mean log-probability per token (natural); NaN for a text of no token, or of one in a model without BOS. */
  readonly logProbability: number;
  /** Tokens that the mean is over. */
  readonly tokens: number;
}

/** A text that was written and read. */
export interface JudgedText extends TextReading {
  readonly text: string;
  readonly language: string | undefined;
}

/** How a set of texts reads, beside unsteered texts. */
export interface Reading {
  /**
   * 1 for the unsteered texts themselves, 0 for word salad made of them; undefined if the model tells the two apart
   * in none of the texts' languages.
   */
  readonly coherence: number | undefined;
  /** exp of minus the mean log-probability of all their tokens; undefined if there are none. */
  readonly perplexity: number | undefined;
  /** Share of texts that repeat themselves. */
  readonly loops: number;
  /** Mean length of a text. */
  readonly tokens: number;
}

/** What the unsteered model makes of texts, in their order. */
export async function readTexts(
  engine: Pick<Engine, "logProbabilities">,
  texts: readonly string[],
  options: { readonly signal?: AbortSignal | undefined; readonly onText?: () => void } = {},
): Promise<TextReading[]> {
  const readings = texts.map((): TextReading => ({ logProbability: Number.NaN, tokens: 0 }));
  const filled = texts.flatMap((text, index) => (text === "" ? [] : [{ text, index }]));
  for (let empty = filled.length; empty < texts.length; empty += 1) options.onText?.();
  for await (const { text, values } of engine.logProbabilities(
    filled.map(({ text }) => text),
    options.signal ? { signal: options.signal } : {},
  )) {
    const sum = values.reduce((total, value) => total + value, 0);
    readings[filled[text]!.index] = { logProbability: sum / values.length, tokens: values.length };
    options.onText?.();
  }
  return readings;
}

/** Word salad of texts: what is read to calibrate a judge. In the texts' order. */
export function saladOf(texts: readonly JudgedText[], seed: number): string[] {
  return texts.map(({ text, language }, index) =>
    shuffleWords(text, seedFrom("salad", seed, index), language),
  );
}

/**
 * A judge of texts, calibrated on unsteered texts (coherence 1) and on word salad made of them (coherence 0), for
 * each language by itself: log-probabilities do not compare between languages. A text counts by its tokens: what the
 * model makes of three words is mostly chance.
 *
 * @param salad readings of `saladOf(unsteered)`.
 */
export function calibrateJudge(
  unsteered: readonly JudgedText[],
  salad: readonly TextReading[],
): { readonly judge: (texts: readonly JudgedText[]) => Reading; readonly notes: readonly string[] } {
  const scales = new Map<string | undefined, CoherenceScale | undefined>();
  const notes: string[] = [];
  for (const language of new Set(unsteered.map((text) => text.language))) {
    const own = unsteered.flatMap((text, index) => (text.language === language ? [{ text, index }] : []));
    const scale = coherenceScale({
      human: own.map(({ text }) => text.logProbability),
      shuffled: own.map(({ index }) => salad[index]!.logProbability),
      repetition: mean(own.map(({ text }) => repetitionOf(text))) ?? 0,
    });
    scales.set(language, scale);
    if (scale === undefined) {
      notes.push(
        `${language === undefined ? "" : `${language}: `}the model finds its own texts no more probable than the same words shuffled, so that it cannot judge where texts break.`,
      );
    }
  }
  const usualTokens = weightedMean(unsteered.map(({ tokens }) => ({ value: tokens, weight: 1 }))) ?? 0;
  const coherenceOf = (texts: readonly JudgedText[]) =>
    weightedMean(
      texts.flatMap((text) => {
        const scale = scales.get(text.language);
        if (scale === undefined) return [];
        // A text of nothing to read is what is left when the model falls silent. It weighs as much as a usual one.
        if (Number.isNaN(text.logProbability)) return [{ value: 0, weight: usualTokens }];
        const value = coherenceOn(scale, text.logProbability, repetitionOf(text));
        return [{ value, weight: text.tokens }];
      }),
    );
  // Half of the unsteered texts lie below their median, so that their mean is below 1.
  const usual = coherenceOf(unsteered);
  const judge = (texts: readonly JudgedText[]): Reading => {
    const coherence = coherenceOf(texts);
    const level = weightedMean(
      texts.map(({ logProbability, tokens }) => ({
        value: tokens === 0 ? 0 : logProbability,
        weight: tokens,
      })),
    );
    return {
      coherence: coherence === undefined || !usual ? undefined : coherence / usual,
      perplexity: level === undefined ? undefined : Math.exp(-level),
      loops: loopRate(texts.map(({ text, language }) => words(text, language))) ?? 0,
      tokens: weightedMean(texts.map(({ tokens }) => ({ value: tokens, weight: 1 }))) ?? 0,
    };
  };
  return { judge, notes };
}

/** Undefined if nothing has a weight. */
function weightedMean(
  items: readonly { readonly value: number; readonly weight: number }[],
): number | undefined {
  const weights = items.reduce((sum, { weight }) => sum + weight, 0);
  return weights > 0
    ? items.reduce((sum, { value, weight }) => sum + value * weight, 0) / weights
    : undefined;
}

function repetitionOf({ text, language }: JudgedText): number {
  return repetition(words(text, language));
}
