import { resolve } from "node:path";
import { ModelError, RecipeError } from "../errors.js";
import type { LayerSet } from "../recipe/layers.js";
import type { LoadedRecipe } from "../recipe/load.js";
import { operationsOf, vectorFileOf } from "../recipe/sweep-axes.js";
import { readSteeringVector } from "../steering/import-vector.js";
import type { SteeringOperation } from "../steering/intervene.js";
import type { SteeringVector } from "../steering/steering-vector.js";
import type { ExpectedModel } from "../steering/vector-model.js";

/** A vector file that a recipe names in place of a method. */
export interface GivenVector {
  /** The label that it steers towards. */
  readonly label: string;
  /** Absolute path. */
  readonly file: string;
  readonly vector: SteeringVector;
}

/** Operations whose strengths are multiples of the residual's norm. */
const NORM_OPERATIONS: readonly SteeringOperation[] = ["add", "add-keeping-norm", "ablate-add", "clamp"];

/**
 * The vectors that a recipe takes from files, one for each label; none if it makes its own. Labels that share a file
 * share the vector. A file that is named for a label steers towards that label, whatever class it says itself.
 *
 * @param model refuses vectors of another model; left out while the model is not there.
 * @param sets layers that every vector must have, and the residual's norm at them where the strengths need it.
 * @throws ModelError if a file cannot be read or is of another model; RecipeError if it lacks what the recipe needs
 */
export function readGivenVectors(
  { recipe, directory }: Pick<LoadedRecipe, "recipe" | "directory">,
  options: { readonly model?: ExpectedModel | undefined; readonly sets?: readonly LayerSet[] | undefined },
): GivenVector[] {
  const { steering, task } = recipe;
  if (steering?.vectors === undefined) return [];
  const shared = typeof steering.vectors === "string";
  const known = new Map<string, SteeringVector>();
  return task.labels.map((label) => {
    const place = shared ? "steering.vectors" : `steering.vectors.${label}`;
    const file = resolve(directory, vectorFileOf(steering, label)!);
    const vector = known.get(file) ?? read(file, place, options.model);
    known.set(file, vector);
    for (const layer of new Set(options.sets?.flatMap(({ layers }) => layers))) {
      const at = vector.layers.find((each) => each.layer === layer);
      if (at === undefined) {
        const has = vector.layers.map((each) => each.layer).join(", ");
        throw new RecipeError(
          `steering.layers: found the layer ${layer}, and ${file} (${place}) has none there, only ${has}.`,
        );
      }
      const needed = operationsOf(steering).find((operation) => NORM_OPERATIONS.includes(operation));
      if (steering.unit === "absolute" || needed === undefined || at.residualNorm !== undefined) continue;
      throw new RecipeError(
        `steering.unit: strengths of the operation ${needed} are multiples of the residual stream's norm, and ${file} (${place}), ` +
          "which another program made, does not say it. Give steering.strengths with unit: absolute: 1 adds the direction with length 1.",
      );
    }
    return { label, file, vector: shared ? vector : { ...vector, class: label } };
  });
}

function read(file: string, place: string, model: ExpectedModel | undefined): SteeringVector {
  try {
    return readSteeringVector(file, model ? { model } : {});
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(`${place}: ${error.message}`, { cause: error });
  }
}
