import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { PLAIN } from "../../src/engine/llama/test-engine.js";
import { resolveModel } from "../../src/models/resolve.js";
import { addCapture, emptyClassMeans } from "../../src/steering/class-means.js";
import { inspectVectors } from "../../src/steering/inspect-vector.js";
import type { NearToken } from "../../src/steering/nearest-tokens.js";
import { makeSteeringVector, type SteeringVector } from "../../src/steering/steering-vector.js";
import { steeringCells } from "../../src/steering/strength-cells.js";
import { measureStrengthRange } from "../../src/steering/strength-range.js";

const CLASSES = ["negative", "positive"] as const;
const textsOf = (name: string) =>
  readFileSync(new URL(`../../examples/quickstart/contrast-${name}.txt`, import.meta.url), "utf8")
    .trim()
    .split("\n");
/** The first 30 texts of a class make the vectors, the next 24 try them. */
const MADE_FROM = 30;
const TRIED_ON = 24;
const LAYERS = [8, 19];
let engine: LlamaEngine;
let vectors: SteeringVector[];

beforeAll(async () => {
  const model = await resolveModel("tinyllama");
  engine = await LlamaEngine.open({ path: model.path, sha256: model.sha256, context: 256 });
  const means = emptyClassMeans(engine.model, LAYERS, "");
  const rows = CLASSES.flatMap((name) =>
    textsOf(name)
      .slice(0, MADE_FROM)
      .map((text) => ({ name, text })),
  );
  const texts = rows.map(({ text }) => text);
  for await (const capture of engine.capture(texts, { layers: LAYERS, pooling: "mean" })) {
    addCapture(means, { language: "en", class: rows[capture.text]!.name }, capture);
  }
  vectors = CLASSES.map((name) =>
    makeSteeringVector(means, {
      method: "mean-difference",
      language: "en",
      class: name,
      tillerVersion: "test",
    }),
  );
});
afterAll(() => engine.close());

test("a direction tells texts apart that it was not made from, and lies near words of its class", async () => {
  const heldOut = CLASSES.map((name) => ({
    language: "en",
    class: name,
    texts: textsOf(name).slice(MADE_FROM, MADE_FROM + TRIED_ON),
  }));
  const [negative, positive] = await inspectVectors(vectors, { engine, heldOut, tokens: 20 });
  expect(positive!.heldOut).toEqual({ texts: TRIED_ON, others: TRIED_ON });
  const [early, late] = positive!.layers;
  // Measured with other halves of these texts: 0.90 at layer 8, 0.94 at layer 19.
  expect(early!.separation!.auroc).toBeGreaterThan(0.8);
  expect(late!.separation!.auroc).toBeGreaterThan(0.85);
  expect(late!.separation!.cohensD).toBeGreaterThan(1);
  const words = (tokens: readonly NearToken[] | undefined) => tokens!.map(({ text }) => text);
  expect(words(late!.towards)).toEqual(expect.arrayContaining([" excellent", " wonderful"]));
  expect(words(late!.away)).toEqual(expect.arrayContaining([" worse", " poor"]));
  expect(words(negative!.layers[1]!.towards)).toEqual(expect.arrayContaining([" worse", " poor"]));
  expect(late!.towards![0]!.score).toBeGreaterThan(5.5);
});

test("the strengths between no effect and broken texts are found", async () => {
  const prompts = CLASSES.map((name) => ({
    prompt: `Reviews by customers\n\nA ${name} review: "`,
    language: "en",
  }));
  const { cells, unsteered, notes } = await measureStrengthRange(engine, {
    cells: steeringCells(engine.model, { vectors, layers: [8] }),
    prompts,
    decoding: { ...PLAIN, temperature: 0.8, topP: 0.9, stop: ['"', "\n"] },
    seed: 1,
    texts: 4,
    tokens: 16,
  });
  const [cell] = cells;
  expect(notes).toEqual([]);
  expect(unsteered!.perplexity).toBeLessThan(60);
  expect(cell!.begins).toBeGreaterThan(0.03);
  expect(cell!.begins).toBeLessThan(0.2);
  expect(cell!.breaks).toBeGreaterThan(0.25);
  expect(cell!.breaks).toBeLessThanOrEqual(1.6);
  expect(cell!.recommended).toHaveLength(3);
  const broken = cell!.points.filter(({ texts }) => texts > 0).at(-1)!;
  expect(broken.coherence).toBeLessThan(0.75);
  expect(broken.perplexity).toBeGreaterThan(1.5 * unsteered!.perplexity!);
});
