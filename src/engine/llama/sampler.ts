import { EngineError } from "../../errors.js";
import type { Decoding } from "../engine.js";
import type { Native, Pointer } from "./bindings.js";
import type { Vocabulary } from "./vocabulary.js";

/** Seeds are 32-bit; the largest one means "random" to llama.cpp. */
export const MAX_SEED = 0xfffffffe;

/** What each number of a decoding may be. */
const NUMBERS: readonly (readonly [
  key: keyof Decoding & string,
  may: (value: number) => boolean,
  what: string,
])[] = [
  ["temperature", (value) => value >= 0, "0 or more"],
  ["topK", (value) => Number.isInteger(value) && value >= 0, "a whole number, 0 or more"],
  ["topP", (value) => value > 0 && value <= 1, "above 0 and at most 1"],
  ["minP", (value) => value >= 0 && value < 1, "at least 0 and less than 1"],
  ["repetitionPenalty", (value) => value > 0, "above 0"],
  ["frequencyPenalty", () => true, "a number"],
  ["penaltyWindow", (value) => Number.isInteger(value) && value >= 0, "a whole number, 0 or more"],
  ["maxTokens", (value) => Number.isInteger(value) && value >= 1, "a whole number, 1 or more"],
];

/** Throws EngineError unless llama.cpp's samplers can work with these numbers: from NaN they draw without a word. */
export function checkDecoding(decoding: Decoding): void {
  for (const [key, may, what] of NUMBERS) {
    const value = decoding[key] as number;
    if (Number.isFinite(value) && may(value)) continue;
    throw new EngineError(`decoding.${key} is ${value}; it must be ${what}.`);
  }
  if (decoding.stop.includes(""))
    throw new EngineError("decoding.stop has an empty string, which is everywhere.");
}

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
        // Longer than the text it would only take memory.
        Math.min(penaltyWindow, decoding.maxTokens),
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
  if (decoding.topK > 0) add(native.llama_sampler_init_top_k(Math.min(decoding.topK, vocabulary.size)));
  if (decoding.topP < 1) add(native.llama_sampler_init_top_p(decoding.topP, 1));
  if (decoding.minP > 0) add(native.llama_sampler_init_min_p(decoding.minP, 1));
  add(native.llama_sampler_init_dist(seed));
  return chain;
}
