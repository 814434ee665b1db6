import type { Prompt } from "../engine/engine.js";
import type { Guidance, GuidanceStream } from "../engine/guidance.js";
import type { Intervention } from "../engine/intervention.js";
import { RecipeError } from "../errors.js";

/** Logit steering by name: each is a weighted sum of streams, see `Guidance`. */
export const GUIDANCE_PRESETS = [
  "contrastive-expert",
  "negative-prompt",
  "steer",
  "classifier-free",
  "dexperts",
  "contrastive-decoding",
  "steered-contrast",
] as const;

export type GuidancePreset = (typeof GUIDANCE_PRESETS)[number];

/** Options that any preset may have. */
export type GuidanceLimits = Pick<Guidance, "plausibility" | "schedule" | "entropyAbove" | "after">;

function checked(value: number, name: string): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RecipeError(`guidance.${name}: found ${value}; allowed: a number, 0 or more.`);
}

/** Paper B spares nothing; η then weighs on the tokens that end texts, and at 1 texts run on to their limit. */
function negativeStream(
  negatives: Prompt,
  eta: number,
  expert: string | undefined,
  spareEnd: boolean,
): GuidanceStream {
  const empty = typeof negatives === "string" ? negatives.trim() === "" : negatives.length === 0;
  if (empty && eta !== 0) {
    throw new RecipeError(
      "guidance: the pool of negative examples is empty. Give real examples, or set eta to 0.",
    );
  }
  return { ...expertStream(expert), prompt: negatives, weight: 0 - checked(eta, "eta"), sparesEnd: spareEnd };
}

function expertStream(expert: string | undefined): { expert?: string } {
  return expert === undefined ? {} : { expert };
}

/** The expert against its base: (1 + γ)·log p_expert − γ·log p_base (paper B). */
function contrast(gamma: number, expert: string): GuidanceStream[] {
  return [{ expert, weight: 1 + checked(gamma, "gamma") }, { weight: 0 - gamma }];
}

/** Contrastive expert guidance of paper B: (1 + γ)·log p_expert(w|x) − γ·log p_base(w|x). */
export function contrastiveExpert(
  options: GuidanceLimits & { readonly gamma: number; readonly expert: string },
): Guidance {
  const { gamma, expert, ...limits } = options;
  return { streams: contrast(gamma, expert), ...limits };
}

/**
 * Negative prompting of paper B alone: log p(w|x) − η·log p(w|c̄, y_<t), with c̄ the earlier examples.
 * @throws RecipeError if there are no negatives, or η is negative or not finite
 */
export function negativePrompt(
  options: GuidanceLimits & {
    readonly eta: number;
    readonly negatives: Prompt;
    readonly expert?: string;
    /** Default true; false is paper B's formula to the letter. */
    readonly spareEnd?: boolean;
  },
): Guidance {
  const { eta, negatives, expert, spareEnd = true, ...limits } = options;
  const own = { ...expertStream(expert), weight: 1 };
  return { streams: [own, negativeStream(negatives, eta, expert, spareEnd)], ...limits };
}

/**
 * STEER (paper B): (1 + γ)·log p_expert(w|x) − γ·log p_base(w|x) − η·log p_expert(w|c̄, y_<t).
 * @throws RecipeError as `negativePrompt` does
 */
export function steer(
  options: GuidanceLimits & {
    readonly gamma: number;
    readonly eta: number;
    readonly expert: string;
    readonly negatives: Prompt;
    readonly spareEnd?: boolean;
  },
): Guidance {
  const { gamma, eta, expert, negatives, spareEnd = true, ...limits } = options;
  return {
    streams: [...contrast(gamma, expert), negativeStream(negatives, eta, expert, spareEnd)],
    ...limits,
  };
}

/**
 * Classifier-free guidance for text (arXiv 2306.17806): (1 + γ)·log p(w|x) − γ·log p(w|x′), with x′ the prompt
 * without what is to be stressed; by default nothing.
 */
export function classifierFree(
  options: GuidanceLimits & { readonly gamma: number; readonly unprompted?: Prompt },
): Guidance {
  const { gamma, unprompted = "", ...limits } = options;
  return {
    streams: [{ weight: 1 + checked(gamma, "gamma") }, { prompt: unprompted, weight: 0 - gamma }],
    ...limits,
  };
}

/** DExperts (arXiv 2105.03023): log p_base + γ·(log p_expert − log p_anti-expert). */
export function dexperts(
  options: GuidanceLimits & { readonly gamma: number; readonly expert: string; readonly antiExpert: string },
): Guidance {
  const { gamma, expert, antiExpert, ...limits } = options;
  checked(gamma, "gamma");
  return {
    streams: [{ weight: 1 }, { expert, weight: gamma }, { expert: antiExpert, weight: 0 - gamma }],
    ...limits,
  };
}

/**
 * Contrastive decoding (arXiv 2210.15097, in the form of 2309.09117): (1 + γ)·log p(w) − γ·log p_amateur(w) over
 * the tokens to which the model gives at least α times its likeliest one's probability.
 */
export function contrastiveDecoding(
  options: GuidanceLimits & { readonly amateur: string; readonly gamma?: number },
): Guidance {
  const { amateur, gamma = 0.5, plausibility = 0.1, ...limits } = options;
  return {
    streams: [{ weight: 1 + checked(gamma, "gamma") }, { expert: amateur, weight: 0 - gamma }],
    plausibility,
    ...limits,
  };
}

/** Steered against unsteered: (1 + γ)·log p(w|x, interventions) − γ·log p(w|x), with one model. */
export function steeredContrast(
  options: GuidanceLimits & { readonly gamma: number; readonly interventions?: readonly Intervention[] },
): Guidance {
  const { gamma, interventions, ...limits } = options;
  return {
    streams: [
      { weight: 1 + checked(gamma, "gamma"), ...(interventions ? { interventions } : {}) },
      { weight: 0 - gamma, interventions: UNSTEERED },
    ],
    ...limits,
  };
}

/** One list for all, so that streams without interventions are known to be alike. */
const UNSTEERED: readonly Intervention[] = [];
