import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LlamaEngine } from "../engine/llama/llama-engine.js";
import { openTiny } from "../engine/llama/test-engine.js";
import { EngineError, ModelError, RecipeError } from "../errors.js";
import { readGguf } from "../gguf/read.js";
import { readTensor } from "../gguf/read-tensor.js";
import { writeTinyModel } from "../gguf/tiny-model.js";
import { readTokenTexts } from "../gguf/token-texts.js";
import { nearestTokens } from "./nearest-tokens.js";
import type { SteeringVector } from "./steering-vector.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tiller-nearest-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Replaces the gains of the last norm, which are all 1 in a tiny model. */
function setGains(path: string): void {
  const { offset, elements } = readGguf(path).tensors.get("output_norm.weight")!;
  const gains = Float32Array.from({ length: elements }, (_, at) => 0.25 + (at % 7) / 2);
  const descriptor = openSync(path, "r+");
  writeSync(descriptor, new Uint8Array(gains.buffer), 0, gains.byteLength, offset);
  closeSync(descriptor);
}

type Model = SteeringVector["model"];

/** A direction for each of some layers, of numbers without meaning. */
function vectorOf(model: Model, layers: readonly number[]): SteeringVector {
  return {
    method: "mean-difference",
    class: "good",
    language: "en",
    weighting: "text",
    positions: "all-but-first",
    model,
    dataSha256: "",
    texts: 4,
    tokens: 8,
    tillerVersion: "0.1.0",
    layers: layers.map((layer) => {
      const values = Array.from({ length: model.width }, (_, at) => Math.sin(1 + 7 * layer + at * at));
      const norm = Math.hypot(...values);
      return {
        layer,
        unit: Float32Array.from(values, (value) => value / norm),
        differenceNorm: 1,
        residualNorm: undefined,
      };
    }),
  };
}

/** Scores from the weights: W·(g ∘ v̂), standardised over the tokens that have a text. The norm's scale falls out. */
function scoresFromWeights(path: string, unit: Float32Array): Map<number, number> {
  const file = readGguf(path);
  const gain = readTensor(file, "output_norm.weight");
  const output = readTensor(file, file.tensors.has("output.weight") ? "output.weight" : "token_embd.weight");
  const scores = new Map<number, number>();
  readTokenTexts(path).forEach((text, token) => {
    if (text === undefined) return;
    let sum = 0;
    unit.forEach((value, at) => {
      sum += output[token * unit.length + at]! * gain[at]! * value;
    });
    scores.set(token, sum);
  });
  const values = [...scores.values()];
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return new Map([...scores].map(([token, value]) => [token, (value - mean) / deviation]));
}

describe.each(["llama", "qwen2"] as const)("nearestTokens on %s", (architecture) => {
  test("gives the model's own norm and unembedding of the direction", async () => {
    const path = join(folder, `${architecture}.gguf`);
    writeTinyModel(path, { architecture, layers: 3 });
    setGains(path);
    await using engine = await LlamaEngine.open({ path, sha256: "0".repeat(64), context: 256, threads: 2 });
    const vector = vectorOf(engine.model, [0, 2]);
    const found = await nearestTokens(engine, vector, { layers: [2, 0], count: 5 });
    expect(found.map(({ layer }) => layer)).toEqual([2, 0]);
    for (const { layer, towards, away } of found) {
      const expected = scoresFromWeights(
        engine.model.file,
        vector.layers.find((at) => at.layer === layer)!.unit,
      );
      const sorted = [...expected.keys()].sort((a, b) => expected.get(b)! - expected.get(a)!);
      expect(towards.map(({ token }) => token)).toEqual(sorted.slice(0, 5));
      expect(away.map(({ token }) => token)).toEqual(sorted.slice(-5).reverse());
      for (const { token, text, score } of [...towards, ...away]) {
        expect(score).toBeCloseTo(expected.get(token)!, 4);
        expect(text).toBe(readTokenTexts(engine.model.file)[token]);
      }
    }
  });
});

test("the token that the direction is made from comes first", async () => {
  await using engine = await openTiny({ layers: 2 });
  const { file, width } = engine.model;
  const token = readTokenTexts(file).indexOf(" wonderful");
  const row = readTensor(readGguf(file), "output.weight").subarray(token * width, (token + 1) * width);
  const norm = Math.hypot(...row);
  const [layer] = vectorOf(engine.model, [0]).layers;
  const vector = {
    ...vectorOf(engine.model, [0]),
    layers: [{ ...layer!, unit: row.map((value) => value / norm) }],
  };
  const [found] = await nearestTokens(engine, vector, { layers: [0], count: 1 });
  expect(found!.towards[0]!.text).toBe(" wonderful");
  expect(await nearestTokens(engine, vector, { layers: [0], count: 0 })).toEqual([
    { layer: 0, towards: [], away: [] },
  ]);
});

test("refuses another model's vector, a layer that is not there, and a model that is not steered", async () => {
  await using engine = await openTiny({ layers: 2 });
  const vector = vectorOf(engine.model, [0]);
  const foreign = { ...vector, model: { ...vector.model, sha256: "f".repeat(64) } };
  await expect(nearestTokens(engine, foreign, { layers: [0] })).rejects.toThrow(ModelError);
  await expect(nearestTokens(engine, vector, { layers: [1] })).rejects.toThrow(RecipeError);
  const { model } = engine;
  const same = new Float32Array(model.vocabulary).fill(-5);
  for (const value of [-5, Number.NaN]) {
    const deaf = { model, nextToken: async () => same.fill(value) };
    await expect(nearestTokens(deaf, vector, { layers: [0] })).rejects.toThrow(EngineError);
  }
});
