import type { Completion, Engine, Prompt } from "../engine/engine.js";
import { LlamaEngine } from "../engine/llama/llama-engine.js";
import { ModelError } from "../errors.js";
import { callForm, textsOfCall } from "../generate/call-texts.js";
import type { Prompting } from "../generate/configuration.js";
import { createPromptBook } from "../generate/prompt-book.js";
import type { DownloadProgress } from "../models/progress.js";
import { type ModelFile, type ResolveOptions, resolveModel } from "../models/resolve.js";
import { parseSource } from "../models/source.js";
import { seedFrom } from "../random/seeded-random.js";
import { type LoadedRecipe, loadRecipe } from "../recipe/load.js";
import type { Recipe } from "../recipe/schema.js";
import { findTemplate } from "../tasks/templates.js";
import { promptingsOf } from "./check-materials.js";
import { readMaterials } from "./materials.js";
import { type Progress, SILENT } from "./progress.js";
import { modelSource, recipeOf, runTitle } from "./study.js";

/** Texts that are written for a preview unless it is told otherwise. */
const SAMPLES = 3;

export interface PreviewOptions {
  readonly variant?: string | undefined;
  /** Every label; left out, the first one. */
  readonly all?: boolean | undefined;
  /** Texts to write, from the shown prompts in turn, without steering or guidance; default 3, 0 for none. */
  readonly samples?: number | undefined;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onDownload?: ((progress: DownloadProgress) => void) | undefined;
}

export interface PromptPreview {
  readonly prompting: Prompting;
  readonly language: string;
  readonly label: string;
  /** Text, or messages for the model's chat template. */
  readonly prompt: Prompt;
  /** What the model reads: the messages in its chat template. Undefined while the model is not on this machine. */
  readonly text?: string;
  /** Tokens of it. */
  readonly tokens?: number;
  /** Tokens that the context has for what is written after it. */
  readonly room?: number;
  readonly samples: readonly SamplePreview[];
}

export interface SamplePreview {
  /** As the model wrote it. */
  readonly written: string;
  /** The rows that it gives, before the filters: one, or as many as the call was asked for. */
  readonly texts: readonly string[];
  readonly tokens: number;
  readonly finish: Completion["finish"];
}

export interface RecipePreview {
  readonly recipe: string;
  /** The recipe's name, and its variant's. */
  readonly name: string;
  readonly variant?: string;
  readonly model: string;
  readonly modelIsHere: boolean;
  /** Tokens of prompt and text together. */
  readonly context: number;
  /** Longest text, in tokens. */
  readonly maxTokens: number;
  readonly perCall: number;
  readonly prompts: readonly PromptPreview[];
  readonly notes: readonly string[];
}

/**
 * The prompts of a recipe as its model will see them, for each way of prompting and each language with the first label,
 * and a few texts that the model writes for them. Makes no run folder and no vectors. With no samples the model is
 * opened to count tokens, and is not fetched for it.
 *
 * @throws RecipeError as a run would; ModelError; EngineError
 */
export async function previewRecipe(path: string, options: PreviewOptions = {}): Promise<RecipePreview> {
  const { recipe: file, variant = options.variant } = await recipeOf(path);
  const loaded = await loadRecipe(file, { variant });
  const { recipe, demonstrations, notes } = await readMaterials(loaded);
  const prompts = previewedPrompts(recipe, createPromptBook(recipe, demonstrations), options.all === true);
  const { samples = SAMPLES } = options;
  const model = await modelFor(loaded, samples > 0, options);
  const { context } = recipe.model;
  const seen = model
    ? await onEngine(model, recipe, (engine) => seeing(engine, recipe, prompts, samples, options))
    : prompts;
  return {
    recipe: loaded.file,
    name: runTitle(loaded),
    ...(loaded.variant === undefined ? {} : { variant: loaded.variant }),
    model: recipe.model.source,
    modelIsHere: model !== undefined,
    context,
    maxTokens: recipe.decoding.maxTokens,
    perCall: recipe.samples.perCall,
    prompts: seen,
    notes: [...notes, ...chatNotes(recipe), ...roomNotes(seen, recipe)],
  };
}

