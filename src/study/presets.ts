import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isHubSource } from "../data/endings.js";
import { RecipeError } from "../errors.js";
import { sourceName } from "../recipe/data-source-schema.js";
import { fileReferences } from "../recipe/files.js";
import { expertSource, expertsOf } from "../recipe/guidance-axes.js";
import { parseRecipe, recipeVariants } from "../recipe/load.js";
import type { Recipe } from "../recipe/schema.js";

/** Studies of four papers that come with the package, each in small and at the paper's own size. */

export const STUDY_PRESETS = {
  "paper-a": {
    paper: "arXiv 2606.18389",
    asks: "Does Language or Quality Steering write better data for low-resource languages, and at which layers?",
  },
  "paper-b": {
    paper: "arXiv 2308.07645",
    asks: "What do γ (expert against base) and η (away from earlier texts) do to diversity and authenticity?",
  },
  "paper-c": {
    paper: "arXiv 2601.16278",
    asks: "How much is written data worth beside human data, over data sizes?",
  },
  "paper-d": {
    paper: "arXiv 2605.28664",
    asks: "Which ways of steering write better data for a safety detector than prompting, and which score says so beforehand?",
  },
} as const satisfies Record<string, { readonly paper: string; readonly asks: string }>;

export type StudyPresetName = keyof typeof STUDY_PRESETS;

export const STUDY_PRESET_NAMES = Object.keys(STUDY_PRESETS) as [StudyPresetName, ...StudyPresetName[]];

/** small: TinyLlama on two CPU cores in twenty minutes or less; full: the paper's models and grid. */
export const STUDY_SCALES = ["small", "full"] as const;

export type StudyScale = (typeof STUDY_SCALES)[number];

export interface PresetChoice {
  readonly preset: StudyPresetName;
  readonly scale: StudyScale;
}

/** Path of a preset's recipe in the package. */
export function presetRecipe({ preset, scale }: PresetChoice): string {
  return fileURLToPath(new URL(`../../examples/studies/${preset}-${scale}.yaml`, import.meta.url));
}

/**
 * The preset that a run is of, by its title, which begins with the recipe's name: so that a copy of a preset's recipe is
 * still known for one.
 */
export function presetOf(title: string): PresetChoice | undefined {
  const [name] = title.split(" ");
  for (const preset of STUDY_PRESET_NAMES) {
    const scale = STUDY_SCALES.find((one) => name === `${preset}-${one}`);
    if (scale !== undefined) return { preset, scale };
  }
  return undefined;
}

/** Missing files that a message names; more are counted. */
const NAMED = 4;

/**
 * Path of a preset's recipe, once all files are there that the wanted variants name. Those of scale small come with the
 * package; at full scale some are the user's to supply.
 *
 * @param variants of the recipe's matrix; left out, all
 * @throws RecipeError that names what is missing and what to do; also for an unknown variant
 */
export async function findPreset(choice: PresetChoice, variants?: readonly string[]): Promise<string> {
  const path = presetRecipe(choice);
  const missing = await missingFiles(path, variants);
  if (missing.length === 0) return path;
  const named = missing.slice(0, NAMED).join(", ");
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : "";
  throw new RecipeError(
    `The preset ${choice.preset} at scale ${choice.scale} needs ${missing.length === 1 ? "a file that does" : "files that do"} not come with Tiller: ` +
      `${named}${more}. What they must hold stands at the top of its recipe. Copy that to a folder of your own, put the files beside it, and run the copy:\n` +
      `  cp ${path} .\n  tiller study ${choice.preset}-${choice.scale}.yaml --dry-run`,
  );
}

/** Files that a recipe names and that are not there, each once, as it names them. */
async function missingFiles(path: string, variants?: readonly string[]): Promise<string[]> {
  const text = await readFile(path, "utf8");
  const all = await recipeVariants(path);
  const chosen = all.length === 0 ? [variants?.[0]] : (variants ?? all);
  const missing = new Set<string>();
  for (const variant of chosen) {
    const { recipe, directory } = parseRecipe(text, path, { variant });
    for (const name of localFiles(recipe)) {
      if (!existsSync(resolve(directory, name))) missing.add(name);
    }
  }
  return [...missing];
}

const FILE_SOURCE = "file:";

function localFiles(recipe: Recipe): string[] {
  const models = [
    recipe.model.source,
    ...expertsOf(recipe.guidance).map(({ expert }) => expertSource(expert)),
  ].flatMap((source) => (source.startsWith(FILE_SOURCE) ? [source.slice(FILE_SOURCE.length)] : []));
  const texts = fileReferences(recipe).map(({ file }) => sourceName(file));
  return [...models, ...texts.filter((name) => !isHubSource(name))];
}
