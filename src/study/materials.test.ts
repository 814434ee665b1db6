import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { ResolveDataset } from "../data/locate-source.js";
import { failureOf, sourceFolder } from "../data/test-sources.js";
import { loadRecipe } from "../recipe/load.js";
import { readMaterials } from "./materials.js";

const { folder, write } = sourceFolder();
const REVIEWS = fileURLToPath(new URL("../data/fixtures/reviews.parquet", import.meta.url));
const REVIEWS_SOURCE = "hf:datasets/owner/reviews";
const asked: string[] = [];
const resolveDataset: ResolveDataset = async (source) => {
  asked.push(source);
  const files = [{ path: REVIEWS, name: "data/train.parquet", split: "train", config: "default" }];
  return { repository: "owner/reviews", revision: "c0ffee", notes: [], files };
};

const sentence = (label: string, index: number) => `Sentence ${index} is ${label}, and says so.`;
const numbers = Array.from({ length: 12 }, (_, index) => index);
write(
  "contrast.csv",
  `body;stars\n${numbers.map((index) => `${sentence(index % 2 ? "good" : "bad", index)};${index % 2 ? 5 : 1}`).join("\n")}\n`,
);
for (const label of ["positive", "negative"]) {
  for (const index of numbers) write(`shown/${label}/${index}.txt`, `Shown ${index}: ${label}.`);
}
write(
  "test.tsv",
  `text\tlabel\n${numbers.map((index) => `Test ${index}.\t${index === 0 ? "negative" : "positive"}`).join("\n")}\n`,
);

const contrast = (label: string) => ({
  class: label,
  file: {
    source: "contrast.csv",
    text: "body",
    label: "stars",
    labels: { 1: "negative", 5: "positive" },
    delimiter: ";",
  },
});
const recipe = (changes: object = {}) =>
  write(
    "recipe.yaml",
    JSON.stringify({
      name: "sources",
      model: { source: "tinyllama" },
      task: { labels: ["negative", "positive"], prompt: "paper-a/sentiment" },
      contrast: [contrast("negative"), contrast("positive")],
      steering: { method: "mean-difference" },
      demonstrations: { file: { source: "shown/", sample: 8 } },
      classifier: { test: "test.tsv" },
      samples: { perLabel: 8 },
      ...changes,
    }),
  );

test("texts come from sources of every kind, mapped, drawn and with notes", async () => {
  const loaded = await loadRecipe(recipe());
  const { split, demonstrations, test, notes } = await readMaterials(loaded);
  const texts = split.sets.map((set) => [set.class, set.vectorTexts.length + set.heldOutTexts.length]);
  expect(texts).toEqual([
    ["negative", 6],
    ["positive", 6],
  ]);
  expect(split.sets[1]!.vectorTexts[0]).toMatch(/is good, and says so/);
  expect(demonstrations).toHaveLength(16);
  expect(test).toHaveLength(12);
  expect(notes).toContainEqual(
    expect.stringMatching(/^demonstrations\.file: .*shown: 16 of 24 rows were drawn\.$/),
  );
  expect(notes).toContainEqual(
    expect.stringMatching(/^classifier\.test: 11 of 12 texts \(92 %\) have the label "positive"/),
  );
  const drawn = (seed: number) => loadRecipe(recipe({ seed })).then(readMaterials);
  expect((await drawn(42)).demonstrations).toEqual(demonstrations);
  expect((await drawn(43)).demonstrations).not.toEqual(demonstrations);
});

test("a folder and a data set of the Hub count in the fingerprint by their contents", async () => {
  const path = recipe({
    demonstrations: { file: { source: REVIEWS_SOURCE } },
    contrast: [
      { class: "negative", file: REVIEWS_SOURCE },
      { class: "positive", file: REVIEWS_SOURCE },
    ],
  });
  const loaded = await loadRecipe(path, {}, { resolveDataset });
  expect([...loaded.hashes.keys()]).toEqual([REVIEWS_SOURCE, `${folder}/test.tsv`]);
  expect(asked).toHaveLength(1);
  const { split, notes } = await readMaterials(loaded, { resolveDataset });
  expect(split.sets.map((set) => set.vectorTexts.length + set.heldOutTexts.length)).toEqual([2, 2]);
  expect(asked).toHaveLength(2);
  expect(notes).toContain(`demonstrations.file: ${REVIEWS_SOURCE}: the revision is c0ffee.`);

  const before = (await loadRecipe(recipe())).fingerprint;
  expect((await loadRecipe(recipe())).fingerprint).toBe(before);
  write("shown/positive/0.txt", "Something else.");
  expect((await loadRecipe(recipe())).fingerprint).not.toBe(before);
});

test("what cannot be read is named with its place in the recipe", async () => {
  write("mixed/a.txt", "a");
  write("mixed/label/b.txt", "b");
  const message = await failureOf(loadRecipe(recipe({ demonstrations: { file: { source: "mixed" } } })));
  expect(message).toMatch(
    /recipe\.yaml, line 1, column \d+: demonstrations\.file\.source: .*beside folders of texts/,
  );
  const missing = failureOf(loadRecipe(recipe({ classifier: { test: { source: "none.csv" } } })));
  expect(await missing).toMatch(/classifier\.test\.source: there is no file ".*none\.csv"/);
});

test("labels that YAML takes for numbers are mapped by their text", async () => {
  const path = write(
    "numbers.yaml",
    [
      "name: numbers",
      "model: {source: tinyllama}",
      "task: {labels: [negative, positive], prompt: paper-a/sentiment}",
      "contrast:",
      "  - class: negative",
      "    file: &all {source: contrast.csv, text: body, label: stars, labels: {1: negative, 5: positive}, delimiter: ;}",
      "  - {class: positive, file: *all}",
      "steering: {method: mean-difference}",
      "samples: {perLabel: 8}",
    ].join("\n"),
  );
  const { split } = await readMaterials(await loadRecipe(path));
  expect(split.sets.map((set) => set.vectorTexts.length + set.heldOutTexts.length)).toEqual([6, 6]);
});
