import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ModelError } from "../errors.js";
import type { GgufValue } from "./format.js";
import { writeTinyModel } from "./tiny-model.js";
import { readTokenTexts } from "./token-texts.js";
import { writeGguf } from "./write.js";

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tiller-tokens-"));
  path = join(folder, "tokens.gguf");
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(model: string, tokens: string[], types?: number[]): void {
  const metadata = new Map<string, GgufValue>([
    ["general.architecture", { type: "string", value: "llama" }],
    ["tokenizer.ggml.model", { type: "string", value: model }],
    ["tokenizer.ggml.tokens", { type: "array", items: "string", value: tokens }],
  ]);
  if (types) metadata.set("tokenizer.ggml.token_type", { type: "array", items: "int32", value: types });
  writeGguf(path, { metadata, tensors: [] });
}

test("SentencePiece: spaces are spaces, and control, unknown and unused tokens have no text", () => {
  write(
    "llama",
    ["<unk>", "<s>", "<0x0A>", "\u2581good", "s\u2581", "<pad>", "<tool>"],
    [2, 3, 6, 1, 1, 5, 4],
  );
  expect(readTokenTexts(path)).toEqual([undefined, undefined, "<0x0A>", " good", "s ", undefined, "<tool>"]);
});

// GPT-2's table: bs = [*range(33, 127), *range(161, 173), *range(174, 256)]
// rest = [b for b in range(256) if b not in bs]; [hex(256 + rest.index(b)) for b in (0x20, 0x0A, 0xAD)]
//   # ['0x120', '0x10a', '0x143']
test("byte-level: characters are bytes, and their bytes are UTF-8", () => {
  write("gpt2", [
    "\u0120good",
    "\u010a",
    "\u00c3\u00a9",
    "\u00e5\u00a5\u00bd",
    "\u00e5",
    "\u00c2\u0143",
    "<|end|>",
    "好",
  ]);
  expect(readTokenTexts(path)).toEqual([" good", "\n", "é", "好", "\ufffd", "\u00ad", "<|end|>", "好"]);
});

test("a tiny model's vocabulary", () => {
  writeTinyModel(path);
  const texts = readTokenTexts(path);
  expect(texts.slice(0, 3)).toEqual([undefined, undefined, undefined]);
  expect(texts).toContain(" good");
});

test("a file without a vocabulary is refused", () => {
  writeGguf(path, {
    metadata: new Map([["general.architecture", { type: "string", value: "x" }]]),
    tensors: [],
  });
  expect(() => readTokenTexts(path)).toThrow(ModelError);
});
