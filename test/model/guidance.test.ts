/** Which way logit steering moves real texts, over 48 samples with the same seeds. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { trainTextClassifier } from "../../src/classify/classifier.js";
import type { Decoding } from "../../src/engine/engine.js";
import type { Guidance } from "../../src/engine/guidance.js";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { inOrder, PLAIN } from "../../src/engine/llama/test-engine.js";
import { NEGATIVE_DEFAULTS, NegativePool, negativePromptOf } from "../../src/guidance/negative-pool.js";
import { classifierFree, negativePrompt } from "../../src/guidance/presets.js";
import { words } from "../../src/language/words.js";
import { resolveModel } from "../../src/models/resolve.js";

const SAMPLES = 48;
/** Samples that share a draw from the pool, so that its evaluation is shared, too. */
const SHARED = 8;
const UNPROMPTED = 'Reviews by customers\n\nA review: "';
const PROMPT = 'Reviews by customers\n\nA negative review: "';
const DECODING: Decoding = {
  ...PLAIN,
  temperature: 0.8,
  topP: 0.9,
  topK: 10,
  maxTokens: 16,
  stop: ['"', "\n"],
};
let engine: LlamaEngine;
let plain: string[];

const lines = (label: string) =>
  readFileSync(new URL(`../../examples/quickstart/contrast-${label}.txt`, import.meta.url), "utf8")
    .trim()
    .split("\n");

async function write(guidanceOf: (sample: number) => Guidance | undefined): Promise<string[]> {
  const requests = Array.from({ length: SAMPLES }, (_, seed) => {
    const guidance = guidanceOf(seed);
    return { prompt: PROMPT, seed, ...(guidance ? { guidance } : {}) };
  });
  const texts = await inOrder(engine.generate(requests, { decoding: DECODING, sequences: 32 }));
  return texts.map(({ text }) => text);
}

beforeAll(async () => {
  const model = await resolveModel("tinyllama");
  engine = await LlamaEngine.open({ path: model.path, sha256: model.sha256, context: 256 });
  plain = await write(() => undefined);
});
afterAll(() => engine.close());

/** Share of different word trigrams among the first so many of all texts. */
function distinct3(texts: readonly string[], most: number): number {
  const trigrams = texts.flatMap((text) => {
    const found = words(text.toLowerCase());
    return found.slice(2).map((_, i) => found.slice(i, i + 3).join(" "));
  });
  const counted = trigrams.slice(0, most);
  return new Set(counted).size / counted.length;
}

test("negative prompts with earlier texts raise distinct-3", async () => {
  const pool = new NegativePool({ ...NEGATIVE_DEFAULTS, count: 6, maxCharacters: 500 });
  for (const text of plain) pool.add({ text, label: "negative", language: "en" });
  const guidances = Array.from({ length: SAMPLES / SHARED }, (_, group) => {
    const drawn = pool.draw({ label: "negative", language: "en" }, group);
    return negativePrompt({ eta: 0.6, negatives: negativePromptOf(drawn) });
  });
  const guided = await write((sample) => guidances[Math.floor(sample / SHARED)]);
  const counts = [plain, guided].map((texts) => texts.reduce((sum, text) => sum + words(text).length, 0));
  const most = Math.min(...counts) - 2 * SAMPLES;
  expect(most).toBeGreaterThan(120);
  expect(distinct3(guided, most)).toBeGreaterThan(distinct3(plain, most) + 0.02);
});

test("guidance by the prompt raises the share of texts that do what the prompt says", async () => {
  const guidance = classifierFree({ gamma: 1, unprompted: UNPROMPTED });
  const guided = await write(() => guidance);
  const check = trainTextClassifier(
    ["positive", "negative"].flatMap((label) => lines(label).map((text) => ({ text, label }))),
  );
  const success = (texts: readonly string[]) =>
    check.predict(texts).filter((label) => label === "negative").length / texts.length;
  expect(success(guided)).toBeGreaterThan(success(plain) + 0.02);
});
