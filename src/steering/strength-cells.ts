import type { Prompt } from "../engine/engine.js";
import type { Intervention } from "../engine/intervention.js";
import { ModelError } from "../errors.js";
import { interventionsOf, type SteeringOperation } from "./intervene.js";
import { problemOf, type SteeringVector } from "./steering-vector.js";
import { directionAt } from "./strength.js";
import { type ExpectedModel, otherModelProblem } from "./vector-model.js";

/** A prompt that texts are written from while strengths are tried. */
export interface RangePrompt {
  readonly prompt: Prompt;
  /** ISO 639 code, for the word rules. Texts of different languages are judged apart. */
  readonly language?: string | undefined;
}

/** One way of steering whose strengths are tried. Prompts go by their position in the list that is given with it. */
export interface StrengthCell {
  /** For people, such as `layer 8`. */
  readonly name: string;
  /** 0-based blocks, which are steered together. */
  readonly layers: readonly number[];
  /** What a strength does to the residual stream while a prompt's text is written. */
  readonly interventions: (prompt: number, strength: number) => readonly Intervention[];
  /** Along which unit vector the texts should move, at one block; left out, it is not measured. `[width]` */
  readonly direction?:
    | { readonly layer: number; readonly unit: (prompt: number) => Float32Array }
    | undefined;
  /** First strength of the ramp; default 0.025. */
  readonly least?: number | undefined;
  /** Last strength of the ramp; default 1.6. */
  readonly most?: number | undefined;
}

/** Operations of which a vector alone says what a strength does. */
export type RangeOperation = Exclude<SteeringOperation, "replace">;

/** Operations that take a direction out and do not move the texts along it; their strength is a share. */
const REMOVING: readonly RangeOperation[] = ["ablate"];

/**
 * A cell for each layer, steered by itself with strengths in mean residual norms (or in the operation's own unit).
 *
 * @param vectors one for each prompt, in the prompts' order; they may be the same.
 * @throws ModelError as `requireUsable` does; RecipeError if a vector lacks a layer.
 */
export function steeringCells(
  model: ExpectedModel,
  options: {
    readonly vectors: readonly SteeringVector[];
    readonly layers: readonly number[];
    /** Default `add`. */
    readonly operation?: RangeOperation | undefined;
  },
): StrengthCell[] {
  const { vectors, operation = "add" } = options;
  for (const vector of new Set(vectors)) requireUsable(vector, model);
  return [...new Set(options.layers)]
    .sort((a, b) => a - b)
    .map((layer): StrengthCell => {
      const units = vectors.map((vector) => directionAt(vector, layer).unit);
      return {
        name: `layer ${layer}`,
        layers: [layer],
        interventions: (prompt, strength) =>
          interventionsOf({ operation, layers: [layer], strength }, vectors[prompt]!),
        ...(REMOVING.includes(operation)
          ? { most: 1 }
          : { direction: { layer, unit: (prompt) => units[prompt]! } }),
      };
    });
}

/** @throws ModelError if a vector cannot be used with a model: it was made from another one, or is not finite. */
export function requireUsable(vector: SteeringVector, model: ExpectedModel): void {
  const name = `The vector for ${vector.class} (${vector.language})`;
  const other = otherModelProblem(vector.model, model);
  if (other !== undefined) throw new ModelError(`${name} ${other}`);
  const problem = problemOf(vector);
  if (problem !== undefined) throw new ModelError(`${name} cannot be used: ${problem}. Make it again.`);
}
