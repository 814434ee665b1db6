import { readFileSync } from "node:fs";
import { collect } from "../src/engine/collect.js";
import type { Decoding, Intervention } from "../src/engine/engine.js";
import { LlamaEngine } from "../src/engine/llama/llama-engine.js";
import { PLAIN } from "../src/engine/llama/test-engine.js";
import { resolveModel } from "../src/models/resolve.js";
import { compareInPairs, type Ratio } from "./pairs.js";

const PAIRS = 5;
const TOKENS = 16;
const DECODING: Decoding = { ...PLAIN, temperature: 0.8, topP: 0.9, maxTokens: TOKENS };
const PROMPT = [{ role: "user" as const, content: "Write a long story about a journey by train." }];
const SENTENCES = [
  "The train left the station an hour late, and nobody in the carriage seemed surprised.",
  "We bought bread and cheese at the market and ate it on the steps of the old library.",
  "A cold wind came over the hills in the evening, so the children were called inside.",
];

/** Most memory that a process has had, in bytes; undefined where the system does not say. */
function peakMemory(pid: number): number | undefined {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Speed of the engine on TinyLlama: what steering, batching and capture cost, and the memory it takes. */
export async function* engineBenchmark(): AsyncGenerator<Ratio> {
  const model = await resolveModel("tinyllama");
  await using engine = await LlamaEngine.open({ path: model.path, sha256: model.sha256, context: 256 });
  // A small vector, so that steered and unsteered texts are of a kind. Layer 0 is beyond the native route.
  const vector = Float32Array.from({ length: engine.model.width }, (_, i) => 1e-3 * Math.sin(i));
  const steering: Intervention[] = Array.from({ length: engine.model.layers - 1 }, (_, i) => ({
    kind: "add",
    layer: i + 1,
    vector,
  }));

  const tokensPerSecond = async (sequences: number, interventions: readonly Intervention[]) => {
    const requests = Array.from({ length: sequences }, (_, seed) => ({ prompt: PROMPT, seed }));
    const write = (maxTokens: number) => {
      const decoding = { ...DECODING, maxTokens };
      return collect(engine.generate(requests, { decoding, sequences, interventions }));
    };
    // The other side of a pair may have left a context of another shape; making a new one is not writing.
    await write(1);
    const started = performance.now();
    const texts = await write(TOKENS);
    return texts.reduce((sum, text) => sum + text.tokens, 0) / ((performance.now() - started) / 1000);
  };

  for (const sequences of [1, 8, 16]) {
    yield await compareInPairs(
      {
        name: `steered at layers 1 to ${engine.model.layers - 1}, ${sequences} sequences`,
        goal: 0.97,
        unit: "tokens/s steered ÷ unsteered",
      },
      () => tokensPerSecond(sequences, steering),
      () => tokensPerSecond(sequences, []),
      PAIRS,
    );
  }
  yield await compareInPairs(
    { name: "16 sequences against 1", goal: undefined, unit: "tokens/s of 16 sequences ÷ of 1" },
    () => tokensPerSecond(16, []),
    () => tokensPerSecond(1, []),
    PAIRS,
  );

  const texts = Array.from({ length: 15 }, (_, i) => SENTENCES[i % SENTENCES.length]!);
  const textsPerSecond = async (layers: readonly number[]) => {
    const started = performance.now();
    await collect(engine.capture(texts, { layers, pooling: "mean" }));
    return texts.length / ((performance.now() - started) / 1000);
  };
  const all = Array.from({ length: engine.model.layers }, (_, layer) => layer);
  yield await compareInPairs(
    { name: "capture of all layers", goal: 0.85, unit: "texts/s captured ÷ texts/s of plain prefill" },
    () => textsPerSecond(all),
    () => textsPerSecond([]),
    PAIRS,
  );

  const peak = peakMemory(engine.pid!);
  if (peak !== undefined) {
    const ratio = peak / model.bytes;
    yield {
      name: "peak memory",
      ratio,
      p25: ratio,
      p75: ratio,
      goal: undefined,
      unit: "engine's peak memory ÷ model file",
      measured: [peak, model.bytes],
    };
  }
}
