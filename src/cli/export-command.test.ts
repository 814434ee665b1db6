import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Exported } from "../export/export-run.js";
import { type TestRunFolder, writeTestRun } from "../export/test-run-folder.js";
import { tiller } from "./test-cli.js";

let run: TestRunFolder;
beforeAll(async () => {
  run = await writeTestRun([
    { text: "The soup was cold.", label: "negative" },
    { text: "What a lovely evening!", label: "positive" },
  ]);
});
afterAll(() => rm(run.folder, { recursive: true }));

test("tiller export writes a data set and says what it wrote and what is missing", async () => {
  const output = join(run.folder, "out");
  const { code, stdout } = await tiller(["export", run.path, "-o", output, "--license", "mit", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout) as Exported).toMatchObject({ format: "dataset", path: output, rows: 2 });
  expect(await readFile(join(output, "README.md"), "utf8")).toContain('license: "mit"');
  const chat = ["export", run.path, "--format", "chat", "-o", join(run.folder, "chat.jsonl")];
  const plain = await tiller(chat);
  expect(plain.stdout).toMatch(
    /train 2\n.*1 of 50 texts for negative.*\n.*2 texts written to .*chat\.jsonl\n$/s,
  );
  const again = await tiller(chat);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("--overwrite") });
});

test("tiller export refuses wrong options as wrong usage", async () => {
  const wrong = await tiller(["export", run.path, "--splits", "train=0.5"]);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("add up to 0.5") });
});
