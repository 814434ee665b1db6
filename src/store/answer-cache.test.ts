import { createHash } from "node:crypto";
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { StoreError } from "../errors.js";
import { AnswerCache } from "./answer-cache.js";

const schema = z.object({ said: z.string() });
const keyOf = (name: string) => createHash("sha256").update(name).digest("hex");
const TEXTS = [
  "plain",
  "two\nlines",
  "ประเทศไทย",
  "\u2028 \u0085",
  "",
  '"}\n{"',
  "👩‍👩‍👧 \ud800",
  "\u202eهذا\u202c",
];

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-judge-"));
  path = join(folder, "judgements.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function filled(): Promise<Buffer> {
  await using cache = await AnswerCache.open(path);
  for (const text of TEXTS) await cache.add(keyOf(text), { said: text });
  await cache.flush();
  return readFile(path);
}

it("gives back what was added, in this process and in the next", async () => {
  const bytes = await filled();
  expect(bytes.toString().split(/[\n\u2028\u0085]/)).toHaveLength(TEXTS.length + 1);
  await using cache = await AnswerCache.open(path);
  for (const text of TEXTS) expect(cache.get(keyOf(text), schema)).toEqual({ said: text });
  expect(cache.get(keyOf("other"), schema)).toBeUndefined();
  expect(await readFile(path)).toEqual(bytes);
});

it("opens a file that was torn at any byte, and goes on from its whole lines", async () => {
  const bytes = await filled();
  const thirdLine = bytes.indexOf("\n", bytes.indexOf("\n") + 1) + 1;
  for (let length = thirdLine - 120; length <= thirdLine + 1; length++) {
    await writeFile(path, bytes.subarray(0, length));
    const whole = bytes.subarray(0, length).toString("latin1").split("\n").length - 1;
    {
      await using cache = await AnswerCache.open(path);
      const known = TEXTS.filter((text) => cache.get(keyOf(text), schema) !== undefined);
      expect(known).toEqual(TEXTS.slice(0, whole));
      await cache.add(keyOf("last"), { said: "last" });
    }
    if (length % 10 > 0) continue;
    await using again = await AnswerCache.open(path);
    expect(again.get(keyOf("last"), schema)).toEqual({ said: "last" });
    expect(again.get(keyOf(TEXTS[0]!), schema) !== undefined).toBe(whole > 0);
  }
});

it("passes over lines that are no judgements, and values of another shape", async () => {
  await filled();
  await appendFile(path, `\0\0\0\n{"key":"x","value":1}\n[]\n{"key":"${keyOf("odd")}","value":{"said":1}}\n`);
  await using cache = await AnswerCache.open(path);
  expect(cache.get(keyOf("plain"), schema)).toEqual({ said: "plain" });
  expect(cache.get(keyOf("odd"), schema)).toBeUndefined();
  await cache.add(keyOf("odd"), { said: "better" });
  await cache.close();
  await using again = await AnswerCache.open(path);
  expect(again.get(keyOf("odd"), schema)).toEqual({ said: "better" });
});

it("writes in batches", async () => {
  await using cache = await AnswerCache.open(path);
  for (let i = 0; i < 64; i++) await cache.add(keyOf(String(i)), { said: "x" });
  expect((await readFile(path, "utf8")).split("\n")).toHaveLength(65);
});

it("says what is wrong with its place", async () => {
  await expect(AnswerCache.open(folder)).rejects.toThrow(StoreError);
  await expect(AnswerCache.open(join(folder, "no", "file"))).rejects.toThrow(/does not exist/);
});

it("holds any text", async () => {
  const texts = fc.array(fc.string({ unit: "binary" }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(texts, async (all) => {
      await truncate(path).catch(() => {});
      {
        await using cache = await AnswerCache.open(path);
        for (const [i, text] of all.entries()) await cache.add(keyOf(String(i)), { said: text });
      }
      await using cache = await AnswerCache.open(path);
      expect(all.map((_, i) => cache.get(keyOf(String(i)), schema)?.said)).toEqual(all);
    }),
    { seed: 11, numRuns: 12 },
  );
});
