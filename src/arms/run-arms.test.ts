import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { LlamaEngine } from "../engine/llama/llama-engine.js";
import { writeTinyModel } from "../gguf/tiny-model.js";
import { generateTexts } from "../study/run-study.js";
import { Study } from "../study/study.js";
import { createTestRun } from "../study/test-run.js";
import { readArmsResults } from "./arms-results.js";
import { armsText } from "./arms-table.js";
import { runArms } from "./run-arms.js";

test("all arms give numbers, and the same run again asks and trains nothing", async () => {
  const changes = {
    task: { labels: ["negative", "positive"], prompt: { zeroShot: "A {label} text:" }, chat: "raw" },
    steering: { method: "mean-difference", layers: [1], strengths: [0.2] },
    decoding: { maxTokens: 12 },
    samples: { perLabel: 8, pilotPerLabel: 4, attempts: 4 },
    classifier: { test: "test.jsonl", train: "test.jsonl", seeds: 2, sizes: [6] },
    arms: {
      task: "sentiment",
      context: 512,
      inContext: { perLabel: 2, seeds: 2 },
      instructionTuned: { model: "file:small.gguf", epochs: 1, learningRate: 1e-3, perLabel: 4 },
    },
  };
  const { recipe, folder, output } = await createTestRun(changes, { layers: 2, width: 32 });
  const human = ["good", "bad"].flatMap((word) =>
    [1, 2, 3, 4, 5].map((n) => ({
      text: `A ${word} day, ${n}.`,
      label: word === "good" ? "positive" : "negative",
    })),
  );
  await writeFile(join(folder, "test.jsonl"), human.map((row) => `${JSON.stringify(row)}\n`).join(""));
  writeTinyModel(join(folder, "small.gguf"), { layers: 1, width: 32, seed: 5 });
  const study = await Study.open(recipe, { output });
  await expect(runArms(study)).rejects.toThrow(/has no data sets yet\. Write them first, with tiller run/);
  await generateTexts(study);
  const results = await runArms(study);
  const rows = results.results.map(({ arm, trainedOn, size }) => [arm, trainedOn, size]);
  // Human texts that are test texts too are left out, and with them what is trained on both.
  expect(rows).toEqual([
    ["zero-shot", undefined, 0],
    ["in-context", "steered", 4],
    ["in-context", "zero-shot", 4],
    ["instruction-tuned", "steered", 8],
    ["instruction-tuned", "zero-shot", 8],
    ["classifier", "steered", 6],
    ["classifier", "zero-shot", 6],
    ["classifier", "steered", 12],
    ["classifier", "zero-shot", 12],
  ]);
  expect(results.testTexts).toBe(10);
  for (const { accuracy, macroF1, interval } of results.results) {
    expect(accuracy.mean).toBeGreaterThanOrEqual(0);
    expect(macroF1.mean).toBeLessThanOrEqual(1);
    expect(interval!.low).toBeLessThanOrEqual(interval!.high);
  }
  expect(results.results.filter(({ againstZeroShot }) => againstZeroShot)).toHaveLength(8);
  expect(results.notes.join("\n")).toMatch(/"human" not trained/);

  expect(await readArmsResults(join(output, "arms.json"))).toEqual(results);
  const models = readdirSync(join(output, "arms"));
  const open = vi.spyOn(LlamaEngine, "open");
  expect(await runArms(study)).toEqual(results);
  expect(open).not.toHaveBeenCalled();
  expect(readdirSync(join(output, "arms"))).toEqual(models);
  open.mockRestore();

  const text = armsText(results, 120);
  expect(text).toMatch(/^in-context +steered +4 +0\.\d\d ± 0\.\d\d/m);
  expect(text).toMatch(/^instruction-tuned +zero-shot +8/m);
  expect(armsText(results, 40)).toContain("in-context, trained on steered");

  await study.close();
  // As many as are asked for.
  const source = await readFile(recipe, "utf8");
  await writeFile(recipe, JSON.stringify({ ...JSON.parse(source), arms: { texts: 5, classifier: false } }));
  await using fewer = await Study.open(recipe, { output });
  expect(await runArms(fewer)).toMatchObject({ testTexts: 5, results: [{ arm: "zero-shot" }] });
}, 120_000);
