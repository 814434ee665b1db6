import type { Engine, ReadText } from "../engine/engine.js";
import type { Selection } from "../engine/selection.js";
import type { ContrastTexts } from "./contrast-split.js";
import { cosine } from "./direction.js";
import { type NearToken, nearestTokens } from "./nearest-tokens.js";
import { type LayerSeparation, measureSeparation } from "./separation.js";
import type { LayerDirection, SteeringVector } from "./steering-vector.js";

/** What is known of a vector at one layer. */
export interface LayerInspection {
  /** 0-based block. */
  readonly layer: number;
  /** Mean norm of the residual stream; undefined for a vector of another tool. */
  readonly residualNorm: number | undefined;
  /** Distance of the class means, or the vector's own length. */
  readonly differenceNorm: number;
  /** Cosine with the vector's direction at the layer before; undefined where it has none there. */
  readonly cosineBefore: number | undefined;
  /** On texts that no vector was made from, if there were any. */
  readonly separation: LayerSeparation | undefined;
  /** Tokens that the direction makes likelier, and those that its opposite does, if they were asked for. */
  readonly towards: readonly NearToken[] | undefined;
  readonly away: readonly NearToken[] | undefined;
}

/** What a steering vector is. */
export interface VectorInspection extends Omit<SteeringVector, "layers"> {
  /** Texts that the separation was measured on: of the class, and of what it was set against. */
  readonly heldOut: { readonly texts: number; readonly others: number } | undefined;
  /** By ascending layer. */
  readonly layers: readonly LayerInspection[];
}

export interface InspectOptions {
  /** Without an engine, only what the vectors say of themselves. */
  readonly engine?: Pick<Engine, "model" | "capture" | "nextToken"> | undefined;
  /** Texts that no vector was made from, to measure the separation on. */
  readonly heldOut?: readonly ContrastTexts[] | undefined;
  /** Rows of those texts that are pooled: those that the vectors were made from. Default: all. */
  readonly where?: Selection | undefined;
  /** How those texts are read. Default: as they stand. */
  readonly read?: ((text: string) => ReadText) | undefined;
  /** How many nearest tokens on either side; default 0. */
  readonly tokens?: number | undefined;
  /** Default: all layers of each vector. */
  readonly layers?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onText?: ((done: number, total: number) => void) | undefined;
}

/**
 * Says what vectors are: where they come from, how large they are, how far the direction turns from layer to layer,
 * and with an engine how well they tell held-out texts apart and which tokens they lie nearest to.
 *
 * @throws ModelError if a vector was made from another model than the engine's; RecipeError if a vector lacks a layer,
 * or the texts have nothing of its class; EngineError
 */
export async function inspectVectors(
  vectors: readonly SteeringVector[],
  options: InspectOptions = {},
): Promise<VectorInspection[]> {
  const { engine, heldOut, tokens = 0, layers, where, read, signal, onText } = options;
  const separations =
    engine && heldOut
      ? await measureSeparation(engine, vectors, heldOut, { layers, where, read, signal, onText })
      : [];
  const inspections: VectorInspection[] = [];
  for (const [index, vector] of vectors.entries()) {
    const separation = separations[index];
    const shown = vector.layers.filter(({ layer }) => layers === undefined || layers.includes(layer));
    const nearest =
      engine && tokens > 0
        ? await nearestTokens(engine, vector, {
            layers: shown.map(({ layer }) => layer),
            count: tokens,
            signal,
          })
        : [];
    inspections.push({
      ...vector,
      heldOut: separation && { texts: separation.texts, others: separation.others },
      layers: shown.map((direction) => ({
        layer: direction.layer,
        residualNorm: direction.residualNorm,
        differenceNorm: direction.differenceNorm,
        cosineBefore: cosineBefore(vector, direction),
        separation: separation?.layers.find(({ layer }) => layer === direction.layer),
        towards: nearest.find(({ layer }) => layer === direction.layer)?.towards,
        away: nearest.find(({ layer }) => layer === direction.layer)?.away,
      })),
    });
  }
  return inspections;
}

function cosineBefore({ layers }: SteeringVector, { layer, unit }: LayerDirection): number | undefined {
  const before = layers.find((candidate) => candidate.layer === layer - 1);
  return before && cosine(before.unit, unit);
}
