import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Engine } from "../engine/engine.js";
import { LlamaEngine } from "../engine/llama/llama-engine.js";
import { StoreError } from "../errors.js";
import {
  baselineConfigurations,
  type Configuration,
  measuresStrengths,
  type SweepCell,
  sweepConfigurations,
} from "../generate/configuration.js";
import type { HumanMaterial, Workshop } from "../generate/job.js";
import { createPromptBook, type PromptBook } from "../generate/prompt-book.js";
import { readGguf } from "../gguf/read.js";
import { createIdentifier, type Identifier } from "../language/identify.js";
import type { DownloadProgress } from "../models/progress.js";
import { type ModelFile, resolveModel } from "../models/resolve.js";
import { textFingerprint } from "../recipe/fingerprint.js";
import { type LayerSet, resolveSteering } from "../recipe/layers.js";
import { type LoadedRecipe, loadRecipe } from "../recipe/load.js";
import type { Recipe } from "../recipe/schema.js";
import { Journal } from "../store/journal.js";
import { openRun, type RunFolder, readRun } from "../store/run-folder.js";
import { VERSION } from "../version.js";
import { absoluteSource, resolveExperts, type StudyExpert } from "./experts.js";
import { type GivenVector, readGivenVectors } from "./given-vectors.js";
import { type Materials, readMaterials, realTexts } from "./materials.js";
import { readFacts } from "./model-facts.js";
import { type Progress, SILENT } from "./progress.js";
import type { ReportedModel } from "./report/run-report.js";

export interface StudyOptions {
  /** Which variant of the recipe's matrix is meant; needed for a recipe with a matrix, and for no other. */
  readonly variant?: string | undefined;
  /** Run folder; default is the recipe's, or runs/NAME in the current folder, and a variant's own within that. */
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

/** The folder that a recipe's run is kept in: `output` itself, or the recipe's, with one of its own for a variant. */
export function outputFolder({ recipe, variant }: LoadedRecipe, output?: string): string {
  if (output !== undefined) return resolve(output);
  return resolve(recipe.output ?? join("runs", recipe.name), variant ?? "");
}

/** The recipe's name, and its variant's: `grid small.rude`. */
export function runTitle({ recipe, variant }: LoadedRecipe): string {
  return variant === undefined ? recipe.name : `${recipe.name} ${variant}`;
}

/** The model source of a recipe; a file is relative to the recipe's folder. */
export function modelSource({ recipe, directory }: LoadedRecipe): string {
  return absoluteSource(recipe.model.source, directory);
}

/** A recipe with its model, texts and run folder: what the stages of a run share. */
export class Study implements AsyncDisposable {
  readonly loaded: LoadedRecipe;
  readonly materials: Materials;
  readonly model: ModelFile;
  readonly facts: ReportedModel;
  /** Models that the streams of guidance are drawn from, besides `model`. */
  readonly experts: readonly StudyExpert[];
  readonly folder: RunFolder;
  readonly journal: Journal;
  readonly identifier: Identifier;
  readonly prompts: PromptBook;
  /** What people wrote, which no text may copy. */
  readonly human: HumanMaterial;
  readonly baselines: readonly Configuration[];
  /** Vectors that the recipe takes from files; empty if it makes its own. */
  readonly givenVectors: readonly GivenVector[];
  /** Sets of blocks that are steered. */
  readonly layerSets: readonly LayerSet[];
  /** The block at which the recipe's condition is measured; undefined if it has none. */
  readonly conditionLayer: number | undefined;
  readonly options: StudyOptions;
  readonly progress: Progress;
  #engine: LlamaEngine | undefined;
  #sweep: readonly Configuration[] | undefined;
  #notes: readonly string[] = [];

  private constructor(parts: {
    loaded: LoadedRecipe;
    materials: Materials;
    model: ModelFile;
    folder: RunFolder;
    journal: Journal;
    identifier: Identifier;
    facts: ReportedModel;
    givenVectors: readonly GivenVector[];
    experts: readonly StudyExpert[];
    options: StudyOptions;
  }) {
    const { recipe, demonstrations } = parts.materials;
    this.loaded = parts.loaded;
    this.materials = parts.materials;
    this.model = parts.model;
    this.facts = parts.facts;
    this.givenVectors = parts.givenVectors;
    this.experts = parts.experts;
    this.folder = parts.folder;
    this.journal = parts.journal;
    this.identifier = parts.identifier;
    this.options = parts.options;
    this.progress = parts.options.progress ?? SILENT;
    this.prompts = createPromptBook(recipe, demonstrations);
    this.human = { demonstrations, real: realTexts(parts.materials) };
    this.baselines = baselineConfigurations(recipe);
    const steered = recipe.steering && resolveSteering(recipe.steering, parts.facts.layers);
    this.layerSets = steered?.sets ?? [];
    this.conditionLayer = steered?.condition;
    if (!measuresStrengths(recipe)) this.#sweep = sweepConfigurations(recipe, this.layerSets);
  }

