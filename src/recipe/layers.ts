import { RecipeError } from "../errors.js";
import { type Layer, NAMED_DEPTHS } from "./schema.js";

/**
 * The blocks that a recipe's layers stand for in a model of `blocks` blocks: 0-based, ascending, each once.
 *
 * A fraction f of the depth is block round(f · blocks), at most the last one. Rounding, and not the floor,
 * gives paper A's layers from its 21, 48 and 74 %: 9, 20, 31 of 42 blocks (Gemma-2-9B); 10, 22, 34 of 46;
 * 7, 15, 24 of 32; 17, 38, 59 of 80. The floor would give 8, 20, 31 of 42.
 *
 * @throws RecipeError if the model has no such block.
 */
export function resolveLayers(layers: readonly Layer[], blocks: number): number[] {
  const resolved = layers.map((layer, index) => {
    const depth = typeof layer === "string" ? NAMED_DEPTHS[layer] : layer;
    if (depth > 0 && depth < 1) return Math.min(blocks - 1, Math.round(depth * blocks));
    if (Number.isInteger(depth) && depth >= 0 && depth < blocks) return depth;
    throw new RecipeError(
      `steering.layers[${index}]: found ${layer}; the model has ${blocks} ${blocks === 1 ? "block" : "blocks"}: ` +
        `allowed are 0 to ${blocks - 1}, a fraction of the depth between 0 and 1, early, middle or late.`,
    );
  });
  return [...new Set(resolved)].sort((a, b) => a - b);
}
