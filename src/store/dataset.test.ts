import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeDataset } from "./dataset.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-dataset-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("writeDataset", () => {
  it("writes a row a line, in NFC, with every line separator escaped", async () => {
    const path = join(folder, "data.jsonl");
    const text = "cafe\u0301\u2028two\u2029three\u0085four\r\nfive\u000bsix\ud800!";
    await writeDataset(path, [
      { text, label: "positive", language: "fr" },
      { text: "สวัสดี", label: "negative", language: "th" },
    ]);
    const raw = await readFile(path, "utf8");
    for (const separator of "\u0085\u2028\u2029\r\u000b") expect(raw).not.toContain(separator);
    expect(raw.endsWith("\n")).toBe(true);
    expect(
      raw
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        text: "caf\u00e9\u2028two\u2029three\u0085four\r\nfive\u000bsix\ufffd!",
        label: "positive",
        language: "fr",
      },
      { text: "สวัสดี", label: "negative", language: "th" },
    ]);
  });

  it("writes more rows than go into one block, and none", async () => {
    const path = join(folder, "data.jsonl");
    const rows = Array.from({ length: 2500 }, (_, n) => ({ text: `text ${n}`, label: "a", language: "en" }));
    await writeDataset(path, rows);
    const read = (await readFile(path, "utf8")).trimEnd().split("\n");
    expect(read.map((line) => JSON.parse(line))).toEqual(rows);
    await writeDataset(path, []);
    expect(await readFile(path, "utf8")).toBe("");
  });
});
