import { TillerError } from "../errors.js";
import { words } from "../language/words.js";
import { randomGenerator } from "../random/seeded-random.js";
import { bootstrapInterval, type Interval } from "./bootstrap.js";
import { coherenceOn } from "./coherence.js";
import { type DiversityOverLanguages, diversityOverLanguages } from "./diversity-over-languages.js";
import { harmonicMean } from "./harmonic.js";
import { referenceKey, type ScoreReference } from "./reference.js";
import { loopRate, repetition } from "./repetition.js";
import { mean } from "./statistics.js";
import { type AskedText, type Success, type SuccessChecks, setSuccess, textSuccess } from "./success.js";

/** A text to be scored. */
export interface ScoredText extends AskedText {
  /** Why the model stopped; gives the share of truncated texts. */
  readonly finish?: "end" | "stop" | "length";
}

export interface ScoreRequest extends SuccessChecks {
  readonly texts: readonly ScoredText[];
  /**
   * Mean log-probability per token (natural) of texts under the unsteered model, one for each of
   * `scoredIndices`. NaN for a text of one token. Left out, coherence is not measured.
   */
  readonly logProbabilities?: readonly number[];
  /** Which texts `logProbabilities` are of; left out, all of them. */
  readonly scoredIndices?: readonly number[];
  readonly reference: ScoreReference;
  /** Words at which distinct-n is compared; default the reference's. */
  readonly budget?: number;
  /** From 0 to 2³² − 1. */
  readonly seed: number;
}

/** Scores of one set of texts. A part that could not be measured is undefined, and a note says why. */
export interface ScoreCard {
  readonly success: Success & { readonly interval: Interval | undefined };
  readonly coherence: {
    /** Mean coherence of the scored texts, 0 to 1. A scored text without a word counts as 0. */
    readonly value: number | undefined;
    readonly interval: Interval | undefined;
    /** Mean coherence of the human texts on the same scale, for comparison. */
    readonly human: number | undefined;
    /** Mean log-probability per token of the scored texts. */
    readonly logProbability: number | undefined;
    /** Texts that `value` is the mean of. */
    readonly scored: number;
    /** Mean share of repeated trigrams, over all texts. */
    readonly repetition: number | undefined;
    /** Share of texts of whose trigrams more than 30 % repeat. */
    readonly loopRate: number | undefined;
    /** Share of texts cut off at the token limit, of those that say how they ended. */
    readonly truncatedRate: number | undefined;
    /** Share of texts without a word. */
    readonly emptyRate: number | undefined;
  };
  /** Mean over languages, weighted by their texts; the budgets are the smallest of any language. */
  readonly diversity: DiversityOverLanguages & {
    /** Value ± 1.96 standard errors, within 0 and 1. */
    readonly interval: Interval | undefined;
  };
  /** Harmonic mean of success, coherence and diversity (paper D); undefined when one of them is. */
  readonly harmonic: number | undefined;
  /**
   * Success and coherence are resampled. Resampled texts repeat, which would lower diversity: it gets a normal deviate of
   * its standard error in each resample instead.
   */
  readonly harmonicInterval: Interval | undefined;
  readonly texts: number;
  readonly words: number;
  readonly meanWords: number | undefined;
  readonly notes: readonly string[];
}

/** A text with what was measured of it. */
interface Measured extends ScoredText {
  readonly key: string;
  readonly tokens: readonly string[];
  readonly logProbability: number | undefined;
}

/**
 * Scores a set of texts: success, coherence and diversity, and their harmonic mean. Every part is from 0 to 1; the
 * order of the texts does not matter. Intervals are 95 % percentile bootstrap intervals of 500 resamples, but for
 * diversity's.
 *
 * @throws TillerError when log-probabilities and texts do not line up.
 * @throws RangeError for a seed out of its range.
 */
