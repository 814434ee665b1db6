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
