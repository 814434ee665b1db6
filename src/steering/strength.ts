import type { Addition } from "../engine/engine.js";
import { RecipeError } from "../errors.js";
import type { LayerDirection, SteeringVector } from "./steering-vector.js";

/** `norm`: multiples of the layer's mean residual norm; `absolute`: the residual stream's own units, as paper A's α. */
export type StrengthUnit = "norm" | "absolute";

function directionAt(vector: SteeringVector, layer: number): LayerDirection {
  const direction = vector.layers.find((candidate) => candidate.layer === layer);
  if (direction !== undefined) return direction;
  throw new RecipeError(
    `The vector for ${vector.class} (${vector.language}) has no layer ${layer}, only ${vector.layers.map((each) => each.layer).join(", ")}.`,
  );
}

/**
 * Paper A's α: strength × mean residual norm of the layer (over tokens without BOS), or the strength itself.
 * @throws RecipeError if the vector has no such layer or the strength is not a finite number.
 */
export function absoluteStrength(
  vector: SteeringVector,
  layer: number,
  strength: number,
  unit: StrengthUnit = "norm",
): number {
  if (!Number.isFinite(strength)) throw new RecipeError(`steering.strengths: ${strength} is not a number.`);
  return unit === "norm" ? strength * directionAt(vector, layer).residualNorm : strength;
}

/**
 * The intervention h ← h + α·v̂ at one layer (paper A), at every position.
 * @throws RecipeError if the vector has no such layer or the strength is not a finite number.
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
