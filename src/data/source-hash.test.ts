import { createHash } from "node:crypto";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sourceSha256 } from "./source-hash.js";
import { failureOf, sourceFolder } from "./test-sources.js";

const { folder, write } = sourceFolder();
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("a file counts by its content, however it is read", async () => {
  const file = write("a.csv", "text\na\n");
  expect(await sourceSha256(file)).toBe(sha256("text\na\n"));
  expect(await sourceSha256({ source: file, text: "text" })).toBe(sha256("text\na\n"));
  expect(await failureOf(sourceSha256(join(folder, "none.csv")))).toMatch(/there is no such file/);
});

test("a folder counts by the names and contents of its texts, wherever it stands", async () => {
  write("texts/good/b.txt", "b");
  write("texts/bad/a.txt", "a");
  const of = () => sourceSha256(join(folder, "texts"));
  const first = await of();
  expect(first).toBe(sha256(`${sha256("a")} bad/a.txt\n${sha256("b")} good/b.txt\n`));
  write("texts/README.md", "not a text");
  expect(await of()).toBe(first);
  write("texts/good/b.txt", "c");
  expect(await of()).not.toBe(first);
  write("texts/good/b.txt", "b");
  renameSync(join(folder, "texts", "good"), join(folder, "texts", "fine"));
  expect(await of()).not.toBe(first);
});
