import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Engine, ReadText } from "../engine/engine.js";
import type { Condition, Intervention } from "../engine/intervention.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import { factorAt } from "../engine/schedule.js";
import { compileSelection } from "../engine/selection.js";
import { RecipeError, StoreError } from "../errors.js";
import type { Configuration } from "../generate/configuration.js";
import { promptingOf } from "../recipe/guidance-axes.js";
import { ANY_LANGUAGE } from "../steering/class-means.js";
import { cosine, dotProduct, euclideanNorm } from "../steering/direction.js";
import { readJson } from "../store/read-json.js";
import { writeFileAtomic } from "../store/write-file.js";
import type { VectorSet } from "./build-vectors.js";
import { conditions, type StudyCondition, tokensOfPrompt, writingInterventions } from "./interventions.js";
import type { Study } from "./study.js";

/** Held-out texts that are put behind each prompt. */
const TEXTS = 4;
/** Log-probabilities have 32 bits: below this difference a token's has not changed. */
const LEAST_CHANGE = 1e-5;

const measuredSchema = z.object({
  over: z.enum(["row", "prompt"]),
  measure: z.enum(["cosine", "projection"]),
  /** Rows, or prompts, that the condition decided on, and at how many of them it was met. */
  tried: z.number(),
  met: z.number(),
  /** Smallest and largest value, in the recipe's unit. */
  least: z.number(),
  most: z.number(),
});
type Measured = z.infer<typeof measuredSchema>;

/** A prompt with a text behind it, and what is done while it is read. */
interface Trial {
  readonly text: ReadText;
  readonly promptLength: number;
  readonly interventions: readonly Intervention[];
  readonly own: StudyCondition;
}

/**
 * Shows, before any text is written, that the recipe's condition is met somewhere and that steering then changes what
 * the model says: on each label's and language's prompt, followed by texts that no vector was made from. Keeps how
 * often it was met in the run's `vectors/condition.json`, for the report. Where `where` and the schedule pick no row
 * of these texts, nothing is said.
 *
 * @throws RecipeError if it is met nowhere, or steering where it is met changes nothing
 */
export async function proveCondition(
  study: Study,
  vectors: VectorSet,
  configuration: Configuration,
): Promise<void> {
  const { when } = study.recipe.steering ?? {};
  if (when === undefined) return;
  const engine = await study.engine();
  const trials = await trialsOf(study, vectors, configuration, engine);
  const found = await retryAfterCrash("trying the condition", () => measure(engine, trials));
  if (found.rows === 0) return;
  const { over, measure: what, above, below } = when;
  const { tried, met, least, most } = found;
  const measured: Measured = { over, measure: what, tried, met, least, most };
  const asked = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ].join(" and ");
  if (met === 0) {
    throw new RecipeError(
      `steering.when: no text would be steered. ${valuesText(measured)}, and it must be ${asked}. Choose a ` +
        "threshold inside that interval, or another layer or direction.",
    );
  }
  if (!(await retryAfterCrash("trying the condition", () => changes(engine, trials)))) {
    throw new RecipeError(
      `steering.when: the condition is met at ${met} of ${tried} ${over === "row" ? "rows" : "prompts"} that were tried, and ` +
        "what the model says is the same with and without steering there. Choose a larger strength, or another condition.",
    );
  }
  await writeFileAtomic(fileOf(study), `${JSON.stringify(measured, null, 2)}\n`);
}

/** What the condition was found to do, for the report; nothing if it was not tried. */
export async function conditionNotes(study: Study): Promise<string[]> {
  const file = fileOf(study);
  if (study.recipe.steering?.when === undefined || !existsSync(file)) return [];
  try {
    const measured = await readJson(file, measuredSchema);
    const { over, tried, met } = measured;
    const everywhere = met === tried ? " It was met everywhere, so that it may as well be left out." : "";
    return [
      `steering.when was tried before the sweep, and met at ${met} of ${tried} ${over === "row" ? "rows of prompts and texts" : "prompts"}. ${valuesText(measured)}.${everywhere}`,
    ];
  } catch (error) {
    if (error instanceof StoreError) return [];
    throw error;
  }
}

function fileOf({ folder }: Study): string {
  return join(folder.vectors, "condition.json");
}

