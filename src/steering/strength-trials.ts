import type { Engine, GenerationRequest } from "../engine/engine.js";
import type { Intervention } from "../engine/intervention.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import { compileSelection } from "../engine/selection.js";
import { sampled, seedFrom } from "../random/seeded-random.js";
import { mean } from "../score/statistics.js";
import { dotProduct } from "./direction.js";
import {
  calibrateJudge,
  type JudgedText,
  type Reading,
  readTexts,
  saladOf,
  type TextReading,
} from "./judge-texts.js";
import { compareDistributions } from "./proof-of-effect.js";
import type { StrengthCell } from "./strength-cells.js";
import type { RangeProgress, StrengthRangeOptions } from "./strength-range.js";
import { type Projection, shiftOf } from "./text-shift.js";

/** What trials need of an engine. */
export type TrialEngine = Pick<Engine, "nextToken" | "generate" | "logProbabilities" | "capture">;

/** A strength of a cell. */
export interface Trial {
  readonly cell: StrengthCell;
  readonly strength: number;
}

/** How far a strength moves the next token's distribution, the mean over the prompts; undefined if it leaves none. */
export type Comparison = { readonly totalVariation: number; readonly klDivergence: number } | undefined;

/** What the texts of a trial show. */
export interface WrittenTexts extends Reading {
  readonly texts: number;
  readonly example: string;
  readonly shift?: number | undefined;
  readonly shiftError?: number | undefined;
}

/** Tries strengths, beside the distributions and texts of the unsteered model, which it makes once. */
export interface StrengthTrials {
  compare(trials: readonly Trial[]): Promise<Comparison[]>;
  write(trials: readonly Trial[]): Promise<WrittenTexts[]>;
  /** The unsteered texts, once texts were written. */
  readonly unsteered: WrittenTexts | undefined;
  readonly notes: readonly string[];
  /** Written so far. */
  readonly written: { readonly texts: number; readonly tokens: number };
}

const TEXTS = 8;
const TOKENS = 24;
const SEQUENCES = 16;
/** Prompts whose next-token distributions are compared. */
const COMPARED = 4;
/** The engine keeps this many evaluated prompts; with more, each text evaluates its prompt anew. */
const KEPT_PROMPTS = 16;

/** The sizes that options leave open. */
export function sizesOf(options: Pick<StrengthRangeOptions, "texts" | "tokens" | "decoding" | "prompts">): {
  readonly texts: number;
  readonly tokens: number;
  readonly compared: number;
} {
  const { texts = TEXTS, tokens = Math.min(TOKENS, options.decoding.maxTokens), prompts } = options;
  if (!Number.isInteger(texts) || texts < 1 || !Number.isInteger(tokens) || tokens < 1) {
    throw new RangeError(`Strengths cannot be tried with ${texts} texts of ${tokens} tokens.`);
  }
  if (prompts.length === 0) throw new RangeError("Strengths cannot be tried without a prompt.");
  return { texts, tokens, compared: Math.min(COMPARED, texts, prompts.length) };
}

/** A text of a trial; without a trial, of the unsteered model. */
interface Item {
  readonly trial: Trial | undefined;
  /** Position in the options' list. */
  readonly prompt: number;
  readonly seed: number;
}

interface WrittenItem extends Item, JudgedText {
  /** By cell, for the cells that the text says something of. */
  readonly projections: ReadonlyMap<StrengthCell, Projection>;
}

interface Baseline {
  readonly items: readonly WrittenItem[];
  readonly judge: (texts: readonly JudgedText[]) => Reading;
  readonly notes: readonly string[];
}

