import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Engine } from "../engine/engine.js";
import { LlamaEngine } from "../engine/llama/llama-engine.js";
import { ModelError, StoreError } from "../errors.js";
import {
  baselineConfigurations,
  type Configuration,
  sweepConfigurations,
} from "../generate/configuration.js";
import type { Workshop } from "../generate/job.js";
import { createPromptBook, type PromptBook } from "../generate/prompt-book.js";
import { type GgufFile, metadataNumber, metadataString, readGguf } from "../gguf/read.js";
import { createIdentifier, type Identifier } from "../language/identify.js";
import type { DownloadProgress } from "../models/progress.js";
import { type ModelFile, resolveModel } from "../models/resolve.js";
import { parseSource } from "../models/source.js";
import { resolveLayers } from "../recipe/layers.js";
import { type LoadedRecipe, loadRecipe } from "../recipe/load.js";
import type { Recipe } from "../recipe/schema.js";
import { Journal } from "../store/journal.js";
import { openRun, type RunFolder, readRun } from "../store/run-folder.js";
import { VERSION } from "../version.js";
import { type Materials, readMaterials } from "./materials.js";
import { type Progress, SILENT } from "./progress.js";
import type { ReportedModel } from "./report/run-report.js";

export interface StudyOptions {
  /** Run folder; default is the recipe's, or runs/NAME in the current folder. */
  readonly output?: string | undefined;
  readonly progress?: Progress | undefined;
  /** Aborting stops at once; what is not whole is written again on resuming. */
  readonly signal?: AbortSignal | undefined;
  /** Asked between jobs: true stops there. */
  readonly stopping?: (() => boolean) | undefined;
  /** Told when jobs begin and end: only while texts are written is there something worth finishing. */
  readonly onWriting?: ((writing: boolean) => void) | undefined;
  readonly onDownload?: ((progress: DownloadProgress) => void) | undefined;
}

/** The folder that a recipe's run is kept in. */
export function outputFolder(recipe: Recipe, output?: string): string {
  return resolve(output ?? recipe.output ?? join("runs", recipe.name));
}

/** The model source of a recipe; a file is relative to the recipe's folder. */
export function modelSource({ recipe, directory }: LoadedRecipe): string {
  const source = parseSource(recipe.model.source);
  return source.kind === "file" ? `file:${resolve(directory, source.path)}` : recipe.model.source;
}

/** What a model file says of itself, without loading it. */
function readFacts(file: GgufFile, name: string, sha256: string): ReportedModel {
  const architecture = metadataString(file, "general.architecture") ?? "unknown";
  const number = (key: string) => {
    const value = metadataNumber(file, `${architecture}.${key}`);
    if (value === undefined) {
      throw new ModelError(`${file.path} is no language model: it does not say ${architecture}.${key}.`);
    }
    return value;
  };
  const shape = { layers: number("block_count"), width: number("embedding_length") };
  return { name, file: file.path, sha256, architecture, ...shape };
}

/** A recipe with its model, texts and run folder: what the stages of a run share. */
export class Study implements AsyncDisposable {
  readonly loaded: LoadedRecipe;
  readonly materials: Materials;
  readonly model: ModelFile;
  readonly facts: ReportedModel;
  readonly folder: RunFolder;
  readonly journal: Journal;
  readonly identifier: Identifier;
  readonly prompts: PromptBook;
  readonly baselines: readonly Configuration[];
  readonly sweep: readonly Configuration[];
  readonly options: StudyOptions;
  readonly progress: Progress;
  #engine: LlamaEngine | undefined;

  private constructor(parts: {
    loaded: LoadedRecipe;
    materials: Materials;
    model: ModelFile;
    folder: RunFolder;
    journal: Journal;
    identifier: Identifier;
    facts: ReportedModel;
    options: StudyOptions;
  }) {
    const { recipe, demonstrations } = parts.materials;
    this.loaded = parts.loaded;
    this.materials = parts.materials;
    this.model = parts.model;
    this.facts = parts.facts;
    this.folder = parts.folder;
    this.journal = parts.journal;
    this.identifier = parts.identifier;
    this.options = parts.options;
    this.progress = parts.options.progress ?? SILENT;
    this.prompts = createPromptBook(recipe, demonstrations);
    this.baselines = baselineConfigurations(recipe);
    this.sweep = sweepConfigurations(recipe, resolveLayers(recipe.steering.layers, parts.facts.layers));
  }

  /**
   * Opens a run: reads the recipe and its texts, finds the model, and takes the run folder for this process.
   * `recipePath` may also be the folder of an earlier run.
   *
   * @throws RecipeError, ModelError, StoreError
   */
  static async open(recipePath: string, options: StudyOptions = {}): Promise<Study> {
    const loaded = await loadRecipe(recipePath);
    const materials = await readMaterials(loaded);
    const model = await resolveModel(modelSource(loaded), {
      sha256: loaded.recipe.model.sha256,
      signal: options.signal,
      onProgress: options.onDownload,
    });
    const facts = readFacts(readGguf(model.path), loaded.recipe.model.source, model.sha256);
    resolveLayers(materials.recipe.steering.layers, facts.layers);
    const folder = await openRun(outputFolder(loaded.recipe, options.output), {
      name: loaded.recipe.name,
      version: VERSION,
      fingerprint: createHash("sha256").update(`${loaded.fingerprint} ${model.sha256}`).digest("hex"),
      recipeText: loaded.text,
      recipeFile: loaded.file,
      files: {
        ...Object.fromEntries(loaded.hashes),
        model: model.sha256,
      },
      create: true,
    });
    try {
      const journal = await Journal.open(folder.journal);
      const identifier = await createIdentifier();
      return new Study({ loaded, materials, model, folder, journal, identifier, facts, options });
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  get recipe(): Recipe {
    return this.materials.recipe;
  }

  /** The engine, started when it is first needed. */
  readonly engine = async (): Promise<Engine> => {
    const { context, threads, gpuLayers } = this.recipe.model;
    this.#engine ??= await LlamaEngine.open({
      path: this.model.path,
      sha256: this.model.sha256,
      context,
      ...(threads === undefined ? {} : { threads }),
      ...(gpuLayers === undefined ? {} : { gpuLayers }),
    });
    return this.#engine;
  };

  /** What jobs need, with the interventions that the vectors give. */
  async workshop(interventions: Workshop["interventions"]): Promise<Workshop> {
    return { engine: await this.engine(), recipe: this.recipe, prompts: this.prompts, interventions };
  }

  /** Finds a configuration by its name. */
  configuration(name: string): Configuration | undefined {
    return [...this.baselines, ...this.sweep].find((configuration) => configuration.name === name);
  }

  async close(): Promise<void> {
    await this.#engine?.close();
    await this.journal.close();
    await this.folder.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * The recipe that a path means: the file itself, or the recipe that a run folder was made from.
 * @throws StoreError if it is a folder and no run's
 */
export async function recipeOf(path: string): Promise<{ recipe: string; output?: string }> {
  if (!(existsSync(path) && statSync(path).isDirectory())) return { recipe: path };
  const { description } = await readRun(path);
  if (description.recipe === undefined || !existsSync(description.recipe)) {
    throw new StoreError(
      `The recipe of ${path} is gone${description.recipe ? ` from ${description.recipe}` : ""}. Name the recipe file instead, with --output ${path}.`,
    );
  }
  return { recipe: description.recipe, output: path };
}
