import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { RecipeError, StoreError } from "../errors.js";
import { baselineConfigurations } from "../generate/configuration.js";
import { parseRecipe } from "../recipe/load.js";
import type { Recipe } from "../recipe/schema.js";
import { readJournal } from "../store/journal.js";
import { readJson } from "../store/read-json.js";
import type { RunDescription } from "../store/run-description.js";
import { readRun } from "../store/run-folder.js";
import type { Sample } from "../store/sample.js";
import { type Arm, armsOf } from "../study/arms.js";
import { recipeOf } from "../study/study.js";
import { normalizeLanguage } from "../tasks/languages.js";
import { type NamedConfiguration, readConfigurationName } from "./configuration-name.js";
import { type ReportFacts, reportFactsSchema } from "./report-facts.js";

/** What a run folder holds, read without its model and without taking the folder. */
export interface RunData {
  /** Absolute. */
  readonly path: string;
  readonly description: RunDescription;
  /** With its languages in canonical codes. */
  readonly recipe: Recipe;
  readonly recipeText: string;
  /** Absolute path of the folder that the recipe's file names are relative to. */
  readonly directory: string;
  /** Samples of whole jobs. */
  readonly samples: readonly Sample[];
  /** The configuration that the sweep ended with: null if none was fit, undefined if it has not ended. */
  readonly chosen: string | null | undefined;
  /** `report.json`, if there is one that can be read. */
  readonly report: ReportFacts | undefined;
  /** What is not whole. */
  readonly notes: readonly string[];
}

const choiceSchema = z.object({ chosen: z.string().nullable() });

/**
 * Reads a run folder, also while another process writes into it.
 *
 * @throws StoreError if it is no run folder or is damaged; RecipeError if its recipe is of another version
 */
export async function readRunData(run: string): Promise<RunData> {
  const path = resolve(run);
  if (existsSync(path) && !statSync(path).isDirectory()) {
    throw new RecipeError(`${run} is a file. Name a run folder, such as runs/reviews.`);
  }
  // Of a folder of run folders it says which they are.
  if (existsSync(path) && !existsSync(join(path, "run.json"))) await recipeOf(path);
  const { description, recipeText } = await readRun(path);
  const { variant } = description;
  const file = description.recipe ?? join(path, "recipe.yaml");
  const { recipe } = parseRecipe(recipeText, join(path, "recipe.yaml"), { variant });
  const { task } = recipe;
  const languages = [...new Set(task.languages.map(normalizeLanguage))];
  const journal = join(path, "samples.jsonl");
  const content = existsSync(journal) ? await readJournal(journal) : { rows: [], droppedRows: 0 };
  const choice = join(path, "choice.json");
  return {
    path,
    description,
    recipe: { ...recipe, task: { ...task, languages } },
    recipeText,
    directory: dirname(file),
    samples: content.rows,
    chosen: existsSync(choice) ? (await readJson(choice, choiceSchema)).chosen : undefined,
    report: await readReport(path),
    notes:
      content.droppedRows === 0
        ? []
        : [
            `The run was stopped in the middle of a job, whose texts do not count yet: ${content.droppedRows}.`,
          ],
  };
}

async function readReport(path: string): Promise<ReportFacts | undefined> {
  const file = join(path, "report.json");
  if (!existsSync(file)) return undefined;
  try {
    return await readJson(file, reportFactsSchema);
  } catch (error) {
    // Without its scores the data set is still worth having.
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** The data set of a configuration, and what its name says. */
export interface RunArm extends Arm {
  readonly named: NamedConfiguration | undefined;
}

/**
 * The data sets that are asked for: by default that of the chosen steering or guidance, of `all` that and the
 * baselines', or of a configuration or arm by name.
 *
 * @throws StoreError if the run has no such texts, with the names that it has
 */
export function selectArms(data: RunData, configuration: string | undefined): RunArm[] {
  const { chosen, samples } = data;
  if (samples.length === 0) {
    throw new StoreError(`The run ${data.path} has no texts yet: tiller generate writes them.`);
  }
  const baselines = baselineConfigurations(data.recipe).map(({ name }) => name);
  const main = chosen == null ? [] : [chosen];
  const wanted =
    configuration === "all"
      ? [...main, ...baselines]
      : configuration === undefined || configuration === "steered" || configuration === "guided"
        ? main
        : [configuration];
  if (wanted.length === 0) {
    const why =
      chosen === null ? "found no configuration fit to be chosen" : "has not chosen its configuration yet";
    throw new StoreError(`The run ${data.path} ${why}. ${namesOf(data)}`);
  }
  const arms = wanted.map((name) => armOf(data, name));
  const kept = arms.filter(({ rows }) => rows.length > 0);
  if (kept.length > 0) return kept;
  const written = arms.reduce((sum, arm) => sum + arm.written.length, 0);
  const what =
    written === 0
      ? `no texts of ${wanted.join(" or ")}`
      : `no kept texts of ${wanted.join(" or ")}: the filters dropped all ${written}`;
  throw new StoreError(`The run ${data.path} has ${what}. ${namesOf(data)}`);
}

function armOf({ recipe, samples }: RunData, name: string): RunArm {
  const named = readConfigurationName(name);
  const { steering, guidance } = named ?? {};
  const configuration = {
    name,
    prompting: named?.prompting ?? "zero-shot",
    ...(steering
      ? { steering: { ...steering, layers: steering.layers === "all" ? [] : steering.layers } }
      : {}),
    ...(guidance ? { guidance } : {}),
  };
  return { ...armsOf(recipe, samples, [configuration], [])[0]!, named };
}

function namesOf({ samples }: RunData): string {
  const counts = new Map<string, number>();
  for (const { configuration, filters } of samples) {
    counts.set(configuration, (counts.get(configuration) ?? 0) + (filters.length === 0 ? 1 : 0));
  }
  const names = [...counts].map(([name, count]) => `${name} (${count} kept)`);
  return `Name a configuration that it has texts of with --configuration: ${names.join(", ")}.`;
}
