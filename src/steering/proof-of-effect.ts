import type { Engine, Prompt } from "../engine/engine.js";
import type { Intervention } from "../engine/intervention.js";
import { EngineError } from "../errors.js";

/** How far an intervention moves the next-token distribution. */
export interface Effect {
  /** ½ Σ |p − q|, from 0 to 1. */
  readonly totalVariation: number;
  /** Σ p ln (p / q) in nats, p with the intervention and q without it. */
  readonly klDivergence: number;
  readonly changed: boolean;
}

/** Below this total variation nothing was changed. The same prompt in the same batch shape gives equal bits. */
const LEAST_VARIATION = 1e-6;

/**
 * Compares two distributions over the same tokens, given as natural log-probabilities.
 * @throws RangeError if they differ in length.
 */
export function compareDistributions(steered: Float32Array, plain: Float32Array): Effect {
  if (steered.length !== plain.length) {
    throw new RangeError(
      `Distributions over ${steered.length} and ${plain.length} tokens cannot be compared.`,
    );
  }
  let variation = 0;
  let divergence = 0;
  for (let token = 0; token < steered.length; token += 1) {
    const p = Math.exp(steered[token]!);
    const q = Math.exp(plain[token]!);
    variation += Math.abs(p - q) / 2;
    if (p > 0) divergence += p * (steered[token]! - plain[token]!);
  }
  // Log-probabilities come in 32 bits, whose rounding can take the divergence of equal distributions below 0.
  const klDivergence = Math.max(0, divergence);
  return { totalVariation: variation, klDivergence, changed: variation >= LEAST_VARIATION };
}

/**
 * Shows that interventions change what the model says next: some architectures of llama.cpp ignore them
 * without a word. Costs two evaluations of the prompt.
 * @throws EngineError if they change nothing, or leave no valid distribution.
 */
export async function proveEffect(
  engine: Pick<Engine, "model" | "nextToken">,
  options: { readonly prompt: Prompt; readonly interventions: readonly Intervention[] },
): Promise<Effect> {
  const { prompt, interventions } = options;
  const layers = [...new Set(interventions.map(({ layer }) => layer))].sort((a, b) => a - b);
  const where = `layer ${layers.join(", ")} of ${engine.model.name} (architecture ${engine.model.architecture})`;
  const plain = await engine.nextToken(prompt);
  const steered = await engine.nextToken(prompt, { interventions });
  const effect = compareDistributions(steered, plain);
  if (!Number.isFinite(effect.totalVariation)) {
    throw new EngineError(
      `Steering at ${where} leaves no valid distribution (NaN). Lower the strength, or choose another layer.`,
    );
  }
  if (!effect.changed) {
    throw new EngineError(
      `Steering at ${where} changes nothing: the next-token distributions with and without it are equal. ` +
        "The engine does not steer this architecture at this layer; choose another layer or another model.",
    );
  }
  return effect;
}