/** @throws RangeError for options that allow no trial. */
export function createTrials(engine: TrialEngine, options: StrengthRangeOptions): StrengthTrials {
  const { texts, compared } = sizesOf(options);
  const all = options.prompts.map((_, prompt) => prompt);
  const prompts = sampled(all, Math.min(all.length, texts), seedFrom("range-prompts", options.seed));
  const plain: Float32Array[] = [];
  const written = { texts: 0, tokens: 0 };
  let baseline: Baseline | undefined;
  let unsteered: WrittenTexts | undefined;

  const itemsOf = (trial: Trial | undefined, count: number): Item[] =>
    Array.from({ length: count }, (_, index) => ({
      trial,
      prompt: prompts[index % prompts.length]!,
      seed: seedFrom("range-text", options.seed, index),
    }));

  const summaryOf = (items: readonly WrittenItem[], cell: StrengthCell | undefined): WrittenTexts => {
    const projected = (of: readonly WrittenItem[]) =>
      of.flatMap(({ projections }) => (cell && projections.get(cell)) ?? []);
    return {
      texts: items.length,
      example: items[0]!.text,
      ...baseline!.judge(items),
      ...(cell ? shiftOf(projected(items), projected(baseline!.items)) : undefined),
    };
  };

  return {
    get unsteered() {
      return unsteered;
    },
    get notes() {
      return baseline?.notes ?? [];
    },
    written,
    async compare(trials) {
      const report = counter(options, "comparing", compared * (trials.length + (plain.length === 0 ? 1 : 0)));
      const nextToken = async (prompt: number, interventions: readonly Intervention[]) => {
        const signal = options.signal ? { signal: options.signal } : {};
        const distribution = await retryAfterCrash("comparing distributions", () =>
          engine.nextToken(options.prompts[prompt]!.prompt, { interventions, ...signal }),
        );
        report();
        return distribution;
      };
      const some = prompts.slice(0, compared);
      if (plain.length === 0) for (const prompt of some) plain.push(await nextToken(prompt, []));
      const comparisons: Comparison[] = [];
      for (const { cell, strength } of trials) {
        const effects = [];
        for (const [at, prompt] of some.entries()) {
          const steered = await nextToken(prompt, cell.interventions(prompt, strength).map(everywhere));
          effects.push(compareDistributions(steered, plain[at]!));
        }
        const totalVariation = mean(effects.map((effect) => effect.totalVariation))!;
        const klDivergence = mean(effects.map((effect) => effect.klDivergence))!;
        comparisons.push(Number.isFinite(totalVariation) ? { totalVariation, klDivergence } : undefined);
      }
      return comparisons;
    },
    async write(trials) {
      if (trials.length === 0) return [];
      const items = [
        ...(baseline ? [] : itemsOf(undefined, 2 * texts)),
        ...trials.flatMap((trial) => itemsOf(trial, texts)),
      ];
      const plainTexts = await writeItems(engine, options, items, written);
      const judged = await readItems(engine, options, items, plainTexts);
      if (!baseline) {
        const own = judged.filter(({ trial }) => trial === undefined);
        const salad = await read(engine, options, saladOf(own, options.seed));
        baseline = { items: own, ...calibrateJudge(own, salad) };
        unsteered = summaryOf(own, undefined);
      }
      return trials.map((trial) =>
        summaryOf(
          judged.filter((item) => item.trial === trial),
          trial.cell,
        ),
      );
    },
  };
}

/** The first row of a text, in a prompt that is long enough for no other place to be the same. */
const FIRST_ROW = { token: -1, position: 0, promptLength: Number.MAX_SAFE_INTEGER };

/**
 * The same at every row, always, and as strongly as it ever acts: the prompt's end, where distributions are compared,
 * need not be a place that is steered. The first row is steered only if the selection picks it: it is many times as
 * long as the others, and a turn of it would count for more than all that is done to them.
 */
function everywhere(intervention: Intervention): Intervention {
  const { where, when, schedule, ...rest } = intervention;
  const picksFirst = compileSelection(where)?.(FIRST_ROW) ?? true;
  const place = picksFirst ? {} : { where: { exclude: [{ anchor: "start", to: 0 }] } as const };
  if (schedule === undefined) return { ...rest, ...place };
  const strongest = schedule.reduce((a, b) => (Math.abs(b.factor) > Math.abs(a.factor) ? b : a));
  return { ...rest, ...place, schedule: [{ token: 0, factor: strongest.factor }] };
}

function counter(
  { onProgress }: StrengthRangeOptions,
  part: RangeProgress["part"],
  total: number,
): () => void {
  let done = 0;
  return () => {
    done += 1;
    onProgress?.({ part, done, total });
  };
}

