import { expect, test } from "vitest";
import { recipeJsonSchema } from "./json-schema.js";
import { parseRecipe } from "./load.js";
import { recipeTemplate } from "./template.js";

test("the template is a recipe", () => {
  const { recipe } = parseRecipe(recipeTemplate(), "recipe.yaml");
  expect(recipe.name).toBe("my-reviews");
  expect(recipe.model.source).toBe("tinyllama");
  expect(recipe.contrast.map((set) => set.texts?.length)).toEqual([8, 8]);
});

test("each commented value is the default: taking the hash away changes nothing", () => {
  const written = parseRecipe(recipeTemplate(), "recipe.yaml").recipe;
  const uncommented = recipeTemplate().replaceAll(/^( *)#(?! \S|$)/gm, "$1");
  expect(() => parseRecipe(uncommented, "recipe.yaml")).toThrow(/small\.calm or small\.lively/);
  const { recipe } = parseRecipe(uncommented.replace(/^matrix:\n(?: .*\n)+/m, ""), "recipe.yaml");
  const { threads, gpuLayers, ...model } = recipe.model;
  const { demonstrations, classifier, arms, study, output, guidance, ...others } = recipe;
  const { operation, strengths, where, ...steering } = others.steering!;
  const rest = { ...others, steering };
  expect({ threads, gpuLayers, output }).toEqual({ threads: 4, gpuLayers: 0, output: "runs/my-reviews" });
  expect({ operation, strengths, where }).toEqual({
    operation: "add",
    strengths: [0.1, 0.2, 0.3],
    where: { phase: "generated" },
  });
  expect(guidance).toEqual({ preset: "classifier-free", gamma: [0, 0.5, 1], prompting: "zero-shot" });
  expect({ demonstrations, classifier }).toEqual({
    demonstrations: { file: "demonstrations.jsonl", count: 5, shortest: 50 },
    classifier: {
      test: "test.jsonl",
      train: "train.jsonl",
      replaces: "negative",
      kind: "ngrams",
      encoder: "ngrams",
      metric: "macro-f1",
      seeds: 10,
      sizes: [20, 50],
    },
  });
  expect(arms).toEqual({
    task: "sentiment",
    context: 2048,
    texts: 200,
    calibration: "none",
    zeroShot: true,
    inContext: { perLabel: 2, seeds: 3 },
    instructionTuned: {
      model: "stories15m",
      epochs: 3,
      learningRate: 5e-4,
      accumulate: 1,
      context: 256,
      seeds: 1,
    },
    classifier: true,
  });
  expect(study).toEqual({
    search: "halving",
    configurations: 10,
    keep: 0.33,
    rounds: 3,
    best: 3,
    budget: { texts: 5000, tokens: 200_000, minutes: 60 },
  });
  expect({ ...rest, model }).toEqual(written);
});

test("it names every top-level key", () => {
  const names = Object.keys(recipeJsonSchema().properties ?? {});
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !new RegExp(`^#?${name}:`, "m").test(recipeTemplate()))).toEqual([]);
});

test("a name is quoted, and the schema's place stands on the first line only if it is given", () => {
  const text = recipeTemplate({ name: "2024", schema: "./recipe.schema.json" });
  expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=./recipe.schema.json");
  expect(parseRecipe(text, "recipe.yaml").recipe.name).toBe("2024");
  expect(recipeTemplate()).not.toContain("$schema");
});
