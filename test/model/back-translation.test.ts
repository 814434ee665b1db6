/** Quality Steering from Apertium's output, on real weights. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { captured, inOrder, PLAIN } from "../../src/engine/llama/test-engine.js";
import { resolveModel } from "../../src/models/resolve.js";
import { addCapture, emptyClassMeans } from "../../src/steering/class-means.js";
import { measureSeparation } from "../../src/steering/separation.js";
import { makeSteeringVector } from "../../src/steering/steering-vector.js";
import { steeringAddition } from "../../src/steering/strength.js";

const lines = (name: string) =>
  readFileSync(new URL(`../../examples/back-translation/${name}.en.txt`, import.meta.url), "utf8")
    .trim()
    .split("\n");
const HUMAN = lines("human");
const BACK = lines("back-translated");
const LAYER = 5;
const USED = 24;
let engine: LlamaEngine;

beforeAll(async () => {
  const model = await resolveModel("tinyllama");
  engine = await LlamaEngine.open({ path: model.path, sha256: model.sha256, context: 256 });
});
afterAll(() => engine.close());

test("the vector tells held-out pairs apart, and steers what is written", async () => {
  expect(BACK).toHaveLength(HUMAN.length);
  const means = emptyClassMeans(engine.model, [LAYER], "");
  const texts = [...HUMAN.slice(0, USED), ...BACK.slice(0, USED)];
  for (const capture of await captured(engine.capture(texts, { layers: [LAYER], pooling: "mean" }))) {
    const name = capture.text < USED ? "human" : "back-translated";
    addCapture(means, { language: "en", class: name }, capture);
  }
  const vector = makeSteeringVector(means, { method: "quality", language: "en", tillerVersion: "test" });
  expect(vector).toMatchObject({ class: "human", weighting: "token", texts: 2 * USED });

  const heldOut = (all: readonly string[]) => all.slice(USED, USED + 16);
  const [separation] = await measureSeparation(
    engine,
    [vector],
    [
      { language: "en", class: "human", texts: heldOut(HUMAN) },
      { language: "en", class: "back-translated", texts: heldOut(BACK) },
    ],
  );
  expect(separation!.layers[0]!.auroc).toBeGreaterThan(0.7);

  const interventions = [steeringAddition(vector, LAYER, 0.3)];
  const prompt = 'Reviews by customers\n\nA review: "';
  const decoding = { ...PLAIN, temperature: 0.8, maxTokens: 16 };
  const written = await inOrder(
    engine.generate(
      [
        { prompt, seed: 3 },
        { prompt, seed: 3, interventions },
      ],
      { decoding },
    ),
  );
  expect(written[1]!.text).not.toBe(written[0]!.text);
  expect(written[1]!.tokens).toBeGreaterThan(3);
});
