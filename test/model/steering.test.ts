/** What theory says of steering, on real weights. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { trainTextClassifier } from "../../src/classify/classifier.js";
import type { Decoding } from "../../src/engine/engine.js";
import type { Intervention } from "../../src/engine/intervention.js";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { captured, inOrder, PLAIN, scored } from "../../src/engine/llama/test-engine.js";
import { resolveModel } from "../../src/models/resolve.js";
import { addCapture, emptyClassMeans } from "../../src/steering/class-means.js";
import { makeSteeringVector, type SteeringVector } from "../../src/steering/steering-vector.js";
import { steeringAddition } from "../../src/steering/strength.js";

const lines = (name: string) =>
  readFileSync(new URL(`../../examples/quickstart/${name}`, import.meta.url), "utf8")
    .trim()
    .split("\n");
const POSITIVE = lines("contrast-positive.txt");
const NEGATIVE = lines("contrast-negative.txt");
const LAYER = 8;
const LATER = 14;
const STRENGTHS = [0, 0.15, 0.3, 0.6, 1.5];
const TEXTS = 16;
/** Texts of a class that make the vector. */
const MADE_FROM = 24;
/** Of the strengths, those at which texts are written. */
const WRITTEN = [0, 0.3, 0.6, 1.5];
const PROMPT = 'Reviews by customers\n\nA review: "';
const DECODING: Decoding = { ...PLAIN, temperature: 0.8, topP: 0.9, maxTokens: 20, stop: ['"', "\n"] };
let engine: LlamaEngine;
let negative: SteeringVector;

beforeAll(async () => {
  const model = await resolveModel("tinyllama");
  engine = await LlamaEngine.open({ path: model.path, sha256: model.sha256, context: 256 });
  const layers = [LAYER, LATER];
  const means = emptyClassMeans(engine.model, layers, "");
  const texts = [...POSITIVE.slice(0, MADE_FROM), ...NEGATIVE.slice(0, MADE_FROM)];
  for await (const capture of engine.capture(texts, { layers, pooling: "mean" })) {
    addCapture(means, { language: "en", class: capture.text < MADE_FROM ? "positive" : "negative" }, capture);
  }
  negative = makeSteeringVector(means, {
    method: "mean-difference",
    language: "en",
    class: "negative",
    tillerVersion: "test",
  });
});
afterAll(() => engine.close());

const steer = (strength: number): Intervention[] =>
  strength === 0 ? [] : [steeringAddition(negative, LAYER, strength)];
const directionAt = (layer: number) => negative.layers.find((each) => each.layer === layer)!.unit;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean component of texts' residuals along the direction of a layer. */
async function projection(layer: number, interventions: readonly Intervention[]): Promise<number> {
  const unit = directionAt(layer);
  const texts = POSITIVE.slice(60, 68);
  const captures = await captured(engine.capture(texts, { layers: [layer], pooling: "mean", interventions }));
  return mean(captures.map(({ values }) => values.reduce((sum, value, i) => sum + value * unit[i]!, 0)));
}

test("the stronger the addition, the farther a later layer's residuals lie along the direction", async () => {
  const found: number[] = [];
  for (const strength of STRENGTHS) found.push(await projection(LATER, steer(strength)));
  expect(found).toEqual([...found].sort((a, b) => a - b));
  expect(new Set(found).size).toBe(STRENGTHS.length);
});

test("an ablated direction has no component at its layer, and the contrast is weaker behind it", async () => {
  const ablation: Intervention[] = [{ kind: "ablate", layer: LAYER, direction: directionAt(LAYER) }];
  const before = await projection(LAYER, []);
  expect(Math.abs(before)).toBeGreaterThan(0.05);
  expect(Math.abs(await projection(LAYER, ablation))).toBeLessThan(1e-4 * Math.abs(before));
  expect(await projection(LATER, ablation)).not.toBeCloseTo(await projection(LATER, []), 2);
});

test("success rises with the strength, and then coherence breaks", async () => {
  const requests = WRITTEN.flatMap((strength) => {
    const interventions = steer(strength);
    return Array.from({ length: TEXTS }, (_, seed) => ({ prompt: PROMPT, seed, interventions }));
  });
  const completions = await inOrder(engine.generate(requests, { decoding: DECODING, sequences: 32 }));
  const check = trainTextClassifier([
    ...POSITIVE.slice(30).map((text) => ({ text, label: "positive" })),
    ...NEGATIVE.slice(30).map((text) => ({ text, label: "negative" })),
  ]);
  const texts = WRITTEN.map((_, i) =>
    completions.slice(i * TEXTS, (i + 1) * TEXTS).map(({ text }) => text || "."),
  );
  const success = texts.map((group) =>
    mean(check.predict(group).map((label) => Number(label === "negative"))),
  );
  const likelihood: number[] = [];
  for (const group of texts) {
    const values = await scored(engine.logProbabilities(group));
    likelihood.push(mean(values.flatMap((text) => [...text])));
  }
  const [none, mild, strong, extreme] = WRITTEN.keys();
  expect(success[strong!]!).toBeGreaterThanOrEqual(success[none!]! + 0.2);
  // In nats a token: steered mildly, the texts are still about as likely to the model as its own.
  expect(likelihood[mild!]!).toBeGreaterThan(likelihood[none!]! - 1.2);
  expect(likelihood[extreme!]!).toBeLessThan(likelihood[none!]! - 2);
});
