import { collect } from "../src/engine/collect.js";
import type { Decoding, GenerationRequest } from "../src/engine/engine.js";
import { LlamaEngine } from "../src/engine/llama/llama-engine.js";
import { PLAIN } from "../src/engine/llama/test-engine.js";
import { resolveModel } from "../src/models/resolve.js";

/** Tokens that each text gets. */
const TOKENS = 16;
const DECODING: Decoding = { ...PLAIN, temperature: 0.8, topP: 0.9, maxTokens: TOKENS };
const SENTENCES = [
  "The train left the station an hour late, and nobody in the carriage seemed surprised.",
  "We bought bread and cheese at the market and ate it on the steps of the old library.",
  "A cold wind came over the hills in the evening, so the children were called inside.",
];

export const PROMPT = [{ role: "user" as const, content: "Write a long story about a journey by train." }];

/** The model that the engine's benchmarks run on. */
export async function openBenchmarkEngine(): Promise<{ engine: LlamaEngine; bytes: number }> {
  const model = await resolveModel("tinyllama");
  const engine = await LlamaEngine.open({ path: model.path, sha256: model.sha256, context: 256 });
  return { engine, bytes: model.bytes };
}

/** Tokens a second at which the engine writes a text for each request, all of them side by side. */
export async function tokensPerSecond(
  engine: LlamaEngine,
  requests: readonly GenerationRequest[],
): Promise<number> {
  const write = (maxTokens: number) => {
    const decoding = { ...DECODING, maxTokens };
    return collect(engine.generate(requests, { decoding, sequences: requests.length }));
  };
  // The other side of a pair may have left a context of another shape; making a new one is not writing.
  await write(1);
  const started = performance.now();
  const texts = await write(TOKENS);
  return texts.reduce((sum, text) => sum + text.tokens, 0) / ((performance.now() - started) / 1000);
}

/** Texts a second at which the engine reads the residual stream at these layers; none is a plain prefill. */
export async function textsPerSecond(engine: LlamaEngine, layers: readonly number[]): Promise<number> {
  const texts = Array.from({ length: 15 }, (_, i) => SENTENCES[i % SENTENCES.length]!);
  const started = performance.now();
  await collect(engine.capture(texts, { layers, pooling: "mean" }));
  return texts.length / ((performance.now() - started) / 1000);
}
