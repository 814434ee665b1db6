import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { RecipeError, StoreError } from "../errors.js";
import {
  type Configuration,
  cellName,
  measuresStrengths,
  type SweepCell,
  sweepCells,
} from "../generate/configuration.js";
import { promptingOf } from "../recipe/guidance-axes.js";
import type { LayerSet } from "../recipe/layers.js";
import type { Recipe } from "../recipe/schema.js";
import { strengthsOf } from "../recipe/sweep-axes.js";
import type { StrengthCell } from "../steering/strength-cells.js";
import {
  type CellRange,
  measureStrengthRange,
  type StrengthRangeCost,
  strengthRangeCost,
} from "../steering/strength-range.js";
import { readJson } from "../store/read-json.js";
import { writeFileAtomic } from "../store/write-file.js";
import type { VectorSet } from "./build-vectors.js";
import { writingInterventions } from "./interventions.js";
import type { ProgressTask } from "./progress.js";
import type { Study } from "./study.js";

const rangeSchema = z.object({
  /** The effect begins here; null if no strength had one. */
  begins: z.number().nullable(),
  /** The texts fall apart here; null if they never did. */
  breaks: z.number().nullable(),
  /** What the sweep tries. */
  strengths: z.array(z.number()),
});
/** By the name of the sweep's cell, so that one that is added later is measured alone. */
const rangesSchema = z.record(z.string(), rangeSchema);

type Ranges = z.infer<typeof rangesSchema>;

/**
 * Completes the sweep where the recipe leaves strengths open: measures for each of its methods, operations and sets of
 * layers how strongly one may steer, keeps that in the run's `vectors/range.json`, and takes strengths from it.
 *
 * @throws RecipeError if no cell of the sweep has an interval between no effect and broken texts
 */
export async function settleStrengths(study: Study, vectors: VectorSet): Promise<void> {
  if (!measuresStrengths(study.recipe)) return;
  const open = openCells(study.recipe, study.layerSets);
  const path = join(study.folder.vectors, "range.json");
  const known = await knownRanges(path);
  const missing = open.filter((cell) => known[nameOf(study, cell)] === undefined);
  const ranges = missing.length === 0 ? known : { ...known, ...(await measure(study, vectors, missing)) };
  if (missing.length > 0) await writeFileAtomic(path, `${JSON.stringify(ranges, null, 2)}\n`);
  const measured = (cell: SweepCell) => ranges[nameOf(study, cell)]!.strengths;
  study.setStrengths(
    measured,
    open.map((cell) => noteOf(nameOf(study, cell), ranges[nameOf(study, cell)]!)),
  );
  if (study.sweep.length > 0) return;
  throw new RecipeError(
    "steering.strengths: no strength was found that changes what the model says and leaves its texts whole. " +
      "Give strengths, or try other layers or contrast texts.",
  );
}

/** What measuring will cost, before a model is there; undefined if the recipe gives all strengths. */
export function measuringCost(recipe: Recipe, sets: readonly LayerSet[]): StrengthRangeCost | undefined {
  const cells = openCells(recipe, sets).map(({ set }) => ({
    name: set.name,
    layers: set.layers,
    interventions: () => [],
  }));
  if (cells.length === 0) return undefined;
  return strengthRangeCost({ cells, prompts: [{ prompt: "" }], decoding: recipe.decoding });
}

function openCells(recipe: Recipe, sets: readonly LayerSet[]): SweepCell[] {
  const { steering } = recipe;
  if (steering === undefined) return [];
  return sweepCells(recipe, sets).filter(({ operation }) => strengthsOf(steering, operation) === undefined);
}

function nameOf({ recipe }: Study, cell: SweepCell): string {
  return cellName(cell, promptingOf(recipe));
}

/** A damaged file is measured again. */
async function knownRanges(path: string): Promise<Ranges> {
  if (!existsSync(path)) return {};
  try {
    return await readJson(path, rangesSchema);
  } catch (error) {
    if (error instanceof StoreError) return {};
    throw error;
  }
}

async function measure(study: Study, vectors: VectorSet, open: readonly SweepCell[]): Promise<Ranges> {
  const { recipe, options } = study;
  const prompting = promptingOf(recipe);
  const keys = recipe.task.languages.flatMap((language) =>
    recipe.task.labels.map((label) => ({ language, label })),
  );
  const interventions = await writingInterventions(study, vectors);
  const cells = open.map((cell): StrengthCell => {
    const { method, operation, set } = cell;
    const name = nameOf(study, cell);
    return {
      name,
      layers: set.layers,
      interventions: (prompt, strength) => {
        const steering = { method, operation, layers: set.layers, strength };
        const configuration: Configuration = { name: `${name}x${strength}`, prompting, steering };
        return interventions(configuration, keys[prompt]!.language, keys[prompt]!.label);
      },
    };
  });
  let task: ProgressTask | undefined;
  const { cells: found } = await measureStrengthRange(await study.engine(), {
    cells,
    prompts: keys.map(({ language, label }) => ({
      prompt: study.prompts(prompting, language, label),
      language,
    })),
    decoding: recipe.decoding,
    seed: recipe.seed,
    sequences: recipe.model.sequences,
    signal: options.signal,
    onProgress: ({ part, done, total }) => {
      if (done === 1)
        task = study.progress.begin(PARTS[part], total, part === "comparing" ? "steps" : "texts");
      task?.advance(1);
      if (done === total) task?.end();
    },
  });
  return Object.fromEntries(found.map((range) => [range.name, settled(range)]));
}

const PARTS = {
  comparing: "Measuring strengths: what changes",
  writing: "Measuring strengths: writing",
  reading: "Measuring strengths: reading",
} as const;

function settled({ begins, breaks, safe, recommended }: CellRange): Ranges[string] {
  const strengths = safe === undefined ? [] : recommended.map((strength) => shortWithin(strength, safe[0]));
  return { begins: begins ?? null, breaks: breaks ?? null, strengths: [...new Set(strengths)] };
}

/** A strength with two significant digits, rounded down but not below the interval: names stay short. */
function shortWithin(strength: number, least: number): number {
  const step = 10 ** (Math.floor(Math.log10(strength)) - 1);
  const short = Number((Math.floor(strength / step + 1e-9) * step).toPrecision(2));
  return short < least ? strength : short;
}

function noteOf(name: string, { begins, breaks, strengths }: Ranges[string]): string {
  const range =
    begins === null
      ? "no strength was seen to have an effect"
      : `the effect was seen to begin at ${begins}, and texts ${breaks === null ? "never fell apart" : `to fall apart at ${breaks}`}`;
  const taken = strengths.length === 0 ? "nothing was tried" : `tried: ${strengths.join(", ")}`;
  return `Strengths of ${name} were measured: ${range}; ${taken}.`;
}
