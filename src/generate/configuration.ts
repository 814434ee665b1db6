import { type GuidanceCell, guidanceCells, promptingOf } from "../recipe/guidance-axes.js";
import type { LayerSet } from "../recipe/layers.js";
import type { Recipe } from "../recipe/schema.js";
import {
  MEASURED_STRENGTHS,
  operationsOf,
  sourcesOf,
  strengthsOf,
  type VectorSource,
} from "../recipe/sweep-axes.js";
import type { SteeringOperation } from "../steering/intervene.js";

export type Prompting = "zero-shot" | "few-shot";

/** How a configuration steers: one vector, one operation. */
export interface ConfigurationSteering {
  /** The method that made the vector; `file` for one that the recipe names. */
  readonly method: VectorSource;
  readonly operation: SteeringOperation;
  /** 0-based blocks that are steered together, ascending. */
  readonly layers: readonly number[];
  /** In the recipe's unit; what it means depends on the operation. */
  readonly strength: number;
}

/** How a configuration sums the log-probabilities of several streams: a preset and its weights. */
export type ConfigurationGuidance = GuidanceCell;

/**
 * One way of writing: a prompt, and the steering and guidance added to it if any. Its name is part of every sample's
 * id.
 */
export interface Configuration {
  readonly name: string;
  readonly prompting: Prompting;
  readonly steering?: ConfigurationSteering;
  readonly guidance?: ConfigurationGuidance;
}

/** A cell of the sweep whose strengths are to be chosen. */
export interface SweepCell {
  readonly method: VectorSource;
  readonly operation: SteeringOperation;
  readonly set: LayerSet;
}

/** Prompting without steering or guidance, as the recipe asks for it. */
export function baselineConfigurations(recipe: Recipe): Configuration[] {
  return [...new Set(recipe.baselines)].map((prompting) => ({ name: prompting, prompting }));
}

/** Every method with every operation at every set of layers, in this order; none without steering. */
export function sweepCells(recipe: Recipe, sets: readonly LayerSet[]): SweepCell[] {
  const { steering } = recipe;
  return sourcesOf(steering).flatMap((method) =>
    operationsOf(steering).flatMap((operation) => sets.map((set) => ({ method, operation, set }))),
  );
}

/** True if the recipe leaves strengths to be measured. */
export function measuresStrengths({ steering }: Recipe): boolean {
  if (steering === undefined) return false;
  return operationsOf(steering).some((operation) => strengthsOf(steering, operation) === undefined);
}

/**
 * Every strength of every cell of the steering with every cell of the guidance, which changes fastest; either alone
 * where the recipe has only one of the two.
 * @param measured Strengths of a cell that the recipe leaves open.
 * @throws RangeError if there are such cells and `measured` is not given
 */
export function sweepConfigurations(
  recipe: Recipe,
  sets: readonly LayerSet[],
  measured?: (cell: SweepCell) => readonly number[],
): Configuration[] {
  const { steering } = recipe;
  const prompting = promptingOf(recipe);
  const cells = guidanceCells(recipe.guidance);
  if (steering === undefined) {
    return cells.map((guidance) => ({ name: guidanceName(guidance, prompting), prompting, guidance }));
  }
  const steered = sweepCells(recipe, sets).flatMap((cell): Configuration[] => {
    const { method, operation, set } = cell;
    const strengths = strengthsOf(steering, operation) ?? measured?.(cell);
    if (strengths === undefined) throw new RangeError("The strengths of the sweep are not measured yet.");
    return strengths.map((strength) => ({
      name: `${cellName(cell, prompting)}x${strength}`,
      prompting,
      steering: { method, operation, layers: set.layers, strength },
    }));
  });
  if (cells.length === 0) return steered;
  return steered.flatMap((configuration) =>
    cells.map((guidance) => ({
      ...configuration,
      name: combinedName(configuration.name, guidance),
      guidance,
    })),
  );
}

