import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { DEFINITIONS } from "../score/definitions.js";
import type { RunReport } from "../study/report/run-report.js";
import { createTestRun } from "../study/test-run.js";
import { tiller } from "./test-cli.js";

test("tiller score prints every measure, and tiller report finds them measured", {
  timeout: 120_000,
}, async () => {
  const run = await createTestRun({ samples: { perLabel: 8, pilotPerLabel: 2 } });
  expect(await tiller(["generate", run.recipe, "-o", run.output])).toMatchObject({ code: 0 });
  const { code, stdout } = await tiller(["score", run.output, "--json"]);
  expect(code).toBe(0);
  const { arms } = JSON.parse(stdout) as RunReport;
  expect(arms).toHaveLength(2);
  for (const { measures } of arms) {
    expect(measures!.all.selfBleu!.set.value).toBeGreaterThanOrEqual(0);
    expect(measures!.all.vendiScore!.set.value).toBeGreaterThan(1);
  }
  const before = await readFile(`${run.output}/measures.json`, "utf8");
  expect(await tiller(["report", run.output])).toMatchObject({ code: 0 });
  expect(await readFile(`${run.output}/measures.json`, "utf8")).toBe(before);
  const reported = JSON.parse(await readFile(`${run.output}/report.json`, "utf8")) as RunReport;
  expect(reported.arms.map(({ measures }) => measures)).toEqual(arms.map(({ measures }) => measures));
  expect(await readFile(`${run.output}/report.html`, "utf8")).toContain("<summary>All measures</summary>");
});

test("tiller score --definitions needs no run", async () => {
  const plain = await tiller(["score", "--definitions"]);
  expect(plain.code).toBe(0);
  for (const id of Object.keys(DEFINITIONS)) expect(plain.stdout).toContain(`  ${id}: `);
  const json = await tiller(["score", "--definitions", "--json"]);
  expect(JSON.parse(json.stdout)).toEqual(DEFINITIONS);
});

test("tiller score without a run says what is missing", async () => {
  const { code, stderr } = await tiller(["score"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/recipe or a run folder.*--definitions/);
});
