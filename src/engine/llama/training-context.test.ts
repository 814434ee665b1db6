import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeTinyModel } from "../../gguf/tiny-model.js";
import { randomGenerator } from "../../random/seeded-random.js";
import { ADAMW_DEFAULTS, type TrainingContext } from "./training-context.js";
import { loadTrainingLibraries, type TrainingLibraries, TrainingModel } from "./training-model.js";
import type { TrainingItem } from "./training-rows.js";

const ROW = 64;
let folder: string;
let libraries: TrainingLibraries;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tiller-training-"));
  libraries = await loadTrainingLibraries();
});
afterAll(() => rmSync(folder, { recursive: true }));

function openModel(options: { layers?: number; threads?: number } = {}): TrainingModel & Disposable {
  const path = join(folder, "tiny.gguf");
  writeTinyModel(path, { layers: options.layers ?? 2, width: 32 });
  const model = new TrainingModel(libraries, path, options.threads ?? 2);
  return Object.assign(model, { [Symbol.dispose]: () => model.free() });
}

/** A row of random tokens, of which every n-th label counts. */
function randomRow(seed: number, every = 1): TrainingItem {
  const random = randomGenerator(seed);
  const draw = () => Int32Array.from({ length: ROW }, () => 300 + Math.floor(500 * random()));
  const counted = Uint8Array.from({ length: ROW }, (_, i) => (i % every === 0 ? 1 : 0));
  return { tokens: draw(), labels: draw(), counted };
}

function read(context: TrainingContext, name: string): Float32Array {
  const elements = Number(libraries.native.ggml_nelements(context.tensors.get(name)!));
  const values = new Float32Array(elements);
  libraries.native.ggml_backend_tensor_get(context.tensors.get(name)!, values, 0, 4 * elements);
  return values;
}

function write(context: TrainingContext, name: string, values: Float32Array): void {
  libraries.native.ggml_backend_tensor_set(context.tensors.get(name)!, values, 0, 4 * values.length);
}

/** With these AdamW takes a step of `learningRate / epsilon` times the gradient, and remembers nothing. */
const PLAIN = { ...ADAMW_DEFAULTS, beta1: 0, beta2: 0, epsilon: 1e6, weightDecay: 0 };
const STEP = 0.01;

/** Trains on rows and gives the gradient that the last step took for some weights; puts them back. */
function gradients(context: TrainingContext, rows: readonly TrainingItem[]): Map<string, Float32Array> {
  const before = new Map([...context.tensors.keys()].map((name) => [name, read(context, name)]));
  context.optimizer = { ...PLAIN, learningRate: STEP * PLAIN.epsilon };
  for (const row of rows) context.train(row);
  const found = new Map<string, Float32Array>();
  for (const [name, values] of before) {
    const after = read(context, name);
    found.set(
      name,
      values.map((value, i) => (value - after[i]!) / STEP),
    );
    write(context, name, values);
  }
  return found;
}

const length = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** Slope of the loss, by the labels' sum over the row's length, along a direction. */
function slope(context: TrainingContext, row: TrainingItem, name: string, direction: Float32Array): number {
  const values = read(context, name);
  const unit = length(direction);
  const at = (distance: number) => {
    write(
      context,
      name,
      values.map((value, i) => value + (distance * direction[i]!) / unit),
    );
    return context.evaluate(row).loss / ROW;
  };
  const h = 0.02;
  const found = (at(h) - at(-h)) / (2 * h);
  write(context, name, values);
  return found;
}

test("gradients agree with differences of the loss, labels that do not count left out, whatever was trained before", () => {
  using model = openModel();
  const context = model.createContext({ tokens: ROW, accumulate: 1 });
  for (const row of [randomRow(1), randomRow(2, 3)]) {
    const found = gradients(context, [row]);
    for (const name of [
      "output.weight",
      "output_norm.weight",
      "blk.1.ffn_down.weight",
      "blk.1.attn_q.weight",
    ]) {
      const gradient = found.get(name)!;
      expect(slope(context, row, name, gradient) / length(gradient), name).toBeCloseTo(1, 3);
    }
    // No gradient flows through keys and values, so that those of earlier blocks lack a little.
    const early = found.get("blk.0.ffn_up.weight")!;
    expect(slope(context, row, "blk.0.ffn_up.weight", early) / length(early)).toBeCloseTo(1, 1);
    expect(length(found.get("blk.1.attn_v.weight")!)).toBe(0);
  }
  expect([...context.withGradient].filter((name) => /attn_[kv]\.weight|token_embd/.test(name))).toEqual([]);
  context.free();
});

test("a step of two rows takes the mean of their gradients", () => {
  using model = openModel();
  const [first, second] = [randomRow(3), randomRow(4)];
  const single = model.createContext({ tokens: ROW, accumulate: 1 });
  const name = "blk.1.ffn_up.weight";
  const one = gradients(single, [first]).get(name)!;
  const other = gradients(single, [second]).get(name)!;
  single.free();
  const double = model.createContext({ tokens: ROW, accumulate: 2 });
  // Twice: the gradients of the first step must be gone in the second.
  for (let step = 0; step < 2; step += 1) {
    const both = gradients(double, [first, second]).get(name)!;
    const error = both.map((value, i) => value - (one[i]! + other[i]!) / 2);
    expect(length(error) / length(both)).toBeLessThan(1e-3);
  }
  double.free();
});

test("a model of ten blocks has room for its backward pass, and threads do not change the weights", () => {
  const trained = [1, 2].map((threads) => {
    using model = openModel({ layers: 10, threads });
    const context = model.createContext({ tokens: ROW, accumulate: 1 });
    context.optimizer = { ...ADAMW_DEFAULTS, learningRate: 1e-3 };
    for (let seed = 0; seed < 3; seed += 1) context.train(randomRow(seed));
    const values = read(context, "blk.0.ffn_gate.weight");
    context.free();
    return values;
  });
  expect(trained[0]).toEqual(trained[1]);
});
