import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestRun } from "../study/test-run.js";
import { tiller } from "./test-cli.js";
import { variantTable } from "./variants.js";

const GRID = {
  decoding: { maxTokens: 12 },
  samples: { perLabel: 5, pilotPerLabel: 2 },
  scoring: { texts: 8, tokenBudget: 50 },
  classifier: undefined,
  steering: { method: "mean-difference", layers: [1], strengths: [0.3] },
  matrix: {
    model: { here: {}, gone: { model: { source: "file:gone.gguf" } } },
    method: { mean: {}, probe: { steering: { method: "logistic-probe" } } },
  },
};

test("all variants of a recipe run in turn, one that fails does not stop the others, and a table ends it", {
  timeout: 120_000,
}, async () => {
  const run = await createTestRun(GRID);
  const { code, stdout, stderr } = await tiller(["run", run.recipe, "-o", run.output]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/gone\.mean: .*There is no model file/);
  expect(stderr).toMatch(/2 of 4 variants failed: gone\.mean, gone\.probe\.\n$/);
  expect((await readdir(run.output)).sort()).toEqual(["here.mean", "here.probe"]);
  const table = stdout.trim().split("\n").slice(-5);
  expect(table[0]).toMatch(/^variant +chosen +score +verdict$/);
  expect(table.slice(1).map((line) => line.split(/ {2,}/)[0])).toEqual([
    "here.mean",
    "here.probe",
    "gone.mean",
    "gone.probe",
  ]);
  expect(table[4]).toMatch(/^gone\.probe +failed +There is no model file/);

  // A variant's folder is enough to go on with it.
  const folder = join(run.output, "here.probe");
  expect(JSON.parse(await readFile(join(folder, "run.json"), "utf8"))).toMatchObject({
    variant: "here.probe",
  });
  const report = await tiller(["report", folder, "--json"]);
  expect(report.code, report.stderr).toBe(0);
  expect(JSON.parse(report.stdout)).toMatchObject({
    title: "tiny here.probe",
    pilot: [{ method: "logistic-probe", layers: [1] }],
    page: join(folder, "report.html"),
  });
  const both = await tiller(["report", folder, "--variant", "here.mean"]);
  expect([both.code, both.stderr]).toEqual([2, expect.stringMatching(/the folder of one run/)]);
});

test("variants are picked by name, for a stage, a plan, and as JSON", { timeout: 60_000 }, async () => {
  const run = await createTestRun(GRID);
  const picked = ["--variant", "here.mean", "--variant", "here.probe"];
  const vectors = await tiller(["vectors", run.recipe, "-o", run.output, "--json", ...picked]);
  expect(vectors.code, vectors.stderr).toBe(0);
  expect(Object.keys(JSON.parse(vectors.stdout))).toEqual(["here.mean", "here.probe"]);
  const one = await tiller(["run", run.recipe, "--dry-run", "--variant", "here.probe", "--json"]);
  expect(JSON.parse(one.stdout)).toMatchObject({
    name: "tiny here.probe",
    variant: "here.probe",
    configurations: ["zero-shot", "logistic-probe@1x0.3"],
    output: expect.stringMatching(/runs.tiny.here\.probe$/),
  });
  const wrong = await tiller(["run", run.recipe, "--dry-run", "--variant", "there"]);
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringMatching(/no variant "there"; it has here\.mean/),
  ]);
});

test("a mistake in any variant is found before the first one runs", async () => {
  const matrix = { seed: { one: {}, two: { samples: { perLabel: 0 } } } };
  const run = await createTestRun({ ...GRID, matrix });
  const { code, stderr } = await tiller(["run", run.recipe, "-o", run.output]);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /recipe\.yaml, line \d+, column \d+: matrix\.seed\.two\.samples\.perLabel: found the/,
  );
  await expect(readdir(run.output)).rejects.toThrow(/ENOENT/);
});

test("the table aligns, and says what is not known", () => {
  expect(
    variantTable([
      { variant: "a", failure: "It broke.\nBadly." },
      {
        variant: "long.name",
        result: {
          chosen: "lda@1x0.2",
          arms: [{ name: "steered", score: { harmonic: 0.456 } }],
          comparisons: [{ baseline: "zero-shot", verdict: "better" }],
        } as unknown as Parameters<typeof variantTable>[0][number]["result"] & object,
      },
      { variant: "b", result: { arms: [], comparisons: [] } as never },
    ]),
  ).toBe(
    [
      "variant    chosen     score  verdict",
      "a          failed            It broke.",
      "long.name  lda@1x0.2  0.46   better (zero-shot)",
      "b          none       –      no verdict",
    ].join("\n"),
  );
});
