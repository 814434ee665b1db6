import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import { loadRecipe } from "../recipe/load.js";
import { readMaterials } from "./materials.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-materials-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Materials of a recipe whose two classes are these files, a text a line. */
async function materialsOf(
  method: string,
  good: readonly string[],
  bad: readonly string[],
  classes: readonly [string, string] = ["good", "bad"],
) {
  await writeFile(join(folder, "good.txt"), good.join("\n"));
  await writeFile(join(folder, "bad.txt"), bad.join("\n"));
  const recipe = {
    name: "pairs",
    model: { source: "tinyllama" },
    task: { labels: ["good", "bad"], prompt: "paper-a/sentiment" },
    contrast: classes.map((name, at) => ({ class: name, file: ["good.txt", "bad.txt"][at] })),
    steering: { method, layers: [3], strengths: [0.1] },
    samples: { perLabel: 20 },
  };
  const path = join(folder, "recipe.yaml");
  await writeFile(path, JSON.stringify(recipe));
  return readMaterials(await loadRecipe(path));
}

const lines = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix} ${i}`);

test("a blank line keeps the pairs behind it", async () => {
  const good = lines("good", 12).with(3, "");
  const bad = lines("bad", 12).with(7, "");
  const { split, notes } = await materialsOf("pca-diff", good, bad);
  const numbers = split.sets.map((set) =>
    [...set.vectorTexts, ...set.heldOutTexts].map((text) => text.split(" ")[1]),
  );
  expect(numbers[0]).toEqual(numbers[1]);
  expect(numbers[0]).toHaveLength(10);
  expect(notes.join("\n")).toMatch(/left out 1 text whose pair was left out/);
});

test("pairs are refused where the classes have different numbers of lines", async () => {
  const error = await materialsOf("pca-diff", lines("good", 12), lines("bad", 11)).catch((reason) => reason);
  expect(error).toBeInstanceOf(RecipeError);
  expect(error.message).toMatch(/pca-diff takes line i of each class for a pair.*12 of good, 11 of bad/s);
  await materialsOf("pca-center", lines("good", 12), lines("bad", 11));
});

test("corrupted texts pass for no back-translations", async () => {
  const notes = async (spoilt: string) =>
    (await materialsOf("quality", lines("good", 12), lines("bad", 12), ["human", spoilt])).notes.join("\n");
  expect(await notes("corrupted")).toMatch(/spoilt texts \(every language\) are corrupted.*not translated/);
  expect(await notes("back-translated")).not.toMatch(/corrupted/);
});
