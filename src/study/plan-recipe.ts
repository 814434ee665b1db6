import { availableParallelism } from "node:os";
import { ModelError } from "../errors.js";
import { metadataNumber, metadataString, parameterCount, readGguf } from "../gguf/read.js";
import { type ModelFile, resolveModel } from "../models/resolve.js";
import { parseSource } from "../models/source.js";
import { resolveLayers } from "../recipe/layers.js";
import { type LoadedRecipe, loadRecipe } from "../recipe/load.js";
import { NAMED_DEPTHS } from "../recipe/schema.js";
import { knownSpeed } from "./cost.js";
import { type Materials, readMaterials } from "./materials.js";
import { parametersInName, planRun, type RunPlan } from "./plan.js";
import { modelSource, outputFolder, recipeOf } from "./study.js";

export interface PlannedRun extends RunPlan {
  readonly recipe: string;
  readonly name: string;
  readonly model: string;
  /** Whether the model file is on this machine already. */
  readonly modelIsHere: boolean;
  readonly output: string;
  readonly contrast: readonly { readonly class: string; readonly language: string; readonly texts: number }[];
  readonly notes: readonly string[];
}

/**
 * Checks a recipe and everything it names, and says what a run would do. Nothing is fetched or written.
 * @throws RecipeError as a run would
 */
export async function planRecipe(
  path: string,
  options: { output?: string | undefined } = {},
): Promise<PlannedRun> {
  const { recipe: file, output } = await recipeOf(path);
  const loaded = await loadRecipe(file);
  const materials = await readMaterials(loaded);
  const { recipe } = materials;
  const model = await modelIfHere(loaded);
  const gguf = model && readGguf(model.path);
  const blocks = gguf && metadataNumber(gguf, `${metadataString(gguf, "general.architecture")}.block_count`);
  const plan = planRun(
    recipe,
    blocks === undefined
      ? placeholders(recipe.steering.layers)
      : resolveLayers(recipe.steering.layers, blocks),
    {
      measured: model && (await knownSpeed(model.sha256)),
      parameters: gguf ? parameterCount(gguf) : parametersInName(recipe.model.source),
      threads: recipe.model.threads ?? availableParallelism(),
    },
  );
  return {
    recipe: loaded.file,
    name: recipe.name,
    model: recipe.model.source,
    modelIsHere: model !== undefined,
    output: outputFolder(recipe, options.output ?? output),
    contrast: contrastCounts(materials),
    notes: materials.notes,
    ...plan,
  };
}

async function modelIfHere(loaded: LoadedRecipe): Promise<ModelFile | undefined> {
  const source = modelSource(loaded);
  try {
    return await resolveModel(source, { offline: true, sha256: loaded.recipe.model.sha256 });
  } catch (error) {
    // A file that is named by its path will not come by itself.
    if (error instanceof ModelError && parseSource(source).kind !== "file") return undefined;
    throw error;
  }
}

/** Stand-ins that are as many as the layers will be, for a model whose depth is not known yet. */
function placeholders(layers: readonly (number | keyof typeof NAMED_DEPTHS)[]): number[] {
  return [...new Set(layers.map((layer) => (typeof layer === "string" ? NAMED_DEPTHS[layer] : layer)))];
}

function contrastCounts({ split }: Materials): PlannedRun["contrast"] {
  return split.sets.map((set) => ({
    class: set.class,
    language: set.language,
    texts: set.vectorTexts.length + set.heldOutTexts.length,
  }));
}
