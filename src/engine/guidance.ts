import { EngineError } from "../errors.js";
import type { Prompt } from "./engine.js";
import type { Intervention, Schedule } from "./intervention.js";

/**
 * Logit steering: the next token is drawn from a weighted sum of the log-probabilities of several streams,
 *
 *     s(w) = Σ_i weight_i · log p_i(w | prompt_i, y_<t),
 *
 * renormalised, and then the sampler chain. Paper B's STEER, contrastive decoding, classifier-free guidance and
 * DExperts are such sums. All streams go on with the same drawn tokens.
 */
export interface Guidance {
  /** The first stream is the one that writes alone where guidance is off. */
  readonly streams: readonly GuidanceStream[];
  /**
   * α in [0, 1): only tokens that the first stream gives at least α times its likeliest token's probability
   * (contrastive decoding, arXiv 2210.15097). Default 0: every token.
   */
  readonly plausibility?: number;
  /** Factor f at the n-th drawn token: the weights are 1 + f·(weight − 1) of the first and f·weight of the others. */
  readonly schedule?: Schedule;
  /** Guide only where the first stream's entropy, in nats, is above this (G2, EMNLP 2025). Default: everywhere. */
  readonly entropyAbove?: number;
  /** Guide from the token after so many drawn ones. Default 0. */
  readonly after?: number;
}

/** One of the distributions that are summed. */
export interface GuidanceStream {
  readonly weight: number;
  /** Name of an expert that the engine was opened with; left out, the engine's own model. */
  readonly expert?: string;
  /** What stands before the drawn tokens; left out, the request's prompt. */
  readonly prompt?: Prompt;
  /** Left out, the request's. An empty list leaves the stream unsteered. */
  readonly interventions?: readonly Intervention[];
  /**
   * Tokens that end the text keep the probability that they have without this stream. Without it, a negative
   * prompt full of full stops keeps texts from ending.
   */
  readonly sparesEnd?: boolean;
}

/** Another model for the streams of guidance, loaded beside the engine's own. */
export interface Expert {
  readonly name: string;
  /** `adapter`: a LoRA GGUF on the engine's model; `model`: another GGUF with the same vocabulary. */
  readonly kind: "adapter" | "model";
  readonly path: string;
  /** Of an adapter; default 1. √rank for one that was trained as rsLoRA, which llama.cpp does not know. */
  readonly scale?: number;
}

/** Throws EngineError, naming what is wrong, unless the numbers of a guidance can be used. */
export function checkGuidance(guidance: Guidance): void {
  const refuse = (what: string): never => {
    throw new EngineError(`guidance: ${what}.`);
  };
  const { streams, plausibility = 0, entropyAbove = 0, after = 0, schedule } = guidance;
  if (streams.length === 0) refuse("it has no streams");
  for (const [i, { weight }] of streams.entries()) {
    if (!Number.isFinite(weight))
      refuse(`stream ${i + 1} has the weight ${weight}, which is no finite number`);
  }
  if (!(plausibility >= 0 && plausibility < 1)) {
    refuse(`plausibility is ${plausibility}; it must be at least 0 and less than 1`);
  }
  if (!(entropyAbove >= 0 && Number.isFinite(entropyAbove))) {
    refuse(`entropyAbove is ${entropyAbove}; it must be a number of nats, 0 or more`);
  }
  if (!Number.isInteger(after) || after < 0) refuse(`after is ${after}; it must be a number of tokens`);
  if (schedule?.length === 0) refuse("its schedule has no points");
}
