import { resolve } from "node:path";
import type { LoadedRecipe } from "../recipe/load.js";
import type { ContrastSet, Recipe } from "../recipe/schema.js";
import { ANY_LANGUAGE } from "../steering/class-means.js";
import { type ContrastSplit, type ContrastTexts, splitContrast } from "../steering/contrast-split.js";
import { type LabelledText, readLabelled, readTexts } from "../tasks/labelled-text.js";
import { normalizeLanguage } from "../tasks/languages.js";
import { checkMaterials } from "./check-materials.js";

/** Everything that a recipe names, read: what people wrote, and how it is divided. */
export interface Materials {
  /** The recipe, with its languages in canonical codes. */
  readonly recipe: Recipe;
  /** Contrast sets, divided into the vectors' texts and those held out from them. */
  readonly split: ContrastSplit;
  /** Human examples for few-shot prompts; empty if the recipe has none. */
  readonly demonstrations: readonly LabelledText[];
  /** Human test texts; undefined if the recipe wants no verdict. */
  readonly test: readonly LabelledText[] | undefined;
  /** What was left out of them, and why. */
  readonly notes: readonly string[];
}

/**
 * Reads the files that a recipe names, and checks that they fit together.
 * @throws RecipeError naming file and line of what is not usable
 */
export async function readMaterials({ recipe: raw, directory }: LoadedRecipe): Promise<Materials> {
  const recipe: Recipe = {
    ...raw,
    task: { ...raw.task, languages: [...new Set(raw.task.languages.map(normalizeLanguage))] },
  };
  const sets = await Promise.all(raw.contrast.map((set) => readContrast(set, directory)));
  const split = splitContrast(sets, { heldOut: recipe.heldOut, seed: recipe.seed });
  const labels = recipe.task.labels;
  const labelled = async (file: string | undefined) =>
    file === undefined
      ? undefined
      : (await readLabelled(resolve(directory, file), { labels })).map(normalized);
  return checkMaterials({
    recipe,
    split,
    demonstrations: (await labelled(recipe.demonstrations?.file)) ?? [],
    test: await labelled(recipe.classifier?.test),
    notes: split.notes,
  });
}

function normalized(row: LabelledText): LabelledText {
  return row.language === undefined ? row : { ...row, language: normalizeLanguage(row.language) };
}

async function readContrast(set: ContrastSet, directory: string): Promise<ContrastTexts> {
  const selection = { label: set.class, ...(set.language === undefined ? {} : { language: set.language }) };
  return {
    class: set.class,
    language: set.language === undefined ? ANY_LANGUAGE : normalizeLanguage(set.language),
    texts:
      set.file === undefined ? (set.texts ?? []) : await readTexts(resolve(directory, set.file), selection),
  };
}