export function scoreTexts(request: ScoreRequest): ScoreCard {
  const { reference, seed } = request;
  const budget = request.budget ?? reference.budget;
  const notes = new Set<string>(reference.notes);
  const texts = measure(request);
  const count = texts.length;
  if (count === 0) notes.add("There are no texts to score.");

  const successes = texts.map((text) => textSuccess(text, text.tokens.length > 0, request));
  for (const language of new Set(texts.map((text) => text.language))) {
    if (request.supports && !request.supports(language)) {
      notes.add(`${language}: no language identification knows it, so the language was not checked.`);
    }
  }

  const coherences = texts.map((text) => textCoherence(text, reference));
  const success = setSuccess(successes);
  const coherence = mean(coherences.filter((value) => value !== undefined));
  if (count > 0 && coherence === undefined) {
    notes.add(
      request.logProbabilities === undefined
        ? "Coherence was not measured: there are no log-probabilities."
        : "Coherence was not measured: no scored text has both a log-probability and a calibrated language.",
    );
  }
  const diversity = diversityOverLanguages(texts, reference, { budget, seed }, notes);
  const parts = [success.value, coherence, diversity.value];
  const harmonic = parts.every((part) => part !== undefined) ? harmonicMean(parts) : undefined;
  if (count > 0 && harmonic === undefined) {
    const names = ["success", "coherence", "diversity"].filter((_, i) => parts[i] === undefined);
    notes.add(`There is no harmonic mean without ${names.join(" and ")}.`);
  }

  const successMean = (indices: Int32Array): number => meanAt(indices, (i) => successes[i]!.success)!;
  const coherenceMean = (indices: Int32Array): number | undefined => meanAt(indices, (i) => coherences[i]);
  const normal = normalDeviates(randomGenerator(seed));
  const finished = texts.filter((text) => text.finish !== undefined);
  const total = texts.reduce((sum, text) => sum + text.tokens.length, 0);
  const logProbabilities = texts.map((text) => text.logProbability).filter(isNumber);
  return {
    success: { ...success, interval: bootstrapInterval(count, successMean, { seed }) },
    coherence: {
      value: coherence,
      interval: coherence === undefined ? undefined : bootstrapInterval(count, coherenceMean, { seed }),
      human: mean(texts.map((text) => reference.languages.get(text.key)?.coherence).filter(isNumber)),
      logProbability: mean(logProbabilities),
      scored: coherences.filter((value) => value !== undefined).length,
      repetition: mean(texts.map((text) => repetition(text.tokens))),
      loopRate: loopRate(texts.map((text) => text.tokens)),
      truncatedRate: mean(finished.map((text) => (text.finish === "length" ? 1 : 0))),
      emptyRate: mean(texts.map((text) => (text.tokens.length === 0 ? 1 : 0))),
    },
    diversity: { ...diversity, interval: normalInterval(diversity) },
    harmonic,
    harmonicInterval:
      harmonic === undefined
        ? undefined
        : bootstrapInterval(
            count,
            (indices) => {
              const resampled = coherenceMean(indices);
              const moved = within(diversity.value! + normal() * (diversity.standardError ?? 0));
              return resampled === undefined
                ? undefined
                : harmonicMean([successMean(indices), resampled, moved]);
            },
            { seed },
          ),
    texts: count,
    words: total,
    meanWords: count === 0 ? undefined : total / count,
    notes: [...notes],
  };
}

/** 97.5th percentile of the standard normal distribution. */
const Z = 1.96;

function normalInterval({ value, standardError }: DiversityOverLanguages): Interval | undefined {
  if (value === undefined || standardError === undefined) return undefined;
  return { low: within(value - Z * standardError), high: within(value + Z * standardError) };
}

function within(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Standard normal deviates from uniform ones (Box and Muller 1958). */
function normalDeviates(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function measure({ texts, logProbabilities, scoredIndices }: ScoreRequest): Measured[] {
  const scored = new Map<number, number>();
  if (logProbabilities !== undefined) {
    const expected = scoredIndices?.length ?? texts.length;
    if (logProbabilities.length !== expected) {
      throw new TillerError(
        `There are ${expected} scored texts but ${logProbabilities.length} log-probabilities. Give one for each.`,
      );
    }
    for (const [i, value] of logProbabilities.entries()) {
      const index = scoredIndices?.[i] ?? i;
      if (!Number.isInteger(index) || index < 0 || index >= texts.length) {
        throw new TillerError(`Text ${index} is scored, but the texts are 0 to ${texts.length - 1}.`);
      }
      scored.set(index, value);
    }
  }
  const measured = texts.map((text, i): Measured => {
    const normal = text.text.normalize("NFC");
    return {
      ...text,
      text: normal,
      key: referenceKey(text.language),
      tokens: words(normal, text.language),
      logProbability: scored.get(i),
    };
  });
  // One order for every order that the texts may come in: sums and resamples are then the same to the last bit.
  return measured.sort(
    (a, b) =>
      compare(a.language, b.language) ||
      compare(a.label, b.label) ||
      compare(a.text, b.text) ||
      compare(a.finish ?? "", b.finish ?? "") ||
      compare(orderOf(a.logProbability), orderOf(b.logProbability)),
  );
}

function textCoherence(text: Measured, reference: ScoreReference): number | undefined {
  const scale = reference.languages.get(text.key)?.scale;
  if (scale === undefined || text.logProbability === undefined) return undefined;
  if (text.tokens.length === 0) return 0;
  if (Number.isNaN(text.logProbability)) return undefined;
  return coherenceOn(scale, text.logProbability, repetition(text.tokens));
}

function meanAt(indices: Int32Array, valueAt: (index: number) => number | undefined): number | undefined {
  let sum = 0;
  let count = 0;
  for (const index of indices) {
    const value = valueAt(index);
    if (value === undefined) continue;
    sum += value;
    count++;
  }
  return count === 0 ? undefined : sum / count;
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

function orderOf(logProbability: number | undefined): number {
  if (logProbability === undefined) return Number.POSITIVE_INFINITY;
  return Number.isNaN(logProbability) ? Number.MAX_VALUE : logProbability;
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
