import { expect, it } from "vitest";
import { sweepConfigurations } from "../generate/configuration.js";
import { parseRecipe } from "../recipe/load.js";
import { readConfigurationName } from "./configuration-name.js";

const recipe = (changes: Record<string, unknown>) =>
  parseRecipe(
    JSON.stringify({
      name: "x",
      model: { source: "file:x.gguf" },
      task: { labels: ["a", "b"], prompt: { zeroShot: "A {label} text:", fewShot: "{examples}" } },
      contrast: [
        { class: "a", texts: ["A one.", "A two."] },
        { class: "b", texts: ["B one.", "B two."] },
      ],
      demonstrations: { file: "d.jsonl" },
      samples: { perLabel: 8 },
      ...changes,
    }),
    "x.yaml",
  ).recipe;

it("reads every name that a sweep makes", () => {
  const sets = [
    { name: "5", layers: [5] },
    { name: "5+8", layers: [5, 8] },
  ];
  const steering = {
    methods: ["mean-difference", "logistic-probe"],
    operations: ["add", "rotate", "ablate-add"],
    layers: [5, [5, 8]],
    strengths: { add: [0.2, 1e-7, 3], rotate: [0.5], "ablate-add": [0.25] },
    prompting: "few-shot",
  };
  const guidance = { preset: "steer", gamma: [0.2, 1e-7], eta: [0, 0.6], expert: "file:e.gguf" };
  const recipes = [
    recipe({ steering }),
    recipe({ guidance: { ...guidance, prompting: "few-shot" } }),
    recipe({ steering, guidance }),
    recipe({ guidance: { preset: "classifier-free", gamma: 1.5 } }),
    recipe({ guidance: { preset: "negative-prompt", eta: 0.5 } }),
  ];
  const configurations = recipes.flatMap((each) => sweepConfigurations(each, sets));
  expect(configurations.length).toBeGreaterThan(100);
  for (const configuration of configurations) {
    expect(readConfigurationName(configuration.name)).toEqual(configuration);
  }
});

it("reads baselines, all layers and vectors from files, and no other names", () => {
  expect(readConfigurationName("few-shot")).toEqual({ name: "few-shot", prompting: "few-shot" });
  expect(readConfigurationName("file@allx1.3")?.steering).toEqual({
    method: "file",
    operation: "add",
    layers: "all",
    strength: 1.3,
  });
  for (const name of ["", "lda@5", "lda@5x0.2~", "lda@5x0.2~x", "../x", "lda@5x0.2~steer@g1~steer@g1"]) {
    expect(readConfigurationName(name)).toBeUndefined();
  }
});
