import { expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import { parseEncoderSource } from "./encoder-source.js";
import { openEncoder } from "./open-encoder.js";

test.each([
  ["ngrams", { kind: "ngrams" }],
  [" residuals ", { kind: "residuals" }],
  ["gguf:file:models/minilm.gguf", { kind: "gguf", model: "file:models/minilm.gguf" }],
  ["gguf:hf:owner/name/minilm.gguf", { kind: "gguf", model: "hf:owner/name/minilm.gguf" }],
  ["gguf:C:\\models\\minilm.gguf", { kind: "gguf", model: "C:\\models\\minilm.gguf" }],
  ["onnx:Xenova/all-MiniLM-L6-v2", { kind: "onnx", model: "Xenova/all-MiniLM-L6-v2" }],
  ["onnx:./models/minilm", { kind: "onnx", model: "./models/minilm" }],
])("%s is read", (text, expected) => {
  expect(parseEncoderSource(text)).toEqual(expected);
});

test.each([
  ["n-gram", "ngrams"],
  ["residual", "residuals"],
  ["Residuals", "residuals"],
  ["guff:file:minilm.gguf", "gguf:file:minilm.gguf"],
  ["onyx:Xenova/all-MiniLM-L6-v2", "onnx:Xenova/all-MiniLM-L6-v2"],
  ["minilm.gguf", "gguf:minilm.gguf"],
  ["hf:owner/name/minilm.gguf", "gguf:hf:owner/name/minilm.gguf"],
  ["Xenova/all-MiniLM-L6-v2", "onnx:Xenova/all-MiniLM-L6-v2"],
  ["ngrams:3", "ngrams"],
])("%s is refused and %s suggested", (text, meant) => {
  const attempt = () => parseEncoderSource(text);
  expect(attempt).toThrow(RecipeError);
  expect(attempt).toThrow(`Did you mean ${meant}?`);
  expect(attempt).toThrow("Allowed are: ngrams, residuals, gguf:MODEL");
});

test.each(["", "word2vec", "gguf", "gguf:", "gguf:none", "onnx: ", "x".repeat(300)])(
  "%j is refused",
  (text) => {
    expect(() => parseEncoderSource(text)).toThrow(RecipeError);
  },
);

test("an encoder is opened by its source", async () => {
  await using encoder = await openEncoder("ngrams", { ngrams: { width: 64 } });
  expect(encoder).toMatchObject({ width: 64, name: expect.stringContaining("64") });
  expect(await encoder.encode(["one", "two"])).toHaveLength(2);
  await expect(openEncoder("residuals")).rejects.toThrow(/generating model, and there is none/);
  await expect(openEncoder("gguf:file:/nowhere/none.gguf")).rejects.toThrow(/no model file/);
});
