import { resolve } from "node:path";
import type { PoolText } from "../guidance/negative-pool.js";
import type { LoadedRecipe } from "../recipe/load.js";
import type { ContrastSet, Recipe } from "../recipe/schema.js";
import { ANY_LANGUAGE } from "../steering/class-means.js";
import { type ContrastSplit, type ContrastTexts, splitContrast } from "../steering/contrast-split.js";
import { type LabelledText, readLabelled, readTexts } from "../tasks/labelled-text.js";
import { normalizeLanguage } from "../tasks/languages.js";
import { checkMaterials } from "./check-materials.js";
import { readNegatives } from "./read-negatives.js";

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
  /** Real texts that the pool of negative examples begins with; empty if the recipe's guidance needs none. */
  readonly negatives: readonly PoolText[];
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
  const { labels } = recipe.task;
  const split = splitFamilies(sets, labels, { heldOut: recipe.heldOut, seed: recipe.seed });
  const labelled = async (file: string | undefined) =>
    file === undefined
      ? undefined
      : (await readLabelled(resolve(directory, file), { labels })).map(normalized);
  return checkMaterials({
    recipe,
    split,
    demonstrations: (await labelled(recipe.demonstrations?.file)) ?? [],
    test: await labelled(recipe.classifier?.test),
    negatives: await readNegatives(recipe, directory),
    notes: [...split.notes, ...weightNotes(recipe)],
  });
}

/** Weights above what the papers try: paper B goes to 1 for both, arXiv 2306.17806 to 3 for γ. */
const USUAL_WEIGHTS = { gamma: 3, eta: 1 } as const;

function weightNotes({ guidance }: Recipe): string[] {
  return (["gamma", "eta"] as const).flatMap((key) => {
    const most = Math.max(...[guidance?.[key] ?? 0].flat());
    if (most <= USUAL_WEIGHTS[key]) return [];
    return [
      `guidance.${key}: ${most} is more than the papers try (${USUAL_WEIGHTS[key]}); expect texts that fall apart.`,
    ];
  });
}

/** Labels are never set against human and back-translated texts, and are split apart from them. */
function splitFamilies(
  sets: readonly ContrastTexts[],
  labels: readonly string[],
  options: Parameters<typeof splitContrast>[1],
): ContrastSplit {
  const isLabel = (set: ContrastTexts) => labels.includes(set.class);
  const families = [sets.filter(isLabel), sets.filter((set) => !isLabel(set))];
  const splits = families
    .filter((family) => family.length > 0)
    .map((family) => splitContrast(family, options));
  return {
    sets: splits.flatMap((split) => split.sets),
    notes: splits.flatMap((split) => split.notes),
  };
}

function normalized(row: LabelledText): LabelledText {
  return row.language === undefined ? row : { ...row, language: normalizeLanguage(row.language) };
}

async function readContrast(set: ContrastSet, directory: string): Promise<ContrastTexts> {
  const selection = {
    label: set.class,
    keepBlank: true,
    ...(set.language === undefined ? {} : { language: set.language }),
  };
  return {
    class: set.class,
    language: set.language === undefined ? ANY_LANGUAGE : normalizeLanguage(set.language),
    texts:
      set.file === undefined ? (set.texts ?? []) : await readTexts(resolve(directory, set.file), selection),
  };
}
