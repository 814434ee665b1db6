import { RecipeError } from "../errors.js";
import { type Layer, type LayerEntry, NAMED_DEPTHS, type Steering } from "./steering-schema.js";

/** Blocks that are steered together. */
export interface LayerSet {
  /** `8`, `5+8` or `all`: part of a configuration's name. */
  readonly name: string;
  /** 0-based, ascending, each once. */
  readonly layers: readonly number[];
}

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
  const resolved = layers.map((layer, index) => resolveLayer(layer, blocks, `steering.layers[${index}]`));
  return [...new Set(resolved)].sort((a, b) => a - b);
}

/**
 * The sets of blocks that the entries of a recipe's layers stand for, as `resolveLayers` does it: by their first
 * block, then by their number, each set once.
 *
 * @throws RecipeError if the model has no such block.
 */
export function resolveLayerSets(entries: readonly LayerEntry[], blocks: number): LayerSet[] {
  const sets = entries.map((entry, index): LayerSet => {
    const place = `steering.layers[${index}]`;
    if (entry === "all") return layerSet(range(blocks), blocks);
    if (!Array.isArray(entry)) return layerSet([resolveLayer(entry, blocks, place)], blocks);
    return layerSet(
      entry.map((layer, i) => resolveLayer(layer, blocks, `${place}[${i}]`)),
      blocks,
    );
  });
  return [...new Map(sets.map((set) => [set.name, set])).values()].sort(
    (a, b) => a.layers[0]! - b.layers[0]! || a.layers.length - b.layers.length,
  );
}

/** Where a recipe steers a model of `blocks` blocks, and where its condition is measured if it has one. */
export interface SteeredLayers {
  readonly sets: readonly LayerSet[];
  readonly condition: number | undefined;
}

/** @throws RecipeError if the model has no such block, or the condition is measured behind a steered one. */
export function resolveSteering({ layers, when }: Steering, blocks: number): SteeredLayers {
  const sets = resolveLayerSets(layers, blocks);
  if (when === undefined) return { sets, condition: undefined };
  const condition = resolveLayer(when.layer, blocks, "steering.when.layer");
  const first = Math.min(...sets.flatMap((set) => set.layers));
  if (condition > first) throw new RecipeError(`steering.when.layer: ${conditionTooDeep(condition, first)}`);
  return { sets, condition };
}

/** Why a condition cannot be measured where it is: the row has passed the steered layer by then. */
export function conditionTooDeep(measured: Layer, steered: number): string {
  return `found ${measured}, which lies behind the steered layer ${steered}; allowed: a layer that is not behind any that is steered.`;
}

/** Stand-ins for the sets of a model whose depth is not known: as many, named as the recipe names them. */
export function namedLayerSets(entries: readonly LayerEntry[]): LayerSet[] {
  const sets = entries.map((entry): LayerSet => {
    if (entry === "all") return { name: "all", layers: [] };
    const layers = Array.isArray(entry) ? entry : [entry];
    return { name: layers.join("+"), layers: layers.map(depthOf) };
  });
  return [...new Map(sets.map((set) => [set.layers.join(), set])).values()];
}

/**
 * The block that one layer of a recipe stands for.
 * @param place The recipe's key, for the message.
 * @throws RecipeError if the model has no such block.
 */
export function resolveLayer(layer: Layer, blocks: number, place: string): number {
  const depth = depthOf(layer);
  if (depth > 0 && depth < 1) return Math.min(blocks - 1, Math.round(depth * blocks));
  if (Number.isInteger(depth) && depth >= 0 && depth < blocks) return depth;
  throw new RecipeError(
    `${place}: found ${layer}; the model has ${blocks} ${blocks === 1 ? "block" : "blocks"}: ` +
      `allowed are 0 to ${blocks - 1}, a fraction of the depth between 0 and 1, early, middle or late.`,
  );
}

/** A layer as a number: a block's, or a fraction of the depth. */
export function depthOf(layer: Layer): number {
  return typeof layer === "string" ? NAMED_DEPTHS[layer] : layer;
}

function layerSet(blocks: readonly number[], depth: number): LayerSet {
  const layers = [...new Set(blocks)].sort((a, b) => a - b);
  return { name: layers.length > 1 && layers.length === depth ? "all" : layers.join("+"), layers };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
