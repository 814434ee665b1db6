import { expect, test } from "vitest";
import { scoringSchema } from "./scoring-schema.js";

test("everything has a default, and there is no judge unless it is asked for", () => {
  expect(scoringSchema.parse({})).toEqual({
    texts: 48,
    tokenBudget: 500,
    encoder: "ngrams",
    authenticity: true,
    judgeTexts: 48,
  });
});

test.each(["ngrams", "residuals", "gguf:file:minilm.gguf", "onnx:models/minilm"])(
  "the encoder may be %s",
  (encoder) => {
    expect(scoringSchema.parse({ encoder }).encoder).toBe(encoder);
  },
);

test.each(["", "ngram", "gguf:", "residuals:3", "bert"])("the encoder may not be %j", (encoder) => {
  expect(scoringSchema.safeParse({ encoder }).success).toBe(false);
});

test("the judge is the model that writes, or one on a server", () => {
  const endpoint = "http://localhost:8080/v1";
  const parse = (judge: unknown) => scoringSchema.safeParse({ judge });
  expect(parse("local").success).toBe(true);
  expect(parse({ endpoint, model: "m", keyEnv: "JUDGE_KEY" }).success).toBe(true);
  for (const judge of [
    "remote",
    { endpoint },
    { endpoint: "file:///etc/hosts", model: "m" },
    { endpoint, model: "m", key: "secret" },
    { endpoint, model: "m", keyEnv: "a key" },
  ]) {
    expect(parse(judge).success, JSON.stringify(judge)).toBe(false);
  }
});
