import { EngineError } from "../../errors.js";
import type { Decoding } from "../engine.js";
import type { Native, Pointer } from "./bindings.js";
import type { Vocabulary } from "./vocabulary.js";

/** Seeds are 32-bit; the largest one means "random" to llama.cpp. */
export const MAX_SEED = 0xfffffffe;

/**
 * Builds the native sampler chain of one text: grammar, penalties, temperature, top-k, top-p, min-p, draw.
 * That is the order of Hugging Face transformers and vLLM, which the papers used. Throws EngineError for a
 * grammar that does not parse or a seed out of range. The caller frees it with `llama_sampler_free`.
 */
export function createSampler(
  native: Native,
  vocabulary: Vocabulary,
  decoding: Decoding,
  seed: number,
): Pointer {
  if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED) {
    throw new EngineError(`The seed ${seed} is not a whole number between 0 and ${MAX_SEED}.`);
  }
  const chain = native.llama_sampler_chain_init({ no_perf: true })!;
  const add = (sampler: Pointer | null) => {
    if (sampler === null) {
      native.llama_sampler_free(chain);
      throw new EngineError("The grammar does not parse; the engine's log says where.");
    }
    native.llama_sampler_chain_add(chain, sampler);
  };
  if (decoding.grammar !== undefined) {
    add(native.llama_sampler_init_grammar(vocabulary.pointer, decoding.grammar, "root"));
  }
  if (decoding.repetitionPenalty !== 1 || decoding.frequencyPenalty !== 0) {
    const { penaltyWindow, repetitionPenalty, frequencyPenalty } = decoding;
    add(
      native.llama_sampler_init_penalties(
        vocabulary.size,
        penaltyWindow,
        repetitionPenalty,
        frequencyPenalty,
        0,
      ),
    );
  }
  if (decoding.temperature === 0) {
    add(native.llama_sampler_init_greedy());
    return chain;
  }
  if (decoding.temperature !== 1) add(native.llama_sampler_init_temp(decoding.temperature));
  if (decoding.topK > 0) add(native.llama_sampler_init_top_k(decoding.topK));
  if (decoding.topP < 1) add(native.llama_sampler_init_top_p(decoding.topP, 1));
  if (decoding.minP > 0) add(native.llama_sampler_init_min_p(decoding.minP, 1));
  add(native.llama_sampler_init_dist(seed));
  return chain;
}
