import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeTestRun } from "../export/test-run-folder.js";
import { startTestHub, type TestHub } from "../hub/test-hub.js";
import { tiller } from "./test-cli.js";

let hub: TestHub;
let folder: string;

beforeEach(async () => {
  hub = await startTestHub();
  hub.token = "hf_writer";
  folder = await mkdtemp(join(tmpdir(), "tiller-push-command-"));
});

afterEach(async () => {
  await hub.down();
  await rm(folder, { recursive: true });
});

describe("tiller push", () => {
  it("shows a folder, and says what to do without a token", async () => {
    await writeFile(join(folder, "README.md"), "# Texts\n");
    const env = { HF_ENDPOINT: hub.url, HF_TOKEN: "" };
    const [shown, refused] = await Promise.all([
      tiller(["push", folder, "--to", "jane/texts", "--dry-run"], { ...env, HF_TOKEN: "hf_writer" }),
      tiller(["push", folder, "--to", "jane/texts"], env),
    ]);
    expect(shown.stdout).toBe(
      `Would go to ${hub.url}/datasets/jane/texts (private, new):\n  README.md  8 B\nNothing was written. A push uploads 1 of 1 files, 8 B.\n`,
    );
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/A push needs a token.*HF_TOKEN/),
    });
    expect(hub.repositories.size).toBe(0);
  });

  it("exports a run, uploads it, and leaves nothing behind", async () => {
    const texts = ["good", "fine", "bad", "poor"];
    const run = await writeTestRun(
      texts.map((text, index) => ({ text, label: index < 2 ? "positive" : "negative" })),
    );
    const { code, stdout, stderr } = await tiller(
      ["push", run.path, "--to", "jane/texts", "--public", "--message", "First", "--json"],
      { HF_ENDPOINT: hub.url, HF_TOKEN: "hf_writer", TMPDIR: folder, TEMP: folder },
    );
    // The run was asked for more texts than it has.
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("50") });
    expect(JSON.parse(stdout)).toMatchObject({
      repository: "jane/texts",
      visibility: "public",
      created: true,
    });
    const files = [...hub.files("datasets/jane/texts").keys()];
    expect(files).toEqual(expect.arrayContaining(["README.md", "recipe.yaml"]));
    expect(files.some((name) => name.endsWith(".parquet"))).toBe(true);
    expect((await readdir(folder)).filter((name) => name.startsWith("tiller-push"))).toEqual([]);
    await rm(run.folder, { recursive: true });
  });
});
