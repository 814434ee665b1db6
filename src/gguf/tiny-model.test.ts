import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { metadataNumber, metadataString, readGguf } from "./read.js";
import { readTensor } from "./read-tensor.js";
import { TINY_ARCHITECTURES, type TinyArchitecture } from "./tiny-architectures.js";
import { type TinyModelOptions, writeTinyModel } from "./tiny-model.js";
import { tinyVocabulary } from "./tiny-vocabulary.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tiller-tiny-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(options: TinyModelOptions = {}): string {
  const path = join(folder, "tiny.gguf");
  writeTinyModel(path, options);
  return path;
}

const hash = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

test("the same options give the same file, and another seed another one", () => {
  const first = hash(write({ seed: 3 }));
  expect(hash(write({ seed: 3 }))).toBe(first);
  expect(hash(write({ seed: 4 }))).not.toBe(first);
});

test("has the shape that was asked for", () => {
  const file = readGguf(
    write({ layers: 3, width: 32, heads: 2, kvHeads: 1, feedForward: 48, vocabulary: 900, context: 777 }),
  );
  expect(metadataNumber(file, "llama.block_count")).toBe(3);
  expect(metadataNumber(file, "llama.context_length")).toBe(777);
  expect(file.arrayLengths.get("tokenizer.ggml.tokens")).toBe(900);
  expect(file.tensors.get("token_embd.weight")?.shape).toEqual([32, 900]);
  expect(file.tensors.get("blk.2.attn_k.weight")?.shape).toEqual([32, 16]);
  expect(file.tensors.get("blk.2.ffn_down.weight")?.shape).toEqual([48, 32]);
  expect(file.tensors.has("blk.3.attn_norm.weight")).toBe(false);
});

test("no block writes to the residual's first dimension", () => {
  const file = readGguf(write());
  const down = readTensor(file, "blk.1.ffn_down.weight");
  const inputs = file.tensors.get("blk.1.ffn_down.weight")!.shape[0]!;
  expect(down.subarray(0, inputs).every((value) => value === 0)).toBe(true);
  expect(down.subarray(inputs, 2 * inputs).some((value) => value !== 0)).toBe(true);
});

test("a model without a chat template", () => {
  expect(metadataString(readGguf(write()), "tokenizer.chat_template")).toContain("message['role']");
  expect(metadataString(readGguf(write({ chatTemplate: null })), "tokenizer.chat_template")).toBeUndefined();
});

test("shapes that do not fit are refused", () => {
  expect(() => write({ width: 60, heads: 4 })).toThrow(RangeError);
  expect(() => write({ vocabulary: 100 })).toThrow(/at least/);
});

test("the vocabulary has bytes, and every piece can be merged from a shorter one", () => {
  const { tokens, scores, types } = tinyVocabulary();
  const known = new Set(tokens);
  expect(known.size).toBe(tokens.length);
  expect(tokens[3 + 0x41]).toBe("<0x41>");
  expect(types[3 + 0x41]).toBe(6);
  tokens.forEach((piece, token) => {
    if (types[token] !== 1 || [...piece].length === 1) return;
    const shorter = tokens.indexOf([...piece].slice(0, -1).join(""));
    expect(scores[shorter]!, piece).toBeGreaterThan(scores[token]!);
  });
});

const ARCHITECTURES = Object.keys(TINY_ARCHITECTURES) as TinyArchitecture[];

test.each(ARCHITECTURES)("%s names its architecture and its blocks", (architecture) => {
  const file = readGguf(write({ architecture, layers: 2, context: 128 }));
  const name = metadataString(file, "general.architecture")!;
  expect(architecture.startsWith(name)).toBe(true);
  expect(metadataNumber(file, `${name}.block_count`)).toBe(2);
  expect(file.tensors.get("token_embd.weight")?.shape[0]).toBe(64);
  expect([...file.tensors.keys()].filter((tensor) => /^blk\.[01]\./.test(tensor)).length).toBeGreaterThan(8);
  expect([...file.tensors.keys()].some((tensor) => tensor.startsWith("blk.2."))).toBe(false);
});

test.each(ARCHITECTURES)(
  "%s: a seed gives it the same file again, another seed another one",
  (architecture) => {
    const first = hash(write({ architecture, layers: 2 }));
    expect(hash(write({ architecture, layers: 2 }))).toBe(first);
    expect(hash(write({ architecture, layers: 2, seed: 2 }))).not.toBe(first);
  },
);

test.each([
  ["llama", "6e76a31b45bbfc5c95135d62e68a9955d9907aef0cd5b342dd13bbcbfaa92ee3"],
  ["qwen2", "19c30516de4ccf047b0bba7db27f75ba3bd5eaa7a9e4f5bd8f1448ea48a340fc"],
] as const)(
  "%s stays as it is: texts that other tests expect hang on its bytes",
  (architecture, expected) => {
    expect(hash(write({ architecture }))).toBe(expected);
  },
);

test("no expert writes to the residual's first dimension", () => {
  const file = readGguf(write({ architecture: "gpt-oss", layers: 1 }));
  const down = readTensor(file, "blk.0.ffn_down_exps.weight");
  const [inputs, width, experts] = file.tensors.get("blk.0.ffn_down_exps.weight")!.shape as [
    number,
    number,
    number,
  ];
  const biases = readTensor(file, "blk.0.ffn_down_exps.bias");
  for (let expert = 0; expert < experts; expert++) {
    const start = expert * inputs * width;
    expect(down.subarray(start, start + inputs).every((value) => value === 0)).toBe(true);
    expect(down.subarray(start + inputs, start + 2 * inputs).some((value) => value !== 0)).toBe(true);
    expect(biases[expert * width]).toBe(0);
    expect(biases[expert * width + 1]).not.toBe(0);
  }
});

test("a tied embedding holds the biases, and its first block writes the dimension that they hang on", () => {
  const file = readGguf(write({ architecture: "command-r", layers: 2 }));
  expect(file.tensors.has("output.weight")).toBe(false);
  const embedding = readTensor(file, "token_embd.weight");
  const { tokens, end } = tinyVocabulary({ controls: ["<|system|>", "<|user|>", "<|assistant|>"] });
  expect(embedding[end * 64]).toBeGreaterThan(0);
  expect(embedding[tokens.indexOf("<|user|>") * 64]).toBeLessThan(0);
  expect(embedding[tokens.indexOf("<0x41>") * 64]).toBeLessThan(0);
  expect(embedding[tokens.indexOf("a") * 64]).toBe(0);
  expect(readTensor(file, "blk.0.attn_output.weight")[0]).toBeGreaterThan(0);
  expect(readTensor(file, "blk.1.attn_output.weight")[0]).toBe(0);
});