function valuesText({ over, measure, tried, least, most }: Measured): string {
  const rows = over === "row" ? `${tried} rows of prompts and held-out texts` : `${tried} prompts`;
  return `The ${measure} at ${rows} was ${short(least)} to ${short(most)}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Each prompt with some held-out texts of its language behind it; of every class some. */
async function trialsOf(
  study: Study,
  vectors: VectorSet,
  configuration: Configuration,
  engine: Engine,
): Promise<Trial[]> {
  const { recipe } = study;
  const interventionsFor = await writingInterventions(study, vectors);
  const conditionIn = conditions(study, vectors);
  const trials: Trial[] = [];
  for (const language of recipe.task.languages) {
    const answers = heldOutTexts(study, language);
    for (const label of recipe.task.labels) {
      const prompt = study.prompts(promptingOf(recipe), language, label);
      const interventions = interventionsFor(configuration, language, label);
      const promptLength = (await tokensOfPrompt(engine, prompt)).length;
      const room = Math.max(4, Math.min(recipe.decoding.maxTokens, recipe.model.context - promptLength - 1));
      for (const whole of answers) {
        const text = { prompt, answer: await shortened(engine, whole, room) };
        trials.push({ text, promptLength, interventions, own: conditionIn(language)! });
      }
    }
  }
  return trials;
}

/** The beginning of a text that is so many tokens long, or a few less. */
async function shortened(engine: Engine, text: string, tokens: number): Promise<string> {
  let characters = [...text];
  for (;;) {
    const found = (await engine.tokenize(characters.join(""))).length;
    if (found <= tokens || characters.length === 1) return characters.join("");
    characters = characters.slice(0, Math.max(1, Math.floor((0.9 * characters.length * tokens) / found)));
  }
}

function heldOutTexts({ materials }: Study, language: string): string[] {
  const { sets } = materials.split;
  const own = sets.filter((set) => set.language === language || set.language === ANY_LANGUAGE);
  const some = own.length > 0 ? own : sets;
  const each = Math.ceil(TEXTS / some.length);
  return some.flatMap((set) => set.heldOutTexts.slice(0, each)).slice(0, TEXTS);
}

interface Found {
  /** Rows that would be steered if the condition were always met. */
  rows: number;
  tried: number;
  met: number;
  least: number;
  most: number;
}

/**
 * Measures the condition as the engine does, but for the first row, on texts that are not steered: it looks at no layer
 * behind a steered one.
 */
async function measure(engine: Engine, trials: readonly Trial[]): Promise<Found> {
  const found: Found = {
    rows: 0,
    tried: 0,
    met: 0,
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
  };
  const prompts = new Set<unknown>();
  const { layer } = trials[0]!.own.condition;
  const texts = trials.map(({ text }) => text);
  for await (const { text, positions, tokens, values } of engine.capture(texts, {
    layers: [layer],
    pooling: "rows",
  })) {
    const { own, promptLength, interventions } = trials[text]!;
    const { condition, one } = own;
    const width = values.length / positions.length;
    const residual = (row: number) => values.subarray(row * width, (row + 1) * width);
    const [{ where, schedule }] = interventions as [Intervention];
    const selects = compileSelection(where);
    const numbers = [...positions.keys()];
    const length = positions.at(-1)! + 1;
    const steered = numbers.filter((row) => {
      const position = positions[row]!;
      // The last row changes nothing that is read.
      if (position === length - 1) return false;
      if (condition.over === "prompt" && position < promptLength - 1) return false;
      if (schedule && factorAt(schedule, position - promptLength) === 0) return false;
      return selects?.({ token: tokens[row]!, position, promptLength, length }) ?? true;
    });
    found.rows += steered.length;
    const count = (value: number) => {
      found.tried++;
      if (isMet(condition, value)) found.met++;
      found.least = Math.min(found.least, value / one);
      found.most = Math.max(found.most, value / one);
    };
    if (condition.over === "row") {
      for (const row of steered) count(conditionValue(condition, residual(row)));
      continue;
    }
    if (prompts.has(interventions)) continue;
    prompts.add(interventions);
    const prompt = numbers.filter((row) => positions[row]! < promptLength).map(residual);
    const mean = Float32Array.from(
      { length: width },
      (_, i) => prompt.reduce((sum, values) => sum + values[i]!, 0) / prompt.length,
    );
    count(conditionValue(condition, mean));
  }
  return found;
}

function conditionValue({ measure, vector }: Condition, residual: Float32Array): number {
  return measure === "cosine"
    ? cosine(residual, vector)
    : dotProduct(residual, vector) / euclideanNorm(vector);
}

function isMet({ above, below }: Condition, value: number): boolean {
  return (above === undefined || value > above) && (below === undefined || value < below);
}

/** Whether the interventions, with their condition, change the log-probability of any token. */
async function changes(engine: Engine, trials: readonly Trial[]): Promise<boolean> {
  const groups = new Map<readonly Intervention[], Trial[]>();
  for (const trial of trials)
    groups.set(trial.interventions, [...(groups.get(trial.interventions) ?? []), trial]);
  for (const [interventions, own] of groups) {
    const texts = own.map(({ text }) => text);
    const plain = await logProbabilities(engine, texts, []);
    const steered = await logProbabilities(engine, texts, interventions);
    const changed = plain.some((values, text) =>
      values.some((value, i) => !(Math.abs(value - steered[text]![i]!) < LEAST_CHANGE)),
    );
    if (changed) return true;
  }
  return false;
}

async function logProbabilities(
  engine: Engine,
  texts: readonly ReadText[],
  interventions: readonly Intervention[],
): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for await (const { text, values } of engine.logProbabilities(texts, { interventions }))
    found[text] = values;
  return found;
}
