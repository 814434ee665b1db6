import { readdirSync } from "node:fs";
import { mkdtemp, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createTestRun } from "../study/test-run.js";
import { tiller } from "./test-cli.js";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));

test("doctor names library, version, backend, threads and models", { timeout: 60_000 }, async () => {
  const { code, stdout } = await tiller(["doctor", "--json"], {
    TILLER_HOME: await mkdtemp(join(tmpdir(), "home-")),
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    engine: {
      library: expect.stringMatching(/^@node-llama-cpp\//),
      version: expect.stringContaining("llama.cpp"),
      backend: expect.any(String),
      threads: expect.any(Number),
      devices: [expect.stringContaining("CPU")],
    },
    steering: true,
    models: [],
  });
});

test("every example is valid and has a plan with samples, tokens and time", async () => {
  const recipes = readdirSync(EXAMPLES).filter((name) => name.endsWith(".yaml"));
  expect(recipes.length).toBeGreaterThanOrEqual(4);
  const paths = recipes.map((name) => join(EXAMPLES, name));
  const { code, stdout, stderr } = await tiller(["run", ...paths, "--dry-run", "--json"]);
  expect(code, stderr).toBe(0);
  for (const plan of JSON.parse(stdout)) {
    expect(plan.texts).toBeGreaterThan(0);
    expect(plan.tokens).toBeGreaterThan(0);
    expect(plan.basis).toBeTruthy();
    if (plan.model !== "tinyllama") expect(plan.seconds).toBeGreaterThan(0);
  }
  const plain = await tiller(["run", ...paths, "--dry-run"]);
  expect(plain.stdout).toMatch(/in all +\d+ samples, about \d+ tokens/);
});

test("init writes a recipe that is valid, and does not overwrite one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tiller-init-"));
  const recipe = join(folder, "reviews.yaml");
  expect((await tiller(["init", recipe])).code).toBe(0);
  expect((await tiller(["run", recipe, "--dry-run"])).code).toBe(0);
  JSON.parse(await readFile(join(folder, "recipe.schema.json"), "utf8"));
  const again = await tiller(["init", recipe]);
  expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/exists already.*--force/)]);
});

test("the stages of a run, one by one, end with a report", { timeout: 120_000 }, async () => {
  const run = await createTestRun();
  const args = ["-o", run.output, "--json"];
  const stage = async (...command: string[]) => {
    const { code, stdout, stderr } = await tiller([...command, ...args]);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };
  expect(await stage("vectors", run.recipe)).toMatchObject([{ class: "negative" }, { class: "positive" }]);
  expect(await stage("generate", run.recipe)).toMatchObject({ kept: expect.any(Number) });
  // From here on the run folder alone is enough.
  const scored = await stage("score", run.output);
  expect(scored.pilot).toHaveLength(4);
  expect(scored.arms[0].score.success).toBeGreaterThanOrEqual(0);
  const trained = await stage("train", run.output);
  expect(trained.comparisons).toHaveLength(1);
  const report = await stage("report", run.output);
  expect(report.verdict).toMatch(/^Steering /);
  expect((await stat(report.page)).size).toBeGreaterThan(5000);
  expect(report.chosen).toBe(scored.chosen);
  const markdown = await tiller(["report", run.output, "--format", "markdown"]);
  expect([markdown.code, markdown.stdout]).toEqual([
    0,
    await readFile(join(run.output, "report.md"), "utf8"),
  ]);
  const data = (await readFile(join(run.output, "data", "steered.jsonl"), "utf8")).trim().split("\n");
  expect(data).toHaveLength(48);
  expect(JSON.parse(data[0]!)).toEqual({ text: expect.any(String), label: "negative", language: "en" });
});

test.each([["--help"], ["run", "--help"], ["models", "--help"], ["report", "--help"]])(
  "help: %s %s",
  async (...args) => {
    const { code, stdout } = await tiller(args.filter(Boolean));
    expect(code).toBe(0);
    if (args.length > 1) expect(stdout).toMatch(/Example:\n {2}\$ tiller/);
  },
);