/** Writes texts with all trials mixed, as many prompts in a batch as the engine keeps evaluated. */
async function writeItems(
  engine: TrialEngine,
  options: StrengthRangeOptions,
  items: readonly Item[],
  written: { texts: number; tokens: number },
): Promise<string[]> {
  const { tokens } = sizesOf(options);
  // Requests that are steered alike share their interventions, by which the engine knows them.
  const shared = new Map<string, { index: number; request: GenerationRequest }[]>();
  const trials = [...new Set(items.map(({ trial }) => trial))];
  for (const [index, { trial, prompt, seed }] of items.entries()) {
    const key = `${trials.indexOf(trial)} ${prompt}`;
    const group = shared.get(key) ?? [];
    const interventions =
      group[0]?.request.interventions ?? trial?.cell.interventions(prompt, trial.strength) ?? [];
    group.push({ index, request: { prompt: options.prompts[prompt]!.prompt, seed, interventions } });
    shared.set(key, group);
  }
  const groups = [...shared.values()];
  const report = counter(options, "writing", items.length);
  const texts = new Array<string>(items.length).fill("");
  for (let at = 0; at < groups.length; at += KEPT_PROMPTS) {
    const batch = groups.slice(at, at + KEPT_PROMPTS).flat();
    const reported = new Set<number>();
    await retryAfterCrash("trying strengths", async () => {
      const completions = engine.generate(
        batch.map(({ request }) => request),
        {
          decoding: { ...options.decoding, maxTokens: tokens },
          sequences: options.sequences ?? SEQUENCES,
          ...(options.signal ? { signal: options.signal } : {}),
        },
      );
      for await (const completion of completions) {
        const { index } = batch[completion.index]!;
        texts[index] = completion.text.trim();
        if (reported.has(index)) continue;
        reported.add(index);
        written.texts += 1;
        written.tokens += completion.tokens;
        report();
      }
    });
  }
  return texts;
}

/** Reads texts with the unsteered model: how probable they are, and where they lie along the cells' directions. */
async function readItems(
  engine: TrialEngine,
  options: StrengthRangeOptions,
  items: readonly Item[],
  texts: readonly string[],
): Promise<WrittenItem[]> {
  const readings = await read(engine, options, texts);
  const projections = await retryAfterCrash("reading texts", () => project(engine, options, items, texts));
  return items.map((item, index) => ({
    ...item,
    text: texts[index]!,
    language: options.prompts[item.prompt]!.language,
    ...readings[index]!,
    projections: projections[index]!,
  }));
}

function read(
  engine: TrialEngine,
  options: StrengthRangeOptions,
  texts: readonly string[],
): Promise<TextReading[]> {
  return retryAfterCrash("reading texts", () =>
    readTexts(engine, texts, { signal: options.signal, onText: counter(options, "reading", texts.length) }),
  );
}

async function project(
  engine: TrialEngine,
  options: StrengthRangeOptions,
  items: readonly Item[],
  texts: readonly string[],
): Promise<Map<StrengthCell, Projection>[]> {
  const { cells, signal } = options;
  const projections = items.map(() => new Map<StrengthCell, Projection>());
  const layers = [...new Set(cells.flatMap(({ direction }) => direction?.layer ?? []))];
  const filled = items.flatMap((item, index) => (texts[index] === "" ? [] : [{ item, index }]));
  if (layers.length === 0 || filled.length === 0) return projections;
  const captures = engine.capture(
    filled.map(({ index }) => texts[index]!),
    { layers, pooling: "mean", ...(signal ? { signal } : {}) },
  );
  const report = counter(options, "reading", filled.length);
  for await (const { text, layer, values } of captures) {
    const { item, index } = filled[text]!;
    if (layer === layers.at(-1)) report();
    for (const cell of item.trial ? [item.trial.cell] : cells) {
      if (cell.direction?.layer !== layer) continue;
      const value = dotProduct(values, cell.direction.unit(item.prompt));
      projections[index]!.set(cell, { prompt: item.prompt, value });
    }
  }
  return projections;
}
