import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect } from "../../src/engine/collect.js";
import type { Decoding } from "../../src/engine/engine.js";
import type { Addition } from "../../src/engine/intervention.js";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { PLAIN } from "../../src/engine/llama/test-engine.js";
import { createIdentifier } from "../../src/language/identify.js";
import { resolveModel } from "../../src/models/resolve.js";
import { addCapture, emptyClassMeans } from "../../src/steering/class-means.js";
import { proveEffect } from "../../src/steering/proof-of-effect.js";
import { makeSteeringVector, type SteeringVector } from "../../src/steering/steering-vector.js";
import { steeringAddition } from "../../src/steering/strength.js";

const lines = (name: string) =>
  readFileSync(new URL(`../../examples/quickstart/${name}`, import.meta.url), "utf8")
    .trim()
    .split("\n");
const POSITIVE = lines("contrast-positive.txt");
const NEGATIVE = lines("contrast-negative.txt");
const LAYER = 8;
const PROMPT = [{ role: "user" as const, content: "Write a short review of a product." }];
const DECODING: Decoding = { ...PLAIN, temperature: 0.8, topP: 0.9 };
let engine: LlamaEngine;
let positive: SteeringVector;

beforeAll(async () => {
  const model = await resolveModel("tinyllama");
  engine = await LlamaEngine.open({ path: model.path, sha256: model.sha256, context: 256 });
  const layers = [0, LAYER, 15];
  const means = emptyClassMeans(engine.model, layers, "");
  const texts = [...POSITIVE.slice(0, 20), ...NEGATIVE.slice(0, 20)];
  for await (const capture of engine.capture(texts, { layers, pooling: "mean" })) {
    addCapture(means, { language: "en", class: capture.text < 20 ? "positive" : "negative" }, capture);
  }
  positive = makeSteeringVector(means, {
    method: "mean-difference",
    language: "en",
    class: "positive",
    tillerVersion: "test",
  });
});
afterAll(() => engine.close());

const steer = (strength: number, layer = LAYER): Addition[] => [steeringAddition(positive, layer, strength)];

test("the model is the one that is documented", () => {
  expect(engine.model).toMatchObject({ architecture: "llama", layers: 22, width: 2048, vocabulary: 32000 });
  expect(engine.capabilities).toEqual({ capture: true, steering: true, logProbabilities: true });
});

test("it writes English, and again the same", async () => {
  const identifier = await createIdentifier();
  const requests = Array.from({ length: 6 }, (_, seed) => ({ prompt: PROMPT, seed }));
  const texts = await collect(engine.generate(requests, { decoding: DECODING }));
  const again = await collect(engine.generate(requests, { decoding: DECODING }));
  expect(again).toEqual(texts);
  expect(
    texts.filter((completion) => identifier.matches(completion.text, "en")).length,
  ).toBeGreaterThanOrEqual(5);
});

test("both routes to the residual stream give the same logits", async () => {
  const native = await engine.nextToken(PROMPT, { interventions: steer(0.3), route: "native" });
  const callback = await engine.nextToken(PROMPT, { interventions: steer(0.3), route: "callback" });
  const largest = native.reduce((most, value, i) => Math.max(most, Math.abs(value - callback[i]!)), 0);
  const range = Math.max(...native) - Math.min(...native);
  expect(largest).toBeLessThan(1e-4 * range);
});

test("steering has an effect that grows with its strength, at layer 0 too", async () => {
  const variations: number[] = [];
  for (const strength of [0.05, 0.2, 0.8]) {
    const effect = await proveEffect(engine, { prompt: PROMPT, interventions: steer(strength) });
    variations.push(effect.totalVariation);
  }
  expect(variations).toEqual([...variations].sort((a, b) => a - b));
  await expect(proveEffect(engine, { prompt: PROMPT, interventions: steer(0.3, 0) })).resolves.toMatchObject({
    changed: true,
  });
});

test("the direction tells held-out positive sentences from negative ones", async () => {
  const { unit } = positive.layers.find(({ layer }) => layer === 15)!;
  const texts = [...POSITIVE.slice(60, 90), ...NEGATIVE.slice(60, 90)];
  const projections = new Array<number>(texts.length);
  for await (const { text, values } of engine.capture(texts, { layers: [15], pooling: "mean" })) {
    projections[text] = values.reduce((sum, value, i) => sum + value * unit[i]!, 0);
  }
  let wins = 0;
  for (const a of projections.slice(0, 30)) for (const b of projections.slice(30)) wins += a > b ? 1 : 0;
  expect(wins / 900).toBeGreaterThan(0.8);
});

test("human sentences are likelier than their shuffled words", async () => {
  const texts = POSITIVE.slice(0, 12);
  const shuffled = texts.map((text) => text.split(" ").reverse().join(" "));
  const mean = new Array<number>(24);
  for await (const { text, values } of engine.logProbabilities([...texts, ...shuffled])) {
    mean[text] = values.reduce((sum, value) => sum + value, 0) / values.length;
  }
  expect(texts.filter((_, i) => mean[i]! > mean[i + 12]!).length).toBeGreaterThanOrEqual(11);
});

test("rows steered apart in one batch write what they write alone", async () => {
  const sets = [steer(0.2), steer(-0.2), []];
  const requests = Array.from({ length: 12 }, (_, i) => ({
    prompt: PROMPT,
    seed: i,
    interventions: sets[i % 3]!,
  }));
  const decoding = { ...DECODING, maxTokens: 12 };
  const together = await collect(engine.generate(requests, { decoding }));
  const alone = await collect(engine.generate([requests[1]!], { decoding, route: "callback" }));
  expect(together.find((completion) => completion.index === 1)!.text).toBe(alone[0]!.text);
});
