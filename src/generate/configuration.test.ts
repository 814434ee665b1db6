import { expect, test } from "vitest";
import { resolveLayerSets } from "../recipe/layers.js";
import { parseRecipe } from "../recipe/load.js";
import type { RecipeInput } from "../recipe/schema.js";
import { fileName } from "../store/file-name.js";
import {
  describeConfiguration,
  measuresStrengths,
  sweepConfigurations,
  sweepNames,
} from "./configuration.js";

function recipe(steering: RecipeInput["steering"], guidance?: RecipeInput["guidance"]) {
  const input: RecipeInput = {
    name: "run",
    model: { source: "tinyllama" },
    task: { labels: ["a", "b"], prompt: "paper-a/sentiment" },
    contrast: ["a", "b"].map((name) => ({ class: name, texts: [`${name} one`, `${name} two`] })),
    ...(steering ? { steering } : {}),
    ...(guidance ? { guidance } : {}),
    samples: { perLabel: 10 },
    demonstrations: { file: "d.jsonl" },
  };
  return parseRecipe(JSON.stringify(input), "recipe.yaml").recipe;
}

const sweep = (steering: RecipeInput["steering"], blocks = 22) => {
  const read = recipe(steering);
  return sweepConfigurations(read, resolveLayerSets(read.steering!.layers, blocks));
};
const names = (steering: RecipeInput["steering"], blocks?: number) =>
  sweep(steering, blocks).map(({ name }) => name);

test("names of the first version stay as they were", () => {
  const layers = { layers: [8, "early" as const], strengths: [0.2, 0.1] };
  expect(names({ method: "mean-difference", ...layers })).toEqual([
    "mean-difference@5x0.1",
    "mean-difference@5x0.2",
    "mean-difference@8x0.1",
    "mean-difference@8x0.2",
  ]);
  expect(names({ method: "mean-difference", prompting: "few-shot", ...layers })[0]).toBe(
    "mean-difference+few-shot@5x0.1",
  );
});

test("the sweep is every method with every operation at every set of layers, with names of their own", () => {
  const found = sweep(
    {
      methods: ["mean-difference", "lda"],
      operations: ["add", "ablate", "clamp"],
      strengths: { add: [0.1], clamp: [-0.5] },
      layers: [3, [3, 1], "all", [0, 1, 2, 3], [1, 3]],
      prompting: "few-shot",
    },
    4,
  );
  expect(found.map(({ name }) => name).slice(0, 9)).toEqual([
    "mean-difference+few-shot@allx0.1",
    "mean-difference+few-shot@1+3x0.1",
    "mean-difference+few-shot@3x0.1",
    "mean-difference.ablate+few-shot@allx1",
    "mean-difference.ablate+few-shot@1+3x1",
    "mean-difference.ablate+few-shot@3x1",
    "mean-difference.clamp+few-shot@allx-0.5",
    "mean-difference.clamp+few-shot@1+3x-0.5",
    "mean-difference.clamp+few-shot@3x-0.5",
  ]);
  expect(found[1]!.steering).toEqual({
    method: "mean-difference",
    operation: "add",
    layers: [1, 3],
    strength: 0.1,
  });
  expect(new Set(found.map(({ name }) => name)).size).toBe(18);
  for (const { name } of found) expect(fileName(name)).toBe(name);
});

test("layer 0, and a model of one block, are named by their number", () => {
  expect(names({ method: "lda", layers: [0], strengths: [1] })).toEqual(["lda@0x1"]);
  expect(names({ method: "lda", layers: ["all"], strengths: [1] }, 1)).toEqual(["lda@0x1"]);
});

test("strengths that are left out are measured, and cannot be named before", () => {
  const open = recipe({ method: "lda", operations: ["add", "ablate"], layers: [2, 5] });
  const sets = resolveLayerSets(open.steering!.layers, 22);
  expect(measuresStrengths(open)).toBe(true);
  expect(measuresStrengths(recipe({ method: "lda", operation: "ablate" }))).toBe(false);
  expect(() => sweepConfigurations(open, sets)).toThrow(RangeError);
  expect(sweepNames(open, sets)).toEqual([
    { name: "lda@2 (3 measured strengths)", count: 3 },
    { name: "lda@5 (3 measured strengths)", count: 3 },
    { name: "lda.ablate@2x1", count: 1 },
    { name: "lda.ablate@5x1", count: 1 },
  ]);
  const measured = sweepConfigurations(open, sets, ({ set }) => [set.layers[0]! / 10]);
  expect(measured.map(({ name }) => name)).toEqual([
    "lda@2x0.2",
    "lda@5x0.5",
    "lda.ablate@2x1",
    "lda.ablate@5x1",
  ]);
});

