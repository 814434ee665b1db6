import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { fileReferences, fileSha256, recipeFiles, sourceKey } from "./files.js";
import { recipeSchema } from "./schema.js";

const recipe = recipeSchema.parse({
  name: "run",
  model: { source: "file:model.gguf" },
  task: { labels: ["a", "b"], prompt: "paper-a/sentiment" },
  contrast: [
    { class: "a", file: "texts/a.jsonl" },
    { class: "b", texts: ["x"] },
    { class: "b", file: "/absolute/b.txt" },
  ],
  demonstrations: { file: "texts/../texts/a.jsonl" },
  classifier: { test: "test.jsonl" },
  steering: { method: "mean-difference" },
  guidance: { preset: "negative-prompt", eta: 1, negatives: { file: "negatives.txt" } },
  samples: { perLabel: 4 },
});

test("the files of a recipe are absolute, in its order, each once, without the model", () => {
  const directory = resolve("/recipes");
  expect(recipeFiles({ recipe, directory })).toEqual([
    join(directory, "texts", "a.jsonl"),
    resolve("/absolute/b.txt"),
    join(directory, "test.jsonl"),
    join(directory, "negatives.txt"),
  ]);
});

test("each reference knows its key", () => {
  expect(fileReferences(recipe).map(({ path }) => path.join("."))).toEqual([
    "contrast.0.file",
    "contrast.2.file",
    "demonstrations.file",
    "classifier.test",
    "guidance.negatives.file",
  ]);
});

test("a data set is known by its name, with split and configuration", () => {
  const source = "hf:datasets/owner/name";
  expect(sourceKey(source, "/recipes")).toBe(source);
  expect(sourceKey({ source, split: "test", config: "en" }, "/recipes")).toBe(
    `${source}, config en, split test`,
  );
  expect(sourceKey({ source: "a.csv", text: "review" }, "/recipes")).toBe(resolve("/recipes/a.csv"));
});

test("the sha256 of a file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tiller-recipe-"));
  try {
    await writeFile(join(folder, "abc"), "abc");
    // printf abc | sha256sum
    expect(await fileSha256(join(folder, "abc"))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    await expect(fileSha256(join(folder, "none"))).rejects.toThrow(/ENOENT/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
