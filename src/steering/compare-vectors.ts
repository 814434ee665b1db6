import { ModelError, RecipeError } from "../errors.js";
import { cosine } from "./direction.js";
import type { SteeringVector } from "./steering-vector.js";
import { directionAt } from "./strength.js";
import { requireUsable } from "./strength-cells.js";
import { otherModelProblem } from "./vector-model.js";

/** How alike vectors point, at one layer. */
export interface LayerComparison {
  /** 0-based block. */
  readonly layer: number;
  /** Cosines, from −1 to 1. `[vectors][vectors]` */
  readonly cosines: readonly (readonly number[])[];
}

/** How alike vectors point. Paper A compares Language with Quality vectors so, language by language. */
export interface VectorComparison {
  /** By ascending layer, the layers that all vectors have. */
  readonly layers: readonly LayerComparison[];
  /** Means over those layers. `[vectors][vectors]` */
  readonly mean: readonly (readonly number[])[];
  /** Mean absolute cosine of two random directions of this width: √(2 / (π·width)). */
  readonly chance: number;
}

/**
 * Cosines between the directions of vectors, for each layer that they share.
 *
 * @throws RecipeError for fewer than two vectors, or no layer in common; ModelError if they are of different
 * models, or one is not finite
 */
export function compareVectors(vectors: readonly SteeringVector[]): VectorComparison {
  const [first, ...rest] = vectors;
  if (first === undefined || rest.length === 0) throw new RecipeError("It takes two vectors to compare.");
  for (const vector of vectors) requireUsable(vector, vector.model);
  for (const [index, vector] of rest.entries()) {
    const problem = otherModelProblem(vector.model, first.model);
    if (problem === undefined) continue;
    throw new ModelError(
      `Vector ${index + 2}, for ${vector.class} (${vector.language}), is of another model than the first one, for ` +
        `${first.class} (${first.language}): ${vector.model.sha256 || vector.model.architecture}, width ` +
        `${vector.model.width}, and ${first.model.sha256 || first.model.architecture}, width ${first.model.width}. ` +
        "Directions of different models have nothing in common.",
    );
  }
  const shared = first.layers
    .map(({ layer }) => layer)
    .filter((layer) => rest.every((vector) => vector.layers.some((own) => own.layer === layer)));
  if (shared.length === 0) {
    const layers = vectors.map((vector) => vector.layers.map(({ layer }) => layer).join(", "));
    throw new RecipeError(`The vectors have no layer in common: they have ${layers.join("; ")}.`);
  }
  const layers = shared.map((layer): LayerComparison => {
    const units = vectors.map((vector) => directionAt(vector, layer).unit);
    return { layer, cosines: units.map((a, i) => units.map((b, j) => (i === j ? 1 : cosine(a, b)))) };
  });
  const mean = vectors.map((_, i) =>
    vectors.map((_, j) => layers.reduce((sum, { cosines }) => sum + cosines[i]![j]!, 0) / layers.length),
  );
  return { layers, mean, chance: Math.sqrt(2 / (Math.PI * first.model.width)) };
}