const STEER = {
  preset: "steer",
  expert: "file:e.gguf",
  gamma: [0.2, 0],
  eta: [0, 0.6],
  negatives: { texts: ["one"] },
} as const satisfies RecipeInput["guidance"];

test("a sweep of guidance alone is its grid, η changing fastest", () => {
  const read = recipe(undefined, { ...STEER, gamma: [...STEER.gamma], eta: [...STEER.eta] });
  const found = sweepConfigurations(read, []);
  expect(found.map(({ name }) => name)).toEqual([
    "steer@g0e0",
    "steer@g0e0.6",
    "steer@g0.2e0",
    "steer@g0.2e0.6",
  ]);
  expect(found[1]).toEqual({
    name: "steer@g0e0.6",
    prompting: "zero-shot",
    guidance: { preset: "steer", gamma: 0, eta: 0.6 },
  });
  expect(sweepNames(read, []).map(({ name }) => name)).toEqual(found.map(({ name }) => name));
  expect(measuresStrengths(read)).toBe(false);
  expect(describeConfiguration(found[3]!)).toBe("guided by steer, γ 0.2, η 0.6");
  for (const { name } of found) expect(fileName(name)).toBe(name);
});

test("with steering, every cell of the one is combined with every cell of the other", () => {
  const guidance = { preset: "negative-prompt", eta: [0, 0.6], negatives: { texts: ["one"] } } as const;
  const steering = { method: "lda", layers: [8], strengths: [0.1, 0.2], prompting: "few-shot" } as const;
  const read = recipe(
    { ...steering, layers: [...steering.layers], strengths: [...steering.strengths] },
    { ...guidance, eta: [...guidance.eta], negatives: { texts: ["one"] } },
  );
  const found = sweepConfigurations(read, resolveLayerSets([8], 22));
  expect(found.map(({ name }) => name)).toEqual([
    "lda+few-shot@8x0.1~negative-prompt@e0",
    "lda+few-shot@8x0.1~negative-prompt@e0.6",
    "lda+few-shot@8x0.2~negative-prompt@e0",
    "lda+few-shot@8x0.2~negative-prompt@e0.6",
  ]);
  expect(found[3]).toMatchObject({
    prompting: "few-shot",
    steering: { strength: 0.2, layers: [8] },
    guidance: { preset: "negative-prompt", eta: 0.6 },
  });
  expect(describeConfiguration(found[3]!)).toBe(
    "steered at layer 8, strength 0.2 and guided by negative-prompt, η 0.6, few-shot",
  );
  const { strengths, ...open } = steering;
  const measured = recipe({ ...open, layers: [8] }, { ...guidance, eta: 0.6, negatives: { texts: ["one"] } });
  expect(sweepNames(measured, resolveLayerSets([8], 22))).toEqual([
    {
      name: "lda+few-shot@8 (3 measured strengths)~negative-prompt@e0.6",
      count: 3,
      guidance: { preset: "negative-prompt", eta: 0.6 },
    },
  ]);
});

test("guidance with few-shot prompts says so in its name", () => {
  const read = recipe(undefined, { preset: "classifier-free", gamma: 1, prompting: "few-shot" });
  expect(sweepConfigurations(read, []).map(({ name }) => name)).toEqual(["classifier-free+few-shot@g1"]);
});

test("configurations in words", () => {
  const [first, second] = sweep({
    methods: ["lda"],
    operations: ["add", "rotate"],
    strengths: [0.2],
    layers: [[5, 8]],
  });
  expect(describeConfiguration({ name: "zero-shot", prompting: "zero-shot" })).toBe("zero-shot prompting");
  expect(describeConfiguration(first!)).toBe("steered at layers 5 and 8, strength 0.2");
  expect(describeConfiguration(second!, { method: true })).toBe(
    "turned at layers 5 and 8, strength 0.2, lda",
  );
  const [one] = sweep({ method: "lda", prompting: "few-shot", strengths: [0.2], layers: [8] });
  expect(describeConfiguration(one!)).toBe("steered at layer 8, strength 0.2, few-shot");
  const [all] = sweep({ method: "lda", operation: "ablate", layers: ["all"] });
  expect(describeConfiguration(all!)).toBe("direction taken out at 22 layers, strength 1");
});
