import { expect, test } from "vitest";
import { resolveLayerSets } from "../recipe/layers.js";
import { parseRecipe } from "../recipe/load.js";
import { parametersInName, planRun } from "./plan.js";

const { recipe } = parseRecipe(
  JSON.stringify({
    name: "plan",
    model: { source: "tinyllama" },
    task: { labels: ["a", "b", "c"], languages: ["en", "de"], prompt: "paper-a/sentiment" },
    contrast: ["a", "b", "c"].map((label) => ({ class: label, texts: [`${label} one`, `${label} two`] })),
    steering: { method: "mean-difference", layers: [3, 5], strengths: [0.1, 0.2] },
    decoding: { maxTokens: 10 },
    samples: { perLabel: 20, pilotPerLabel: 4, attempts: 2 },
    scoring: { texts: 8 },
  }),
  "plan.yaml",
);

const LAYERS = resolveLayerSets(recipe.steering!.layers, 22);

test("counts follow from the recipe by hand", () => {
  const plan = planRun(recipe, LAYERS, { measured: 100, threads: 2 });
  expect(plan.configurations).toEqual([
    "zero-shot",
    "mean-difference@3x0.1",
    "mean-difference@3x0.2",
    "mean-difference@5x0.1",
    "mean-difference@5x0.2",
  ]);
  // 4 configurations × 4 texts × 3 labels × 2 languages.
  expect(plan.pilot).toEqual({ texts: 96, tokens: 960 });
  // 2 arms × 20 × 6, of which the pilot's 4 × 6 of the chosen configuration are there.
  expect(plan.data).toEqual({ texts: 216, mostTexts: 456, tokens: 2160 });
  // Human texts and their shuffled forms, 4 configurations and 2 arms of 8 texts each.
  expect(plan.scored.texts).toBe(2 * 8 + 4 * 8 + 2 * 8);
  expect(plan.texts).toBe(312);
  expect(plan.tokens).toBe(3120);
  expect(plan.seconds).toBeCloseTo((3120 + 640 / 1.5) / 100);
});

test("each stream counts as a pass, and negative examples are read", () => {
  const guided = parseRecipe(
    JSON.stringify({
      ...recipe,
      steering: undefined,
      guidance: {
        preset: "steer",
        expert: "file:e.gguf",
        gamma: [0, 0.5],
        eta: [0, 0.6],
        negatives: { texts: ["x"] },
      },
    }),
    "plan.yaml",
  ).recipe;
  const plan = planRun(guided, [], { measured: 100, threads: 2, negativeTokens: 50 });
  expect(plan.configurations).toHaveLength(5);
  expect(plan.tokens).toBe(3120);
  // The pilot's 24 texts of 10 tokens in cells of 1, 2, 2 and 3 streams; 16 × 6 texts more of the chosen one in 3;
  // the 120 of the baseline in one.
  expect(plan.guidance).toEqual({
    preset: "steer",
    gammas: [0, 0.5],
    etas: [0, 0.6],
    streams: 3,
    models: 2,
    passes: 240 * (1 + 2 + 2 + 3) + 960 * 3 + 1200,
    negativeTokens: (2 * 24 + 96) * 50,
  });
  expect(plan.seconds).toBeCloseTo((1920 + 2880 + 1200 + (640 + 7200) / 1.5) / 100);
  expect(planRun(recipe, LAYERS, { measured: 100, threads: 2 }).guidance).toBeUndefined();
});

test("without any knowledge of the speed there is no estimate", () => {
  expect(planRun(recipe, LAYERS, { threads: 2 }).seconds).toBeUndefined();
  const guess = planRun(recipe, LAYERS, { threads: 2, parameters: 1.1e9 });
  expect(guess.basis).toMatch(/rough/);
  expect(guess.seconds).toBeGreaterThan(10);
});

test.each([
  ["qwen2.5-0.5b-instruct-q4_k_m.gguf", 0.5e9],
  ["Meta-Llama-3-70B-Instruct.gguf", 70e9],
  ["smollm-135M.gguf", 135e6],
  ["tinyllama", undefined],
  ["phi-4b2.gguf", undefined],
])("parameters in %s", (name, parameters) => {
  expect(parametersInName(name)).toBe(parameters);
});