  /**
   * Opens a run: reads the recipe and its texts, finds the model, and takes the run folder for this process.
   * `recipePath` may also be the folder of an earlier run.
   *
   * @throws RecipeError, ModelError, StoreError
   */
  static async open(recipePath: string, options: StudyOptions = {}): Promise<Study> {
    const access = { signal: options.signal, onProgress: options.onDownload };
    const loaded = await loadRecipe(recipePath, { variant: options.variant }, access);
    const materials = await readMaterials(loaded, access);
    const { signal, onDownload: onProgress } = options;
    const { sha256 } = loaded.recipe.model;
    const model = await resolveModel(modelSource(loaded), { sha256, signal, onProgress });
    const facts = readFacts(readGguf(model.path), loaded.recipe.model.source, model.sha256);
    const { steering } = materials.recipe;
    const sets = steering && resolveSteering(steering, facts.layers).sets;
    const givenVectors = readGivenVectors(loaded, { model: facts, sets });
    const experts = await resolveExperts(loaded, model, { signal, onProgress });
    const models = [model.sha256, ...experts.map((expert) => `${expert.name} ${expert.sha256}`)];
    const withModels = (fingerprint: string) =>
      createHash("sha256")
        .update([fingerprint, ...models].join(" "))
        .digest("hex");
    const folder = await openRun(outputFolder(loaded, options.output), {
      name: loaded.recipe.name,
      version: VERSION,
      fingerprint: withModels(loaded.fingerprint),
      textFingerprint: withModels(textFingerprint(loaded)),
      recipeText: loaded.text,
      recipeFile: loaded.file,
      ...(loaded.variant === undefined ? {} : { variant: loaded.variant }),
      files: {
        ...Object.fromEntries(loaded.hashes),
        model: model.sha256,
        ...Object.fromEntries(experts.map((expert) => [expert.name, expert.sha256])),
      },
      create: true,
    });
    try {
      const journal = await Journal.open(folder.journal);
      const identifier = await createIdentifier();
      const parts = { loaded, materials, model, folder, journal, identifier, facts };
      return new Study({ ...parts, givenVectors, experts, options });
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  /** The recipe's name, and its variant's. */
  get title(): string {
    return runTitle(this.loaded);
  }

  get recipe(): Recipe {
    return this.materials.recipe;
  }

  /**
   * Every configuration that is tried.
   * @throws RangeError if the recipe leaves its strengths to be measured and they are not: see `setStrengths`
   */
  get sweep(): readonly Configuration[] {
    if (this.#sweep === undefined) throw new RangeError("The strengths of the sweep are not measured yet.");
    return this.#sweep;
  }

  /** What was found out on the way, for the report. */
  get notes(): readonly string[] {
    return [...new Set([...this.materials.notes, ...this.#notes])];
  }

  /** Adds what was found out to the notes. */
  addNotes(notes: readonly string[]): void {
    this.#notes = [...this.#notes, ...notes];
  }

  /** Completes the sweep with measured strengths, for cells of which the recipe gives none. */
  setStrengths(measured: (cell: SweepCell) => readonly number[], notes: readonly string[]): void {
    this.addNotes(notes);
    this.#sweep = sweepConfigurations(this.recipe, this.layerSets, measured);
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
      ...(this.experts.length === 0
        ? {}
        : { experts: this.experts.map(({ name, kind, path, scale }) => ({ name, kind, path, scale })) }),
    });
    return this.#engine;
  };

  /** What jobs need, with the interventions that the vectors give and the recipe's guidance. */
  async workshop({
    interventions,
    guidance,
  }: Pick<Workshop, "interventions" | "guidance">): Promise<Workshop> {
    const engine = await this.engine();
    const { recipe, prompts, human, identifier } = this;
    return { engine, recipe, prompts, interventions, guidance, human, identifier };
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
 * The recipe that a path means: the file itself, or the recipe, and its variant, that a run folder was made from.
 * @throws StoreError if it is a folder and no run's
 */
export async function recipeOf(path: string): Promise<{ recipe: string; output?: string; variant?: string }> {
  if (!(existsSync(path) && statSync(path).isDirectory())) return { recipe: path };
  const { description } = await readRun(path).catch((error) => {
    throw folderOfRuns(path) ?? error;
  });
  if (description.recipe === undefined || !existsSync(description.recipe)) {
    throw new StoreError(
      `The recipe of ${path} is gone${description.recipe ? ` from ${description.recipe}` : ""}. Name the recipe file instead, with --output ${path}.`,
    );
  }
  const { recipe, variant } = description;
  return { recipe, output: path, ...(variant === undefined ? {} : { variant }) };
}

/** Why a folder is no run's, if it holds run folders, such as those of a matrix's variants. */
function folderOfRuns(path: string): StoreError | undefined {
  const runs = readdirSync(path).filter((name) => existsSync(join(path, name, "run.json")));
  if (existsSync(join(path, "run.json")) || runs.length === 0) return undefined;
  return new StoreError(
    `${path} is no run folder itself; these in it are: ${runs.join(", ")}. Name one, such as ${join(path, runs[0]!)}, ` +
      "or the recipe for all variants of its matrix.",
  );
}
