import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Expert } from "../engine/guidance.js";
import { ModelError, RecipeError } from "../errors.js";
import { type GgufFile, metadataString, readGguf } from "../gguf/read.js";
import { type ModelFile, type ResolveOptions, resolveModel } from "../models/resolve.js";
import { parseSource } from "../models/source.js";
import { type ExpertKey, expertSource, expertsOf } from "../recipe/guidance-axes.js";
import type { LoadedRecipe } from "../recipe/load.js";
import { type ModelFacts, readFacts } from "./model-facts.js";

/** A model or adapter that the streams of guidance are drawn from, on this machine. */
export interface StudyExpert extends Expert {
  readonly name: ExpertKey;
  readonly scale: number;
  readonly sha256: string;
  /** The residual stream's shape; of an adapter the model's own. */
  readonly shape: Pick<ModelFacts, "layers" | "width"> | undefined;
}

/** An expert as the recipe names it. */
export interface NamedExpert {
  readonly name: ExpertKey;
  readonly kind: Expert["kind"];
  /** A file is named by its absolute path. */
  readonly source: string;
  readonly scale: number;
}

/** A source as it is written in a recipe; a file is relative to the recipe's folder. */
export function absoluteSource(source: string, directory: string): string {
  const parsed = parseSource(source);
  return parsed.kind === "file" ? `file:${resolve(directory, parsed.path)}` : source;
}

/**
 * The models that a recipe's guidance names.
 * @throws RecipeError naming the key of a source that is none
 */
export function namedExperts({ recipe, directory }: LoadedRecipe): NamedExpert[] {
  return expertsOf(recipe.guidance).map(({ key, expert }) =>
    located(key, () => ({
      name: key,
      kind: typeof expert === "string" ? ("model" as const) : ("adapter" as const),
      source: absoluteSource(expertSource(expert), directory),
      scale: typeof expert === "string" ? 1 : expert.scale,
    })),
  );
}

/**
 * Finds the models of a recipe's guidance, and fetches those that are not here.
 * @param model The recipe's model.
 * @throws RecipeError, ModelError naming the recipe's key
 */
export async function resolveExperts(
  loaded: LoadedRecipe,
  model: ModelFile,
  options: ResolveOptions = {},
): Promise<StudyExpert[]> {
  const experts: StudyExpert[] = [];
  for (const { name, kind, source, scale } of namedExperts(loaded)) {
    const found = await resolveModel(source, options).catch((error) =>
      located(name, () => {
        throw error;
      }),
    );
    experts.push({ name, kind, scale, ...located(name, () => factsOf(found, kind, model)) });
  }
  refuseAlike(loaded, model, experts);
  if ((loaded.recipe.model.gpuLayers ?? 0) === 0) requireRoom([model, ...experts], process.availableMemory());
  return experts;
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * Weights that do not fit into memory together are read from the disk again for every token.
 * @param free Bytes that may be used.
 * @throws ModelError
 */
export function requireRoom(files: readonly { readonly path: string }[], free: number): void {
  const bytes = files.reduce((sum, { path }) => sum + statSync(path).size, 0);
  if (files.length < 2 || bytes <= free) return;
  throw new ModelError(
    `guidance: the model and its experts have ${gigabytes(bytes)} of weights together, and ${gigabytes(free)} of memory are free. ` +
      "Take smaller ones, an adapter in place of a model, or end other programs; if they are to lie on a GPU, set model.gpuLayers.",
  );
}

function factsOf({ path, sha256 }: ModelFile, kind: Expert["kind"], model: ModelFile) {
  const file = readGguf(path);
  const isAdapter = adapterOf(file);
  if (isAdapter && kind === "model") {
    throw new RecipeError(`${path} is an adapter and no model; write {adapter: SOURCE}.`);
  }
  if (!isAdapter && kind === "adapter") {
    throw new RecipeError(`${path} is a model and no adapter; write its source without adapter.`);
  }
  if (!isAdapter) refuseOtherVocabulary(file, readGguf(model.path));
  return { path, sha256, shape: isAdapter ? undefined : readFacts(file, path, sha256) };
}

/** The engine compares token by token when it opens the two; their number is known before a run is begun. */
function refuseOtherVocabulary(expert: GgufFile, model: GgufFile): void {
  const [own, others] = [expert, model].map((file) => file.arrayLengths.get("tokenizer.ggml.tokens"));
  if (own === undefined || others === undefined || own === others) return;
  throw new RecipeError(
    `${expert.path} has ${own} tokens, and the model has ${others}. Streams are summed token by token: give a model with the same vocabulary.`,
  );
}

function adapterOf(file: GgufFile): boolean {
  return metadataString(file, "general.type") === "adapter";
}

/** Whether interventions on the recipe's model do not fit an expert's residual stream. */
export function isOtherShape(
  shape: NonNullable<StudyExpert["shape"]>,
  { layers, width }: Pick<ModelFacts, "layers" | "width">,
): boolean {
  return shape.layers !== layers || shape.width !== width;
}

/** A difference of a model and itself is 0, so that the run would show nothing. */
function refuseAlike({ recipe }: LoadedRecipe, model: ModelFile, experts: readonly StudyExpert[]): void {
  const preset = recipe.guidance?.preset;
  const refuse = (key: ExpertKey, other: string): never => {
    throw new RecipeError(
      `guidance.${key}: this is the same file as ${other}, so that the preset ${preset} has nothing to contrast. Give another one.`,
    );
  };
  const [first, second] = experts;
  if (first && second && first.sha256 === second.sha256 && first.scale === second.scale) {
    refuse(second.name, `guidance.${first.name}`);
  }
  if (preset !== "contrastive-expert" && preset !== "steer" && preset !== "contrastive-decoding") return;
  const same = experts.find(({ sha256 }) => sha256 === model.sha256);
  if (same) refuse(same.name, "model.source");
}

/** Does something, with the recipe's key before what goes wrong. */
function located<T>(key: ExpertKey, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = () => `guidance.${key}: ${(error as Error).message}`;
    if (error instanceof RecipeError) throw new RecipeError(message(), { cause: error });
    if (error instanceof ModelError) throw new ModelError(message(), { cause: error });
    throw error;
  }
}
