import { baselineConfigurations, sweepConfigurations } from "../generate/configuration.js";
import type { Recipe } from "../recipe/schema.js";

/** What a run will do, before it does it. Tokens are counted as if every text went to its limit. */
export interface RunPlan {
  readonly configurations: readonly string[];
  readonly pilot: { readonly texts: number; readonly tokens: number };
  /** The data sets; texts that filters drop are written again, up to `mostTexts`. */
  readonly data: { readonly texts: number; readonly mostTexts: number; readonly tokens: number };
  /** Texts that are read again to be scored. */
  readonly scored: { readonly texts: number; readonly tokens: number };
  readonly texts: number;
  readonly tokens: number;
  /** Undefined while nothing is known of the model's speed here. */
  readonly seconds: number | undefined;
  readonly basis: string;
}

/** What is known of the model's speed. */
export interface SpeedFacts {
  /** Tokens a second that this machine wrote with this model before. */
  readonly measured?: number | undefined;
  readonly parameters?: number | undefined;
  readonly threads: number;
}

/**
 * Parameters × tokens that one thread of a usual processor gets through in a second when it writes a batch, from
 * TinyLlama (1.1 billion) at about 25 tokens a second on one thread. A rough figure; the first run measures it.
 */
const PARAMETER_TOKENS_PER_THREAD_SECOND = 27e9;
/** Reading a text is cheaper than writing one. */
const READING_SPEED = 1.5;

/** Number of parameters that a file name such as `qwen2.5-0.5b-instruct-q4_k_m.gguf` speaks of. */
export function parametersInName(name: string): number | undefined {
  const found = /(?:^|[^a-z0-9.])(\d+(?:\.\d+)?)([bm])(?![a-z0-9])/i.exec(name);
  return found ? Number(found[1]) * (found[2]!.toLowerCase() === "b" ? 1e9 : 1e6) : undefined;
}

function speedOf({ measured, parameters, threads }: SpeedFacts): { tokensPerSecond?: number; basis: string } {
  if (measured !== undefined) return { tokensPerSecond: measured, basis: "measured on this machine" };
  if (parameters === undefined) return { basis: "the model is not here yet" };
  return {
    tokensPerSecond: (PARAMETER_TOKENS_PER_THREAD_SECOND * threads) / parameters,
    basis: "a rough guess from the model's size; the first run measures it",
  };
}

/** Counts a run's texts and tokens and estimates its time. `layers` are blocks, or the recipe's entries if unknown. */
export function planRun(recipe: Recipe, layers: readonly number[], speed: SpeedFacts): RunPlan {
  const { samples, decoding, scoring, task } = recipe;
  const keys = task.labels.length * task.languages.length;
  const sweep = sweepConfigurations(recipe, layers);
  const arms = baselineConfigurations(recipe).length + (sweep.length > 0 ? 1 : 0);
  const pilotTexts = sweep.length * samples.pilotPerLabel * keys;
  const reused = sweep.length > 0 ? Math.min(samples.pilotPerLabel, samples.perLabel) * keys : 0;
  const dataTexts = arms * samples.perLabel * keys - reused;
  const mostTexts = arms * Math.ceil(samples.perLabel * samples.attempts) * keys - reused;
  const scoredTexts =
    2 * scoring.texts +
    sweep.length * Math.min(scoring.texts, samples.pilotPerLabel * keys) +
    arms * Math.min(scoring.texts, samples.perLabel * keys);
  const tokens = (texts: number) => texts * decoding.maxTokens;
  const { tokensPerSecond, basis } = speedOf(speed);
  const written = tokens(pilotTexts) + tokens(dataTexts);
  const read = tokens(scoredTexts);
  return {
    configurations: [...baselineConfigurations(recipe), ...sweep].map(({ name }) => name),
    pilot: { texts: pilotTexts, tokens: tokens(pilotTexts) },
    data: { texts: dataTexts, mostTexts, tokens: tokens(dataTexts) },
    scored: { texts: scoredTexts, tokens: read },
    texts: pilotTexts + dataTexts,
    tokens: written,
    seconds: tokensPerSecond === undefined ? undefined : (written + read / READING_SPEED) / tokensPerSecond,
    basis,
  };
}
