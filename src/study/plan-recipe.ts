import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { ModelError } from "../errors.js";
import { metadataNumber, metadataString, parameterCount, readGguf } from "../gguf/read.js";
import { type ModelFile, resolveModel } from "../models/resolve.js";
import { parseSource } from "../models/source.js";
import { usesNegatives } from "../recipe/guidance-axes.js";
import { negativesOf } from "../recipe/guidance-schema.js";
import { type LayerSet, namedLayerSets, resolveSteering } from "../recipe/layers.js";
import { type LoadedRecipe, loadRecipe } from "../recipe/load.js";
import type { Recipe } from "../recipe/schema.js";
import { operationsOf } from "../recipe/sweep-axes.js";
import { orderWithin } from "../steering/describe-interventions.js";
import { knownSpeed } from "./cost.js";
import { namedExperts, resolveExperts } from "./experts.js";
import { readGivenVectors } from "./given-vectors.js";
import { type Materials, readMaterials } from "./materials.js";
import { readFacts } from "./model-facts.js";
import { parametersInName, planRun, type RunPlan } from "./plan.js";
import { modelSource, outputFolder, recipeOf, runTitle } from "./study.js";

export interface PlannedRun extends RunPlan {
  readonly recipe: string;
  /** The recipe's name, and its variant's. */
  readonly name: string;
  readonly variant?: string;
  readonly model: string;
  /** Whether the model file is on this machine already. */
  readonly modelIsHere: boolean;
  /** Models of guidance besides, by the recipe's key. */
  readonly experts: readonly PlannedExpert[];
  readonly output: string;
  /** Vector files in place of a method, by label. */
  readonly vectors: readonly {
    readonly label: string;
    readonly file: string;
    readonly origin: string;
    readonly layers: readonly number[];
  }[];
  readonly contrast: readonly { readonly class: string; readonly language: string; readonly texts: number }[];
  readonly notes: readonly string[];
}

export interface PlannedExpert {
  readonly key: string;
  readonly source: string;
  /** Whether the file is on this machine already. */
  readonly isHere: boolean;
  /** It is a file of this machine that is not there: nothing will fetch it. */
  readonly isMissing: boolean;
}

/**
 * Checks a recipe and everything it names, and says what a run would do. Nothing is fetched or written.
 * @throws RecipeError as a run would
 */
export async function planRecipe(
  path: string,
  options: { output?: string | undefined; variant?: string | undefined } = {},
): Promise<PlannedRun> {
  const { recipe: file, output, variant = options.variant } = await recipeOf(path);
  const loaded = await loadRecipe(file, { variant });
  const materials = await readMaterials(loaded);
  const { recipe } = materials;
  const model = await modelIfHere(modelSource(loaded), loaded.recipe.model.sha256);
  const gguf = model && readGguf(model.path);
  const blocks = gguf && metadataNumber(gguf, `${metadataString(gguf, "general.architecture")}.block_count`);
  const sets = layerSetsOf(recipe, blocks);
  const facts = gguf && model && readFacts(gguf, recipe.model.source, model.sha256);
  const vectors = readGivenVectors(loaded, facts ? { model: facts, sets } : {});
  const plan = planRun(recipe, sets, {
    measured: model && (await knownSpeed(model.sha256)),
    parameters: gguf ? parameterCount(gguf) : parametersInName(recipe.model.source),
    threads: recipe.model.threads ?? availableParallelism(),
    negativeTokens: negativeTokens(materials),
  });
  const experts = await plannedExperts(loaded, model);
  return {
    recipe: loaded.file,
    name: runTitle(loaded),
    ...(loaded.variant === undefined ? {} : { variant: loaded.variant }),
    model: recipe.model.source,
    modelIsHere: model !== undefined,
    experts,
    output: outputFolder(loaded, options.output ?? output),
    vectors: vectors.map(({ label, file, vector }) => ({
      label,
      file,
      origin: vector.origin === undefined ? vector.method : `${vector.method}: ${vector.origin}`,
      layers: vector.layers.map(({ layer }) => layer),
    })),
    contrast: contrastCounts(materials),
    notes: [
      ...materials.notes,
      ...measuringNotes(plan),
      ...guidanceNotes(plan),
      ...missingNotes(experts),
      ...operationsOf(recipe.steering).flatMap((operation) => orderWithin(operation) ?? []),
    ],
    ...plan,
  };
}

