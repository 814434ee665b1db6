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
  // 2 arms × 2 languages × 60 texts, of which all 60 are told apart from human ones.
  expect(plan.measuringSeconds).toBeCloseTo(4 * (60 * 0.006 + 7.5 * 0.3 ** 2), 9);
  expect(plan.judged).toBeUndefined();
  expect(plan.seconds).toBeCloseTo((3120 + 640 / 1.5) / 100 + plan.measuringSeconds);
});

test("measuring and judging are part of the time", () => {
  const plan = (scoring: Partial<typeof recipe.scoring>) =>
    planRun({ ...recipe, scoring: { ...recipe.scoring, ...scoring } }, LAYERS, { measured: 100, threads: 2 });
  const without = plan({ authenticity: false });
  expect(without.measuringSeconds).toBeCloseTo(4 * 60 * 0.006, 9);
  const local = plan({ authenticity: false, judge: "local", judgeTexts: 20 });
  // 10 texts of each language, of 2 arms and of people, each with six questions.
  expect(local.judged).toEqual({ texts: 60, tokens: 60 * 6 * (200 + 10) });
  expect(local.seconds! - without.seconds!).toBeCloseTo((60 * 6 * 210) / 1.5 / 100);
  const endpoint = plan({
    authenticity: false,
    judge: { endpoint: "http://localhost:1/v1", model: "judge" },
    judgeTexts: 20,
  });
  expect(endpoint.judged).toEqual({ texts: 60, tokens: 0 });
  expect(endpoint.seconds).toBe(without.seconds);
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
  expect(plan.seconds).toBeCloseTo((1920 + 2880 + 1200 + (640 + 7200) / 1.5) / 100 + plan.measuringSeconds);
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