function previewedPrompts(
  recipe: Recipe,
  prompts: ReturnType<typeof createPromptBook>,
  all: boolean,
): PromptPreview[] {
  const { labels, languages } = recipe.task;
  return promptingsOf(recipe).flatMap((prompting) =>
    languages.flatMap((language) =>
      (all ? labels : labels.slice(0, 1)).map((label) => ({
        prompting,
        language,
        label,
        prompt: prompts(prompting, language, label),
        samples: [],
      })),
    ),
  );
}

/** The model file; undefined if it is not here and is not needed. */
async function modelFor(
  loaded: LoadedRecipe,
  fetched: boolean,
  { signal, onDownload }: PreviewOptions,
): Promise<ModelFile | undefined> {
  const source = modelSource(loaded);
  const found: ResolveOptions = { sha256: loaded.recipe.model.sha256, signal, onProgress: onDownload };
  try {
    return await resolveModel(source, fetched ? found : { ...found, offline: true });
  } catch (error) {
    if (!fetched && error instanceof ModelError && parseSource(source).kind !== "file") return undefined;
    throw error;
  }
}

async function onEngine<T>(
  { path, sha256 }: ModelFile,
  { model }: Recipe,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const { context, threads, gpuLayers } = model;
  const engine = await LlamaEngine.open({
    path,
    sha256,
    context,
    ...(threads === undefined ? {} : { threads }),
    ...(gpuLayers === undefined ? {} : { gpuLayers }),
  });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

/** What the model reads, and what it writes. */
async function seeing(
  engine: Engine,
  recipe: Recipe,
  prompts: readonly PromptPreview[],
  samples: number,
  { signal, progress = SILENT }: PreviewOptions,
): Promise<PromptPreview[]> {
  const seen: (PromptPreview & { room: number })[] = [];
  for (const each of prompts) {
    const tokens = (await engine.promptTokens(each.prompt)).length;
    const room = Math.max(0, recipe.model.context - tokens);
    seen.push({ ...each, text: await engine.render(each.prompt), tokens, room });
  }
  // A prompt that fills the context is refused, and a note says so.
  const usable = seen.flatMap(({ room }, place) => (room > 0 ? [place] : []));
  if (samples === 0 || usable.length === 0) return seen;
  const places = Array.from({ length: samples }, (_, i) => usable[i % usable.length]!);
  const requests = places.map((place, i) => ({
    prompt: seen[place]!.prompt,
    seed: seedFrom(recipe.seed, "preview", i),
  }));
  const settings = { decoding: recipe.decoding, sequences: Math.min(samples, recipe.model.sequences) };
  const task = progress.begin("Writing texts", samples, "texts");
  const completions: Completion[] = [];
  try {
    for await (const completion of engine.generate(requests, {
      ...settings,
      ...(signal ? { signal } : {}),
    })) {
      completions.push(completion);
      task.advance(1, completion.tokens);
    }
  } finally {
    task.end();
  }
  completions.sort((first, second) => first.index - second.index);
  return seen.map((each, place) => ({
    ...each,
    samples: completions
      .filter(({ index }) => places[index] === place)
      .map((completion) => sampleOf(completion, recipe, each.language)),
  }));
}

function sampleOf(completion: Completion, recipe: Recipe, language: string): SamplePreview {
  const { text, tokens, finish } = completion;
  const rows = textsOfCall(completion, { ...callForm(recipe), language });
  return { written: text, texts: rows.map((row) => row.text), tokens, finish };
}

function chatNotes({ task }: Recipe): string[] {
  const { chat = "template" } = findTemplate(task.prompt);
  if (typeof task.prompt !== "string" || chat === "template" || chat === task.chat) return [];
  return [`task.chat: ${task.prompt} is used with ${chat} by its source, and this recipe has ${task.chat}.`];
}

function roomNotes(prompts: readonly PromptPreview[], { model, decoding }: Recipe): string[] {
  const least = prompts.reduce<PromptPreview | undefined>(
    (least, each) => ((each.room ?? Infinity) < (least?.room ?? Infinity) ? each : least),
    undefined,
  );
  if (least?.room === undefined || least.room >= decoding.maxTokens) return [];
  const which = `the ${least.prompting} prompt for ${least.label} (${least.language}) has ${least.tokens} tokens`;
  return [
    least.room === 0
      ? `model.context: ${which} and fills the context of ${model.context}, so that nothing can be written. Raise it.`
      : `model.context: ${which}, which leaves ${least.room} of ${model.context}: texts end there, before the ` +
        `${decoding.maxTokens} of decoding.maxTokens. Raise the one or lower the other.`,
  ];
}
