/** For tests: an engine on a tiny random model, written anew for each test file. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TinyModelOptions, writeTinyModel } from "../../gguf/tiny-model.js";
import { collect } from "../collect.js";
import type { Capture, Completion, Decoding, TokenLogProbabilities } from "../engine.js";
import { LlamaEngine, type LlamaOptions } from "./llama-engine.js";

export const PLAIN: Decoding = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  penaltyWindow: 64,
  maxTokens: 24,
  stop: [],
};

/** Opens an engine on a new tiny model; disposing of it removes the file. */
export async function openTiny(
  model: TinyModelOptions = {},
  options: Partial<LlamaOptions> = {},
): Promise<LlamaEngine & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "tiller-engine-"));
  const path = join(folder, "tiny.gguf");
  await writeTinyModel(path, model);
  const engine = await LlamaEngine.open({
    path,
    sha256: "0".repeat(64),
    context: 256,
    threads: 2,
    ...options,
  });
  const close = engine.close.bind(engine);
  engine.close = async () => {
    await close();
    await rm(folder, { recursive: true, force: true });
  };
  return engine;
}

/** Completions in the order of their requests. */
export async function inOrder(completions: AsyncIterable<Completion>): Promise<Completion[]> {
  const all = await collect(completions);
  return all.sort((a, b) => a.index - b.index);
}

export async function captured(captures: AsyncIterable<Capture>): Promise<Capture[]> {
  return (await collect(captures)).sort((a, b) => a.text - b.text || a.layer - b.layer);
}

export async function scored(items: AsyncIterable<TokenLogProbabilities>): Promise<Float32Array[]> {
  const all = (await collect(items)).sort((a, b) => a.text - b.text);
  return all.map((item) => item.values);
}

/** Largest absolute difference of two arrays of one length. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** Largest minus smallest value. */
export function range(values: Float32Array): number {
  return (
    values.reduce((m, v) => Math.max(m, v), -Infinity) - values.reduce((m, v) => Math.min(m, v), Infinity)
  );
}
