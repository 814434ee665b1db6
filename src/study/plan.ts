import { baselineConfigurations, sweepNames } from "../generate/configuration.js";
import type { GuidancePreset } from "../guidance/presets.js";
import { expertsOf, type GuidanceCell, guidanceCells, streamsOf } from "../recipe/guidance-axes.js";
import type { LayerSet } from "../recipe/layers.js";
import type { Recipe } from "../recipe/schema.js";
import { measuringCost } from "./measure-strengths.js";

/** What a run will do, before it does it. Tokens are counted as if every text went to its limit. */
export interface RunPlan {
  readonly configurations: readonly string[];
  readonly pilot: { readonly texts: number; readonly tokens: number };
  /** Short texts from which strengths are measured that the recipe leaves open. */
  readonly measured: { readonly texts: number; readonly tokens: number };
  /** The data sets; texts that filters drop are written again, up to `mostTexts`. */
  readonly data: { readonly texts: number; readonly mostTexts: number; readonly tokens: number };
  /** Texts that are read again to be scored. */
  readonly scored: { readonly texts: number; readonly tokens: number };
  readonly texts: number;
  readonly tokens: number;
  /** Undefined without guidance. */
  readonly guidance?: PlannedGuidance;
  /** Undefined while nothing is known of the model's speed here. */
  readonly seconds: number | undefined;
  readonly basis: string;
}

/** The grid of weights, and what it costs beyond the texts themselves. */
export interface PlannedGuidance {
  readonly preset: GuidancePreset;
  /** Weights that are tried, ascending; empty where the preset has none. */
  readonly gammas: readonly number[];
  readonly etas: readonly number[];
  /** Streams of the cell that has most: as many forward passes does each of its tokens take. */
  readonly streams: number;
  /** Models that are loaded, the recipe's own too; an adapter is none. */
  readonly models: number;
  /** Forward passes of all written tokens, each stream of a token counted. */
  readonly passes: number;
  /** Tokens of negative examples that are read, at most once for each text. */
  readonly negativeTokens: number;
}

/** What is known of the model's speed. */
export interface SpeedFacts {
  /** Tokens a second that this machine wrote with this model before. */
  readonly measured?: number | undefined;
  readonly parameters?: number | undefined;
  readonly threads: number;
  /** About so many tokens do a sample's negative examples have together. */
  readonly negativeTokens?: number | undefined;
}

/**
 * Parameters × tokens that one thread of a usual processor gets through in a second when it writes a batch, from
 * TinyLlama (1.1 billion) at about 25 tokens a second on one thread. A rough figure; the first run measures it.
 */
const PARAMETER_TOKENS_PER_THREAD_SECOND = 27e9;
/** Reading a text is cheaper than writing one. */
export const READING_SPEED = 1.5;

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

/** Counts a run's texts and tokens and estimates its time. `layers` are named as the recipe names them where the model's depth is unknown. */
export function planRun(recipe: Recipe, layers: readonly LayerSet[], speed: SpeedFacts): RunPlan {
  const { samples, decoding, scoring, task } = recipe;
  const keys = task.labels.length * task.languages.length;
  const sweep = sweepNames(recipe, layers);
  const tried = sweep.reduce((sum, { count }) => sum + count, 0);
  const arms = baselineConfigurations(recipe).length + (tried > 0 ? 1 : 0);
  const pilotTexts = tried * samples.pilotPerLabel * keys;
  const reused = tried > 0 ? Math.min(samples.pilotPerLabel, samples.perLabel) * keys : 0;
  const dataTexts = arms * samples.perLabel * keys - reused;
  const mostTexts = arms * Math.ceil(samples.perLabel * samples.attempts) * keys - reused;
  const scoredTexts =
    2 * scoring.texts +
    tried * Math.min(scoring.texts, samples.pilotPerLabel * keys) +
    arms * Math.min(scoring.texts, samples.perLabel * keys);
  const tokens = (texts: number) => texts * decoding.maxTokens;
  const { texts: measuredTexts = 0, tokens: measuredTokens = 0 } = measuringCost(recipe, layers) ?? {};
  const { tokensPerSecond, basis } = speedOf(speed);
  const written = tokens(pilotTexts) + tokens(dataTexts) + measuredTokens;
  const read = tokens(scoredTexts) + measuredTokens;
  const guidance = plannedGuidance(recipe, layers, written, keys, speed.negativeTokens ?? 0);
  const { passes = written, negativeTokens = 0 } = guidance ?? {};
  const seconds = (passes + (read + negativeTokens) / READING_SPEED) / (tokensPerSecond ?? Number.NaN);
  return {
    configurations: [...baselineConfigurations(recipe), ...sweep].map(({ name }) => name),
    measured: { texts: measuredTexts, tokens: measuredTokens },
    pilot: { texts: pilotTexts, tokens: tokens(pilotTexts) },
    data: { texts: dataTexts, mostTexts, tokens: tokens(dataTexts) },
    scored: { texts: scoredTexts, tokens: read },
    texts: measuredTexts + pilotTexts + dataTexts,
    tokens: written,
    ...(guidance ? { guidance } : {}),
    seconds: tokensPerSecond === undefined ? undefined : seconds,
    basis,
  };
}

/** Which cell is chosen is not known: its data set is counted as if it had most streams. */
function plannedGuidance(
  recipe: Recipe,
  layers: readonly LayerSet[],
  written: number,
  keys: number,
  tokensBefore: number,
): PlannedGuidance | undefined {
  if (!recipe.guidance) return undefined;
  const { samples, decoding } = recipe;
  const cells = guidanceCells(recipe.guidance);
  const streams = Math.max(...cells.map(streamsOf));
  const pilot = sweepNames(recipe, layers).map(({ count, guidance }) => ({
    texts: count * samples.pilotPerLabel * keys,
    guidance: guidance!,
  }));
  const dataTexts = Math.max(0, samples.perLabel - samples.pilotPerLabel) * keys;
  const more = (texts: number, passes: number) => texts * decoding.maxTokens * (passes - 1);
  const isNegative = ({ eta = 0 }: GuidanceCell) => eta > 0;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const negativeTexts =
    sum(pilot.map(({ texts, guidance }) => (isNegative(guidance) ? texts : 0))) +
    (cells.some(isNegative) ? dataTexts : 0);
  return {
    preset: recipe.guidance.preset,
    gammas: [...new Set(cells.flatMap(({ gamma }) => gamma ?? []))],
    etas: [...new Set(cells.flatMap(({ eta }) => eta ?? []))],
    streams,
    models: 1 + expertsOf(recipe.guidance).filter(({ expert }) => typeof expert === "string").length,
    passes:
      written +
      sum(pilot.map(({ texts, guidance }) => more(texts, streamsOf(guidance)))) +
      more(dataTexts, streams),
    negativeTokens: negativeTexts * tokensBefore,
  };
}
