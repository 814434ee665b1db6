import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StoreError } from "../errors.js";
import { readWriters, recordWriter, writerDifferences, writerFacts } from "./writers.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-writers-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const engine = (version: string) => ({ library: "lib@1", version, backend: "cpu", devices: ["a"] });

test("rows are written by the last writer that was noted before them", async () => {
  expect(await readWriters(folder)).toEqual([]);
  await recordWriter(folder, 0, engine("1"));
  await recordWriter(folder, 4, engine("1"));
  await recordWriter(folder, 8, engine("2"));
  const writers = await readWriters(folder);
  expect(writers).toMatchObject([
    { fromRow: 0, libraryVersion: "1" },
    { fromRow: 8, libraryVersion: "2" },
  ]);
  expect(writers[0]!.processor).not.toBe("");
});

test("a writer whose rows were lost is replaced", async () => {
  await recordWriter(folder, 0, engine("1"));
  await recordWriter(folder, 0, engine("2"));
  expect(await readWriters(folder)).toMatchObject([{ fromRow: 0, libraryVersion: "2" }]);
});

test("the same again leaves the same bytes, and damage is said", async () => {
  const path = join(folder, "writers.json");
  await recordWriter(folder, 0, engine("1"));
  const before = await readFile(path, "utf8");
  await recordWriter(folder, 8, engine("1"));
  expect(await readFile(path, "utf8")).toBe(before);
  await writeFile(path, "{}");
  await expect(readWriters(folder)).rejects.toThrow(StoreError);
});

test("differences are named", () => {
  const one = writerFacts(engine("1"));
  expect(writerDifferences(one, one)).toEqual([]);
  expect(
    writerDifferences({ ...one, processor: "A" }, { ...writerFacts(engine("2")), processor: "B" }),
  ).toEqual(["version of the library: 1, now 2", "processor: A, now B"]);
  const other = { ...one, instructions: ["avx", "fma"] };
  expect(writerDifferences({ ...one, instructions: ["avx2", "fma"] }, other)).toEqual([
    "vector instructions: now without avx2 and with avx",
  ]);
});
