import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect } from "../engine/collect.js";
import { LlamaEngine } from "../engine/llama/llama-engine.js";
import { convertFetched } from "./convert-fetched.js";
import { convertLlama2c } from "./llama2c.js";

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const bytes = await readFile(fixture("tiny.llama2c"));
/** What fixtures/llama2c.py computed. */
const expected = JSON.parse(await readFile(fixture("llama2c.json"), "utf8")) as {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly logProbabilities: readonly number[];
};

/** In llama2.c's form a negative number of tokens says that an output matrix follows. */
function negativeVocabulary(): Uint8Array {
  const other = Buffer.from(bytes);
  other.writeInt32LE(-other.readInt32LE(20), 20);
  return other;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-llama2c-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a model of llama2.c", () => {
  it("says as GGUF what an independent forward pass says", async () => {
    const path = join(folder, "model.data");
    await copyFile(fixture("tiny.llama2c"), path);
    const converted = await convertFetched({ path, bytes: bytes.length, requireSpace: async () => {} });
    // If this changes, the sha256 of the alias stories15m does too.
    expect(converted!.sha256).toBe("fd1287409ee0736e146ede242a8450606a62904169758f721707ba717617b36b");
    const engine = await LlamaEngine.open({ ...converted!, context: 32, threads: 1 });
    try {
      expect([...(await engine.promptTokens(expected.text))]).toEqual(expected.tokens);
      const [found] = await collect(engine.logProbabilities([expected.text]));
      for (const [i, value] of expected.logProbabilities.entries()) {
        // llama.cpp keeps keys and values as F16.
        expect(found!.values[i]).toBeCloseTo(value, 2);
      }
    } finally {
      await engine.close();
    }
  });

  it("writes its pieces as SentencePiece does", () => {
    const { metadata } = convertLlama2c(bytes)!;
    const tokens = metadata.get("tokenizer.ggml.tokens")!.value as readonly string[];
    expect(tokens.slice(0, 4)).toEqual(["<unk>", "<s>", "</s>", "<0x00>"]);
    expect(tokens.slice(-5)).toEqual(["é", "\ufeff", "▁a", "th", "▁th"]);
    const types = metadata.get("tokenizer.ggml.token_type")!.value as Int32Array;
    expect([0, 1, 2, 3, 258, 259].map((token) => types[token])).toEqual([2, 3, 3, 6, 6, 1]);
  });

  it.each([
    ["nothing", new Uint8Array()],
    ["zeros", new Uint8Array(1000)],
    ["a file cut short in its weights", bytes.subarray(0, 20_000)],
    ["one cut short in its vocabulary", bytes.subarray(0, -3)],
    ["one with more behind it", Buffer.concat([bytes, Buffer.from("x")])],
    ["one with an output matrix of its own", negativeVocabulary()],
    ["GGUF", Buffer.concat([Buffer.from("GGUF\u0003\0\0\0"), bytes])],
  ])("is not seen in %s", (_, other) => {
    expect(convertLlama2c(other)).toBeUndefined();
  });
});
