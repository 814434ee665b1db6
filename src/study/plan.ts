import { baselineConfigurations, sweepNames } from "../generate/configuration.js";
import type { GuidancePreset } from "../guidance/presets.js";
import { expertsOf, type GuidanceCell, guidanceCells, streamsOf } from "../recipe/guidance-axes.js";
import type { LayerSet } from "../recipe/layers.js";
import type { Recipe } from "../recipe/schema.js";
import { measuringCost } from "./measure-strengths.js";
import { authenticityTexts } from "./measures.js";
import { judgedTexts } from "./measures-judge.js";

import { type Round, searchRounds, textsOfRounds } from "./search-rounds.js";

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
  /** Texts that a judge rates, and what the model reads for it; undefined without a judge. */
  readonly judged?: { readonly texts: number; readonly tokens: number };
  /** Of one core, for the measures that need no model. */
  readonly measuringSeconds: number;
  readonly texts: number;
  readonly tokens: number;
  /** How the sweep is searched, and how many configurations get data sets; undefined without `study`. */
  readonly search?: { readonly rounds: readonly Round[]; readonly dataSets: number };
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
  const rounds = plannedRounds(recipe, tried);
  const best = rounds.length === 0 ? 0 : dataSetsOfSweep(recipe, tried);
  const arms = baselineConfigurations(recipe).length + best;
  const pilotTexts = textsOfRounds(rounds) * keys;
  const reused = best * Math.min(samples.pilotPerLabel, samples.perLabel) * keys;
  const dataTexts = arms * samples.perLabel * keys - reused;
  const mostTexts = arms * Math.ceil(samples.perLabel * samples.attempts) * keys - reused;
  const scoredTexts =
    2 * scoring.texts +
    rounds.reduce(
      (sum, round) => sum + round.configurations * Math.min(scoring.texts, round.texts * keys),
      0,
    ) +
    arms * Math.min(scoring.texts, samples.perLabel * keys);
  const tokens = (texts: number) => Math.ceil(texts / samples.perCall) * decoding.maxTokens;
  const { texts: measuredTexts = 0, tokens: measuredTokens = 0 } = measuringCost(recipe, layers) ?? {};
  const { tokensPerSecond, basis } = speedOf(speed);
  const written = tokens(pilotTexts) + tokens(dataTexts) + measuredTokens;
  const read = tokens(scoredTexts) + measuredTokens;
  const guidance = plannedGuidance(recipe, layers, written, keys, speed.negativeTokens ?? 0);
  const { passes = written, negativeTokens = 0 } = guidance ?? {};
  const judged = plannedJudge(recipe, arms);
  const measuringSeconds = secondsOfMeasuring(recipe, arms);
  const readTokens = read + negativeTokens + (judged?.tokens ?? 0);
  const seconds = (passes + readTokens / READING_SPEED) / (tokensPerSecond ?? Number.NaN) + measuringSeconds;
  return {
    configurations: [...baselineConfigurations(recipe), ...sweep].map(({ name }) => name),
    measured: { texts: measuredTexts, tokens: measuredTokens },
    pilot: { texts: pilotTexts, tokens: tokens(pilotTexts) },
    data: { texts: dataTexts, mostTexts, tokens: tokens(dataTexts) },
    scored: { texts: scoredTexts, tokens: read },
    ...(judged ? { judged } : {}),
    ...(recipe.study ? { search: { rounds, dataSets: best } } : {}),
    measuringSeconds,
    texts: measuredTexts + pilotTexts + dataTexts,
    tokens: written,
    ...(guidance ? { guidance } : {}),
    seconds: tokensPerSecond === undefined ? undefined : seconds,
    basis,
  };
}

/** The rounds of the recipe's search, or its pilot as the one round; none without a sweep. */
function plannedRounds({ study, samples }: Recipe, sweep: number): Round[] {
  const texts = samples.pilotPerLabel;
  if (sweep === 0) return [];
  if (study === undefined) return [{ texts, configurations: sweep }];
  const drawn = study.search === "random" ? (study.configurations ?? sweep) : sweep;
  return searchRounds(study, Math.min(sweep, drawn), texts);
}

/** How many configurations of a sweep get data sets. */
export function dataSetsOfSweep({ study }: Recipe, sweep: number): number {
  const { best = 1 } = study ?? {};
  return best === "all" ? sweep : Math.min(best, sweep);
}

/** Seconds of a usual core for the lexical measures and the n-gram embeddings of a text and of a human one beside it. */
const SECONDS_PER_TEXT = 0.006;
/** Seconds for telling 200 texts of a side from human ones; the time grows with the square. */
const SECONDS_OF_200 = 7.5;

/** As if there were as many human texts as are compared. The sweep's configurations are not measured further. */
function secondsOfMeasuring({ task, samples, scoring }: Recipe, arms: number): number {
  const languages = task.languages.length;
  const texts = samples.perLabel * task.labels.length;
  const compared = Math.min(authenticityTexts(languages), texts);
  const authenticity = scoring.authenticity ? SECONDS_OF_200 * (compared / 200) ** 2 : 0;
  return arms * languages * (SECONDS_PER_TEXT * texts + authenticity);
}

/** Tokens of a judge's question without the text: the instruction, the rubric and the rest of the prompt. */
const QUESTION_TOKENS = 200;
/** Three criteria, each with the rubric in both orders. */
const QUESTIONS = 6;

/** A judge behind an endpoint costs this machine nothing. Human texts are rated once, beside all data sets. */
function plannedJudge(recipe: Recipe, arms: number): RunPlan["judged"] {
  const { scoring, task, samples, decoding } = recipe;
  if (scoring.judge === undefined) return undefined;
  const most = Math.min(judgedTexts(recipe), samples.perLabel * task.labels.length);
  const texts = (arms + 1) * task.languages.length * most;
  const tokens = texts * QUESTIONS * (QUESTION_TOKENS + decoding.maxTokens);
  return { texts, tokens: scoring.judge === "local" ? tokens : 0 };
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