function measuringNotes({ measured }: RunPlan): string[] {
  if (measured.texts === 0) return [];
  return [
    `Strengths are measured before the sweep, on about ${measured.texts} short texts of ${measured.tokens} tokens in all.`,
  ];
}

/** Named as the recipe names them while the model's depth is not known. */
function layerSetsOf({ steering }: Recipe, blocks: number | undefined): readonly LayerSet[] {
  if (!steering) return [];
  return blocks === undefined ? namedLayerSets(steering.layers) : resolveSteering(steering, blocks).sets;
}

function guidanceNotes({ guidance }: RunPlan): string[] {
  if (!guidance || guidance.streams === 1) return [];
  const { passes, models, negativeTokens } = guidance;
  return [
    `Each stream of a token is about one more forward pass, so that the texts take about ${passes} passes.`,
    ...(models > 1
      ? [`The ${models} models are decoded one after the other; the time is as if they were of one size.`]
      : []),
    ...(negativeTokens > 0 ? [`About ${negativeTokens} tokens of negative examples are read besides.`] : []),
  ];
}

/** Characters of a token, as English has about. */
const CHARACTERS_PER_TOKEN = 4;

/** About how many tokens a sample's negative examples have together. */
function negativeTokens({ recipe, negatives }: Materials): number {
  const { guidance, model, decoding } = recipe;
  if (!usesNegatives(guidance) || negatives.length === 0) return 0;
  const { count, maxCharacters } = negativesOf(guidance);
  const mean = negatives.reduce((sum, { text }) => sum + text.length + 1, 0) / negatives.length;
  const characters = Math.min(maxCharacters, count * mean);
  return Math.min(model.context - decoding.maxTokens, Math.round(characters / CHARACTERS_PER_TOKEN));
}

/**
 * Where the guidance's models are; if all are here, they are looked at as a run would. A file that is not there yet is
 * no reason to refuse a plan: it may be made by `tiller finetune` when the plan is agreed.
 */
async function plannedExperts(
  loaded: LoadedRecipe,
  model: ModelFile | undefined,
): Promise<PlannedRun["experts"]> {
  const planned = await Promise.all(
    namedExperts(loaded).map(async ({ name, source }) => {
      const parsed = parseSource(source);
      const isMissing = parsed.kind === "file" && !existsSync(parsed.path);
      const found = isMissing ? undefined : await modelIfHere(source).catch(withKey(name));
      return { key: name, source, isHere: found !== undefined, isMissing };
    }),
  );
  if (model && planned.every(({ isHere }) => isHere)) await resolveExperts(loaded, model, { offline: true });
  return planned;
}

function missingNotes(experts: PlannedRun["experts"]): string[] {
  return experts
    .filter(({ isMissing }) => isMissing)
    .map(
      ({ key, source }) =>
        `guidance.${key}: there is no file ${source.slice("file:".length)} yet, and the run needs it. tiller finetune can make one.`,
    );
}

function withKey(key: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(`guidance.${key}: ${error.message}`, { cause: error });
  };
}

async function modelIfHere(source: string, sha256?: string): Promise<ModelFile | undefined> {
  try {
    return await resolveModel(source, { offline: true, sha256 });
  } catch (error) {
    // A file that is named by its path will not come by itself.
    if (error instanceof ModelError && parseSource(source).kind !== "file") return undefined;
    throw error;
  }
}

function contrastCounts({ split }: Materials): PlannedRun["contrast"] {
  return split.sets.map((set) => ({
    class: set.class,
    language: set.language,
    texts: set.vectorTexts.length + set.heldOutTexts.length,
  }));
}
