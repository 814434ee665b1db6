import { RecipeError } from "../errors.js";
import type { Configuration } from "../generate/configuration.js";
import type { LayerSet } from "../recipe/layers.js";
import {
  operationsOf,
  SHARE_OPERATIONS,
  sourcesOf,
  steeringOf,
  type VectorSource,
} from "../recipe/sweep-axes.js";
import type { SteeringOperation } from "../steering/intervene.js";
import { absoluteStrength, directionAt } from "../steering/strength.js";
import type { StrengthCell } from "../steering/strength-cells.js";
import {
  measureStrengthRange,
  type StrengthRangeCost,
  type StrengthRanges,
  strengthRangeCost,
} from "../steering/strength-range.js";
import { LEAST_STRENGTH, MOST_STRENGTH } from "../steering/strength-search.js";
import type { VectorSet } from "./build-vectors.js";
import { knownSpeed } from "./cost.js";
import { writingInterventions } from "./interventions.js";
import { READING_SPEED } from "./plan.js";
import type { ProgressTask } from "./progress.js";
import { makeVectors } from "./run-study.js";
import type { Study } from "./study.js";

/** What measuring will cost; `seconds` is undefined while the model's speed on this machine is not known. */
export interface RunRangeCost extends StrengthRangeCost {
  readonly cells: readonly string[];
  readonly seconds: number | undefined;
}

export interface RunRangeOptions {
  /** Blocks, each steered by itself; default as the recipe has them. */
  readonly layers?: readonly number[] | undefined;
  /** Texts for each strength, default 8. */
  readonly texts?: number | undefined;
  /** Told before anything is written. */
  readonly onCost?: ((cost: RunRangeCost) => void) | undefined;
}

/**
 * Measures how strongly a run may steer: each of the recipe's methods and operations at each of its layers, from its
 * prompts. Strengths are in the recipe's unit. Nothing is kept.
 *
 * @throws RecipeError for a layer at which the run has no vectors; EngineError
 */
export async function measureRunRange(study: Study, options: RunRangeOptions = {}): Promise<StrengthRanges> {
  const { recipe } = study;
  const { prompting } = steeringOf(recipe);
  const vectors = await makeVectors(study);
  const keys = recipe.task.languages.flatMap((language) =>
    recipe.task.labels.map((label) => ({ language, label })),
  );
  const interventions = await writingInterventions(study, vectors);
  const cells = sweptCells(study, vectors, options.layers).map((cell): StrengthCell => {
    const { name, method, operation, layers } = cell;
    const layer = layers.at(-1)!;
    const moves = !SHARE_OPERATIONS.includes(operation);
    return {
      name,
      layers,
      interventions: (prompt, strength) => {
        const { language, label } = keys[prompt]!;
        const steering = { method, operation, layers, strength };
        const configuration: Configuration = { name, prompting, steering };
        return interventions(configuration, language, label);
      },
      direction: moves
        ? { layer, unit: (prompt) => directionAt(vectorFor(vectors, method, keys[prompt]!), layer).unit }
        : undefined,
      ...rampFor(cell, vectors, study),
    };
  });
  const settings = {
    cells,
    prompts: keys.map(({ language, label }) => ({
      prompt: study.prompts(prompting, language, label),
      language,
    })),
    decoding: recipe.decoding,
    seed: recipe.seed,
    texts: options.texts,
    sequences: recipe.model.sequences,
    signal: study.options.signal,
  };
  const cost = strengthRangeCost(settings);
  const speed = await knownSpeed(study.model.sha256);
  const seconds = speed === undefined ? undefined : (cost.tokens * (1 + 1 / READING_SPEED)) / speed;
  options.onCost?.({ ...cost, cells: cells.map(({ name }) => name), seconds });
  let task: ProgressTask | undefined;
  return measureStrengthRange(await study.engine(), {
    ...settings,
    onProgress: ({ part, done, total }) => {
      if (done === 1) task = study.progress.begin(PARTS[part].name, total, PARTS[part].unit);
      task?.advance(1);
      if (done === total) task?.end();
    },
  });
}

const PARTS = {
  comparing: { name: "Comparing the next token", unit: "distributions" },
  writing: { name: "Writing short texts", unit: "texts" },
  reading: { name: "Reading them", unit: "texts" },
} as const;

interface SweptCell {
  readonly name: string;
  readonly method: VectorSource;
  readonly operation: SteeringOperation;
  readonly layers: readonly number[];
}

function sweptCells(
  { recipe, layerSets }: Study,
  vectors: VectorSet,
  layers: readonly number[] | undefined,
): SweptCell[] {
  const sets: readonly LayerSet[] =
    layers === undefined ? layerSets : layers.map((layer) => ({ name: String(layer), layers: [layer] }));
  const methods = sourcesOf(recipe.steering);
  const known = vectors.of(methods[0]!)[0]!.layers.map(({ layer }) => layer);
  const missing = sets.flatMap((set) => set.layers).find((layer) => !known.includes(layer));
  if (missing !== undefined) {
    throw new RecipeError(
      `The run has no vectors at layer ${missing}, only at ${known.join(", ")}. Add it to steering.layers of the recipe.`,
    );
  }
  const operations = operationsOf(recipe.steering);
  return methods.flatMap((method) =>
    operations.flatMap((operation) =>
      sets.map((set) => {
        const how = [
          ...(methods.length > 1 ? [method] : []),
          ...(operations.length > 1 || operation !== "add" ? [operation] : []),
        ];
        const place = set.layers.length === 1 ? `layer ${set.name}` : `layers ${set.name}`;
        return { name: [...how, place].join(", "), method, operation, layers: set.layers };
      }),
    ),
  );
}

function vectorFor(vectors: VectorSet, method: VectorSource, key: { language: string; label: string }) {
  return vectors.find(method, key.language, key.label);
}

/** From hardly anything to more than the residual itself, in the recipe's unit. */
function rampFor({ method, operation, layers }: SweptCell, vectors: VectorSet, { recipe }: Study) {
  if (SHARE_OPERATIONS.includes(operation)) return { most: 1 };
  if (operation === "rotate" || steeringOf(recipe).unit === "norm") return {};
  const norms = vectors
    .of(method)
    .flatMap((vector) => layers.map((layer) => absoluteStrength(vector, layer, 1)));
  const norm = norms.reduce((sum, value) => sum + value, 0) / norms.length;
  const short = (strength: number) => Number((strength * norm).toPrecision(2));
  return { least: short(LEAST_STRENGTH), most: short(MOST_STRENGTH) };
}