/** The names of the sweep's configurations, or of its cells where strengths are still to be measured. */
export function sweepNames(
  recipe: Recipe,
  sets: readonly LayerSet[],
): { name: string; count: number; guidance?: ConfigurationGuidance }[] {
  const { steering } = recipe;
  const prompting = promptingOf(recipe);
  const guided = guidanceCells(recipe.guidance);
  if (steering === undefined) {
    return guided.map((guidance) => ({ name: guidanceName(guidance, prompting), count: 1, guidance }));
  }
  const steered = sweepCells(recipe, sets).flatMap((cell) => {
    const name = cellName(cell, prompting);
    const strengths = strengthsOf(steering, cell.operation);
    return strengths === undefined
      ? [{ name: `${name} (${MEASURED_STRENGTHS} measured strengths)`, count: MEASURED_STRENGTHS }]
      : strengths.map((strength) => ({ name: `${name}x${strength}`, count: 1 }));
  });
  if (guided.length === 0) return steered;
  return steered.flatMap(({ name, count }) =>
    guided.map((guidance) => ({ name: combinedName(name, guidance), count, guidance })),
  );
}

/** `mean-difference@8`, `lda.rotate+few-shot@5+8`: the configuration's name but for its strength. */
export function cellName({ method, operation, set }: SweepCell, prompting: Prompting): string {
  const how = operation === "add" ? method : `${method}.${operation}`;
  return `${how}${prompting === "zero-shot" ? "" : `+${prompting}`}@${set.name}`;
}

/** `steer@g0.2e0.6`, `negative-prompt+few-shot@e0.6`. */
export function guidanceName(
  { preset, gamma, eta }: ConfigurationGuidance,
  prompting: Prompting = "zero-shot",
): string {
  const weights = `${gamma === undefined ? "" : `g${gamma}`}${eta === undefined ? "" : `e${eta}`}`;
  return `${preset}${prompting === "zero-shot" ? "" : `+${prompting}`}@${weights}`;
}

/** `mean-difference@8x0.2~steer@g0.2e0.6`; the prompt is named once, by the steering. */
function combinedName(steered: string, guidance: ConfigurationGuidance): string {
  return `${steered}~${guidanceName(guidance)}`;
}

const OPERATION_WORDS: Readonly<Record<SteeringOperation, string>> = {
  add: "steered",
  "add-keeping-norm": "steered, norms kept,",
  ablate: "direction taken out",
  "ablate-add": "direction taken out and added",
  clamp: "direction clamped",
  rotate: "turned",
  replace: "direction set to the class's",
};

/**
 * What a configuration is, for people: `zero-shot prompting`, `steered at layer 8, strength 0.2`, `guided by steer,
 * γ 0.2, η 0.6`.
 * @param options.method Names the method too, for a sweep over several.
 */
export function describeConfiguration(
  { prompting, steering, guidance }: Configuration,
  options: { readonly method?: boolean } = {},
): string {
  if (!steering && !guidance) return `${prompting} prompting`;
  const added = prompting === "few-shot" ? ", few-shot" : "";
  const parts = [
    ...(steering ? [describeSteering(steering, options.method === true)] : []),
    ...(guidance ? [describeGuidance(guidance)] : []),
  ];
  return `${parts.join(" and ")}${added}`;
}

function describeSteering(
  { method, operation, layers, strength }: ConfigurationSteering,
  named: boolean,
): string {
  const by = named ? `, ${method}` : "";
  return `${OPERATION_WORDS[operation]} at ${describeLayers(layers)}, strength ${strength}${by}`;
}

function describeGuidance({ preset, gamma, eta }: ConfigurationGuidance): string {
  const weights = [
    ...(gamma === undefined ? [] : [`γ ${gamma}`]),
    ...(eta === undefined ? [] : [`η ${eta}`]),
  ];
  return `guided by ${preset}, ${weights.join(", ")}`;
}

/** `layer 8`, `layers 5 and 8`, `22 layers`. */
export function describeLayers(layers: readonly number[]): string {
  if (layers.length === 1) return `layer ${layers[0]}`;
  if (layers.length > 4) return `${layers.length} layers`;
  return `layers ${layers.slice(0, -1).join(", ")} and ${layers.at(-1)}`;
}
