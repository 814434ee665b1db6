import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parseRecipe, recipeVariants } from "../recipe/load.js";
import { planRecipe } from "./plan-recipe.js";
import { findPreset, presetOf, presetRecipe, STUDY_PRESET_NAMES, STUDY_SCALES } from "./presets.js";

const variantsOf = async (path: string) => {
  const names = await recipeVariants(path);
  return names.length === 0 ? [undefined] : names;
};

test.each(STUDY_PRESET_NAMES)(
  "%s at scale small has all its texts, and plans few of them",
  async (preset) => {
    const path = await findPreset({ preset, scale: "small" });
    let tokens = 0;
    for (const variant of await variantsOf(path)) {
      const { recipe } = parseRecipe(await readFile(path, "utf8"), path, { variant });
      const plan = await planRecipe(path, { variant });
      expect(recipe.study).toBeDefined();
      expect(recipe.classifier).toBeDefined();
      // Every data set that the study may write, in full and as long as can be.
      const { best } = recipe.study!;
      const cells = plan.configurations.length - recipe.baselines.length;
      const sets = recipe.baselines.length + (best === "all" ? cells : Math.min(best, cells));
      tokens += sets * recipe.samples.perLabel * recipe.task.labels.length * recipe.decoding.maxTokens;
    }
    expect(tokens).toBeLessThan(31_000);
  },
);

test.each([
  ["paper-a", 4 * 11 * 2, 2 * 3 * 4],
  ["paper-b", 1, 36],
  ["paper-c", 3 * 11 + 1, 2],
  ["paper-d", 4 * 2, 16],
] as const)(
  "%s at full scale has the runs of the paper: %i of %i configurations",
  async (preset, runs, cells) => {
    const path = presetRecipe({ preset, scale: "full" });
    const text = await readFile(path, "utf8");
    const variants = await variantsOf(path);
    expect(variants).toHaveLength(runs);
    for (const variant of variants) {
      const { recipe } = parseRecipe(text, path, { variant });
      const { steering, guidance } = recipe;
      const strengths = steering?.strengths as readonly number[] | undefined;
      const methods = (steering?.methods ?? [steering?.method]).length;
      const found = steering
        ? methods * steering.layers.length * strengths!.length
        : [guidance?.gamma, guidance?.eta].reduce<number>(
            (product, axis) => product * [axis].flat().length,
            1,
          );
      expect(found, variant).toBe(cells);
      expect(recipe.study, variant).toBeDefined();
    }
  },
);

test("a preset at full scale names what the user must supply, and needs nothing else", async () => {
  const error = await findPreset({ preset: "paper-a", scale: "full" }, ["gemma-9b.topic-sl"]).catch(String);
  expect(error).toContain("pairs/am/human.am.txt");
  expect(error).toContain("19 more");
  expect(error).not.toContain("sentiment/");
  await expect(findPreset({ preset: "paper-b", scale: "full" })).rejects.toThrow("paper-b/falcon-7b.gguf");
  await expect(findPreset({ preset: "paper-d", scale: "full" })).resolves.toContain("paper-d-full.yaml");
  await expect(findPreset({ preset: "paper-d", scale: "full" }, ["none"])).rejects.toThrow("no variant");
});

test("a run is known by its recipe's name", () => {
  for (const preset of STUDY_PRESET_NAMES) {
    for (const scale of STUDY_SCALES) {
      expect(presetOf(`${preset}-${scale} qwen-7b.rude`)).toEqual({ preset, scale });
    }
  }
  expect(presetOf("paper-d-smaller")).toBeUndefined();
  expect(presetOf("my paper-d-small")).toBeUndefined();
});
