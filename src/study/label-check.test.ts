import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadRecipe } from "../recipe/load.js";
import { trainLabelChecks } from "./label-check.js";
import { readMaterials } from "./materials.js";
import { createTestRun } from "./test-run.js";

test("the check is trained on texts that no vector was made from, and judged on the others", async () => {
  const run = await createTestRun();
  const materials = await readMaterials(await loadRecipe(run.recipe));
  const check = trainLabelChecks(materials).get("en")!;
  const held = materials.split.sets.reduce((sum, set) => sum + set.heldOutTexts.length, 0);
  expect(check.trainedOn).toBe(held);
  for (const set of materials.split.sets) {
    expect(set.vectorTexts.some((text) => set.heldOutTexts.includes(text))).toBe(false);
  }
  expect(check.accuracy).toBeGreaterThan(0.8);
  expect(check.predict("The garden was bright and we saw it today.")).toBe("positive");
});

test("without labelled human texts there is no check", async () => {
  const run = await createTestRun({
    contrast: [
      { class: "human", language: "en", texts: ["one good text", "two good texts", "three"] },
      { class: "human", language: "de", texts: ["ein Text", "zwei Texte", "drei"] },
    ],
    steering: { method: "language", layers: [1], strengths: [0.1] },
  });
  expect(trainLabelChecks(await readMaterials(await loadRecipe(run.recipe))).size).toBe(0);
});

test("where the contrast has other classes, half of the demonstrations of each label serve, in whatever order", async () => {
  const run = await createTestRun({
    contrast: [
      { class: "human", language: "en", texts: ["one good text", "two good texts", "three", "four"] },
      {
        class: "back-translated",
        language: "en",
        texts: ["a text good", "text two", "three of them", "for"],
      },
    ],
    steering: { method: "quality", layers: [1], strengths: [0.1] },
    demonstrations: { file: "test.jsonl" },
  });
  const lines = (await readFile(join(run.folder, "test.jsonl"), "utf8")).trim().split("\n");
  const inTurns = lines.slice(0, 20).flatMap((line, i) => [line, lines[20 + i]]);
  await writeFile(join(run.folder, "test.jsonl"), `${inTurns.join("\n")}\n`);
  const loaded = await loadRecipe(run.recipe);
  const { classifier: _, ...recipe } = loaded.recipe;
  const check = trainLabelChecks(await readMaterials({ ...loaded, recipe })).get("en")!;
  expect(check.trainedOn).toBe(20);
  expect(check.accuracy).toBeGreaterThan(0.8);
});
