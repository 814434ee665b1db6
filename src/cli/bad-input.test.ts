import { execFileSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { writeTinyModel } from "../gguf/tiny-model.js";
import { createTestRun } from "../study/test-run.js";
import { startTiller, tiller } from "./test-cli.js";

const isRoot = process.getuid?.() === 0;
const mounted: string[] = [];

/** A small disk of its own. */
function mountDisk(folder: string, options: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
  mounted.push(folder);
}

function mayMount(): boolean {
  if (!isRoot || process.platform !== "linux") return false;
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

afterEach(() => {
  for (const folder of mounted.splice(0)) execFileSync("umount", [folder]);
});

/** Nothing but a message for people may reach the terminal. */
async function expectPlainFailure(args: readonly string[], code: number, message: RegExp): Promise<void> {
  const finished = await tiller(args);
  expect(finished.stderr).toMatch(message);
  expect(finished.stderr).not.toMatch(/\n\s+at |should not/);
  expect(finished.code, finished.stderr).toBe(code);
}

test("a model that is missing, truncated, no GGUF, or another than its sha256 says", async () => {
  const run = await createTestRun();
  await rm(run.model);
  await expectPlainFailure(["run", run.recipe, "-o", run.output], 1, /tiny\.gguf/);
  await writeTinyModel(run.model);
  await truncate(run.model, 300_000);
  await expectPlainFailure(["run", run.recipe, "-o", run.output], 1, /tiny\.gguf.*300\D?000/s);
  await writeFile(run.model, "<!doctype html><title>404</title>");
  await expectPlainFailure(["run", run.recipe, "-o", run.output], 1, /not a GGUF file; it is a web page/);
  const pinned = await createTestRun({ model: { source: "file:tiny.gguf", sha256: "a".repeat(64) } });
  await expectPlainFailure(["run", pinned.recipe, "-o", pinned.output], 1, /tiny\.gguf.*a{64}/s);
});

test("a model of an architecture whose residual stream is closed", async () => {
  const run = await createTestRun({}, { architecture: "bert" });
  await expectPlainFailure(["run", run.recipe, "-o", run.output], 1, /bert/);
});

test("a recipe that is wrong, missing, or asks for a layer that the model lacks", async () => {
  const wrong = await createTestRun({ sampels: 3 });
  await expectPlainFailure(["run", wrong.recipe], 2, /recipe\.yaml, line \d+.*sampels.*samples/s);
  await expectPlainFailure(["run", join(wrong.folder, "none.yaml")], 2, /no such file/);
  const deep = await createTestRun({
    steering: { method: "mean-difference", layers: [9], strengths: [0.1] },
  });
  await expectPlainFailure(["run", deep.recipe, "-o", deep.output], 2, /found 9; the model has 4 blocks/);
});

test("contrast sets that are one-sided or share a text", async () => {
  const oneSided = await createTestRun({ contrast: [{ class: "positive", texts: ["so good", "so kind"] }] });
  await expectPlainFailure(["run", oneSided.recipe], 2, /negative/);
  const shared = await createTestRun({
    contrast: [
      { class: "positive", texts: ["so good", "so kind", "the same"] },
      { class: "negative", texts: ["so bad", "so cold", "the same"] },
    ],
  });
  await expectPlainFailure(["run", shared.recipe], 2, /the same/);
});

test("a prompt longer than the context", async () => {
  const run = await createTestRun({
    task: { labels: ["a", "b"], prompt: { zeroShot: `{label} ${"word ".repeat(400)}` }, chat: "raw" },
    contrast: [
      { class: "a", texts: ["good day", "good night", "good road"] },
      { class: "b", texts: ["bad day", "bad night", "bad road"] },
    ],
    classifier: undefined,
  });
  await expectPlainFailure(["run", run.recipe, "-o", run.output], 1, /tokens and the context/);
});

test("wrong usage of the command line", async () => {
  await expectPlainFailure(["runn"], 2, /unknown command/);
  await expectPlainFailure(["run"], 2, /missing required argument/);
  await expectPlainFailure(["models", "get", "nonsense:x"], 2, /nonsense/);
  await expectPlainFailure(["report", await mkdtemp(join(tmpdir(), "tiller-empty-"))], 1, /not a run folder/);
});

test("a second process on the same run folder is refused while the first works", {
  timeout: 120_000,
}, async () => {
  const run = await createTestRun({ decoding: { maxTokens: 200 } }, { endBias: -30, layers: 8 });
  const first = startTiller(["generate", run.recipe, "-o", run.output]);
  while (!(await readFile(join(run.output, "run.json"), "utf8").catch(() => ""))) await wait(20);
  await expectPlainFailure(["generate", run.recipe, "-o", run.output], 1, new RegExp(`${first.child.pid}`));
  first.child.kill("SIGKILL");
  await first.done;
  expect((await tiller(["vectors", run.recipe, "-o", run.output])).code).toBe(0);
});

test("a run folder of another recipe, of another program, or of a newer Tiller", async () => {
  const run = await createTestRun();
  expect((await tiller(["generate", run.recipe, "-o", run.output])).code).toBe(0);
  const other = await createTestRun({ seed: 7 });
  await expectPlainFailure(["vectors", other.recipe, "-o", run.output], 1, /another recipe/);
  const foreign = join(run.folder, "photos");
  await mkdir(foreign);
  await writeFile(join(foreign, "cat.jpg"), "");
  await expectPlainFailure(["vectors", run.recipe, "-o", foreign], 1, /not a run folder and is not empty/);
  const description = JSON.parse(await readFile(join(run.output, "run.json"), "utf8"));
  await writeFile(join(run.output, "run.json"), JSON.stringify({ ...description, format: 99 }));
  await expectPlainFailure(["vectors", run.recipe, "-o", run.output], 1, /format 99.*reads 1/);
});

test.skipIf(!mayMount())(
  "a disk that is full: what is whole stays, and the run goes on when there is room",
  async () => {
    const run = await createTestRun();
    const disk = join(run.folder, "disk");
    await mkdir(disk);
    expect((await tiller(["generate", run.recipe, "-o", `${run.output}-whole`])).code).toBe(0);
    mountDisk(disk, "size=56k");
    const output = join(disk, "run");
    await expectPlainFailure(["generate", run.recipe, "-o", output], 1, /full|no space/i);
    execFileSync("mount", ["-o", "remount,size=8m", disk]);
    expect((await tiller(["generate", run.recipe, "-o", output])).code).toBe(0);
    const samples = (folder: string) => readFile(join(folder, "samples.jsonl"), "utf8");
    expect(await samples(output)).toBe(await samples(`${run.output}-whole`));
  },
);

test.skipIf(!mayMount())("a run folder that cannot be written", async () => {
  const run = await createTestRun();
  const disk = join(run.folder, "disk");
  await mkdir(disk);
  mountDisk(disk, "size=8m");
  const output = join(disk, "run");
  expect((await tiller(["vectors", run.recipe, "-o", output])).code).toBe(0);
  execFileSync("mount", ["-o", "remount,ro", disk]);
  await expectPlainFailure(
    ["vectors", run.recipe, "-o", output],
    1,
    /read-only|cannot be written|permission/i,
  );
});

test("a recipe that was put right may go on in its folder, as long as nothing is written", async () => {
  const prompt = { zeroShot: `{label} ${"word ".repeat(400)}` };
  const wrong = await createTestRun({ task: { labels: ["negative", "positive"], prompt, chat: "raw" } });
  await expectPlainFailure(["generate", wrong.recipe, "-o", wrong.output], 1, /tokens and the context/);
  const right = await createTestRun();
  expect((await tiller(["generate", right.recipe, "-o", wrong.output])).code).toBe(0);
});

test("test texts that the run has seen are left out, or refused", async () => {
  const run = await createTestRun();
  const rows = ["The house was good and we saw it today.", "The house was bad and we saw it today."].map(
    (text, i) => JSON.stringify({ text, label: i === 0 ? "positive" : "negative" }),
  );
  const test = await readFile(join(run.folder, "test.jsonl"), "utf8");
  await writeFile(join(run.folder, "test.jsonl"), `${test}${rows.join("\n")}\n`);
  const { stdout } = await tiller(["run", run.recipe, "--dry-run"]);
  expect(stdout).toMatch(/2 of 42 test texts are also contrast texts/);
  await writeFile(join(run.folder, "test.jsonl"), `${rows.join("\n")}\n`);
  await expectPlainFailure(
    ["run", run.recipe, "--dry-run"],
    2,
    /classifier\.test: 2 of 2 texts are also contrast/,
  );
});

test("a prompt template that does not exist is found before anything is fetched", async () => {
  const task = { labels: ["negative", "positive"], prompt: "paper-a/sentimnt" };
  const run = await createTestRun({ task, model: { source: "hf:nobody/nothing/model.gguf" } });
  await expectPlainFailure(["run", run.recipe, "--dry-run"], 2, /paper-a\/sentimnt.*paper-a\/sentiment/s);
});

test("a damaged journal is named with its line, and left as it is", async () => {
  const run = await createTestRun();
  expect((await tiller(["generate", run.recipe, "-o", run.output])).code).toBe(0);
  const journal = join(run.output, "samples.jsonl");
  const lines = (await readFile(journal, "utf8")).split("\n");
  lines[2] = "{broken";
  await writeFile(journal, lines.join("\n"));
  await copyFile(journal, `${journal}.copy`);
  await expectPlainFailure(["generate", run.recipe, "-o", run.output], 1, /samples\.jsonl, line 3/);
  expect(await readFile(journal)).toEqual(await readFile(`${journal}.copy`));
});
