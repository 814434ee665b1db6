import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { writeTinyModel } from "../gguf/tiny-model.js";
import type { SteeringVector } from "../steering/steering-vector.js";
import { combineVectors } from "../steering/vector-algebra.js";
import { writeVectorFile } from "../steering/vector-file.js";
import { planRecipe } from "./plan-recipe.js";
import { assess, generateTexts, writeReport } from "./run-study.js";
import { Study } from "./study.js";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));
let folder: string;

/** The examples on a tiny model of as many layers as theirs has, and with a few short texts of each configuration. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-examples-"));
  await cp(EXAMPLES, folder, { recursive: true });
  await writeTinyModel(join(folder, "tiny.gguf"), { layers: 22, width: 32, heads: 2, kvHeads: 1 });
  await writeTinyModel(join(folder, "expert.gguf"), { layers: 2, width: 32, heads: 2, kvHeads: 1, seed: 9 });
  writeVectors(join(folder, "imported-vector"));
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".yaml")) continue;
    const text = await readFile(join(folder, name), "utf8");
    const small = text
      .replace(/source: (?:"[^"]*"|[^\s}]+)/g, "source: file:tiny.gguf")
      .replace(/expert: file:\S+/, "expert: file:expert.gguf")
      .replace(/context: \d+/, "context: 2048")
      .replace(/maxTokens: \d+/, "maxTokens: 8")
      .replace(/perLabel: \d+/g, "perLabel: 5")
      .replace(/pilotPerLabel: \d+/g, "pilotPerLabel: 2")
      .replace(/seeds: \d+/, "seeds: 2");
    await writeFile(join(folder, name), small);
  }
});

/** The example's vectors for the tiny model, which is less wide. */
function writeVectors(into: string): void {
  const unit = Float32Array.from({ length: 32 }, (_, i) => (i % 2 ? 1 : -1) / Math.sqrt(32));
  const polite: SteeringVector = {
    method: "imported",
    origin: "honest.gguf",
    class: "honest",
    language: "any",
    weighting: "text",
    positions: "unknown",
    model: { sha256: "", architecture: "llama", name: "llama", width: 32 },
    dataSha256: "",
    texts: 0,
    tokens: 0,
    tillerVersion: "test",
    layers: [{ layer: 8, unit, differenceNorm: 3, residualNorm: undefined }],
  };
  writeVectorFile(join(into, "polite.gguf"), polite);
  writeVectorFile(join(into, "rude.gguf"), combineVectors([polite], { weights: [-1], labels: ["polite"] }));
}

test.each([
  ["quickstart", 7],
  ["sentiment-few-shot", 8],
  ["language-steering", 5],
  ["quality-steering", 7],
  ["back-translation", 5],
  ["concept-steering", 11],
  ["conditional-steering", 5],
  ["imported-vector", 3],
  ["classifier-free", 5],
  ["negative-prompt", 4],
  ["steer", 10],
])("%s runs end to end on a tiny model", { timeout: 120_000 }, async (name, configurations) => {
  const recipe = join(folder, `${name}.yaml`);
  const output = join(folder, "runs", name);
  expect((await planRecipe(recipe)).configurations).toHaveLength(configurations);
  await using study = await Study.open(recipe, { output });
  await generateTexts(study);
  const report = await assess(study, { scores: true, classifiers: true });
  expect(report.pilot).toHaveLength(study.sweep.length);
  for (const { written, configuration } of report.pilot) {
    expect(written, configuration).toBe(
      2 * study.recipe.task.labels.length * study.recipe.task.languages.length,
    );
  }
  expect(report.verdict).not.toBe("");
  expect((await readFile(await writeReport(study, report), "utf8")).length).toBeGreaterThan(5000);
});

test("sixteen ways of steering in one batch", { timeout: 60_000 }, () => {
  const script = join(EXAMPLES, "mixed-batch.mjs");
  const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
  const dry = run("--dry-run");
  expect([dry.status, dry.stderr]).toEqual([0, ""]);
  expect(dry.stdout.trim().split("\n")).toHaveLength(17);
  const done = run(`file:${join(folder, "tiny.gguf")}`);
  expect([done.status, done.stderr]).toEqual([0, ""]);
  const texts = [...done.stdout.matchAll(/^ {2}> (.*)$/gm)].map((match) => match[1]);
  expect(texts).toHaveLength(16);
  // Nearly every way of steering ends with another text: none of them is another's, or nothing.
  expect(new Set(texts).size).toBeGreaterThan(12);
});
