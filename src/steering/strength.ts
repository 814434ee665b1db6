import type { Addition } from "../engine/intervention.js";
import { RecipeError } from "../errors.js";
import type { LayerDirection, SteeringVector } from "./steering-vector.js";

/** `norm`: multiples of the layer's mean residual norm; `absolute`: the residual stream's own units, as paper A's α. */
export type StrengthUnit = "norm" | "absolute";

/**
 * A vector's part at a layer.
 * @param place The recipe's key, to begin the message with.
 * @throws RecipeError if it has none there, naming the layers that it has.
 */
export function directionAt(vector: SteeringVector, layer: number, place?: string): LayerDirection {
  const direction = vector.layers.find((candidate) => candidate.layer === layer);
  if (direction !== undefined) return direction;
  throw new RecipeError(
    `${place === undefined ? "The" : `${place}: the`} vector for ${vector.class} (${vector.language}) has no layer ${layer}, only ` +
      `${vector.layers.map((each) => each.layer).join(", ")}.`,
  );
}

/**
 * Paper A's α: strength × mean residual norm of the layer (over the rows that were pooled), or the strength itself.
 * @throws RecipeError if the vector has no such layer, the strength is not a finite number, or the unit is `norm` and
 * the vector, of another tool, does not say the residual's norm.
 */
export function absoluteStrength(
  vector: SteeringVector,
  layer: number,
  strength: number,
  unit: StrengthUnit = "norm",
): number {
  if (!Number.isFinite(strength)) throw new RecipeError(`steering.strengths: ${strength} is not a number.`);
  if (unit === "absolute") return strength;
  const { residualNorm } = directionAt(vector, layer);
  if (residualNorm !== undefined) return strength * residualNorm;
  throw new RecipeError(
    `steering.unit: the vector for ${vector.class} (${vector.language}) does not say how large the residual stream ` +
      `is at layer ${layer}${vector.origin === undefined ? "" : ` (${vector.origin})`}. Give strengths with unit: absolute.`,
  );
}

/**
 * The intervention h ← h + α·v̂ at one layer (paper A), at every position.
 * @throws RecipeError as `absoluteStrength` does, and if the vector has no such layer.
 */
export function steeringAddition(
  vector: SteeringVector,
  layer: number,
  strength: number,
  unit: StrengthUnit = "norm",
): Addition {
  const alpha = absoluteStrength(vector, layer, strength, unit);
  const direction = directionAt(vector, layer).unit;
  return { kind: "add", layer, vector: Float32Array.from(direction, (value) => alpha * value) };
}
