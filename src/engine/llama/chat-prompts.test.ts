import { afterAll, beforeAll, expect, test } from "vitest";
import type { LlamaEngine } from "./llama-engine.js";
import { inOrder, openTiny, PLAIN } from "./test-engine.js";

let engine: LlamaEngine;
beforeAll(async () => {
  engine = await openTiny();
});
afterAll(() => engine.close());

test("messages are rendered by the model's own template", async () => {
  const text = await engine.render([{ role: "user", content: "go" }]);
  expect(text).toBe("<|user|>\ngo</s>\n<|assistant|>\n");
});

test("one BOS, template tokens as control tokens, and none from the user's text", async () => {
  const counts = async (content: string) => {
    const [completion] = await inOrder(
      engine.generate([{ prompt: [{ role: "user", content }], seed: 1 }], {
        decoding: { ...PLAIN, maxTokens: 1 },
      }),
    );
    return completion!.promptTokens;
  };
  const plain = await counts("go");
  const special = await engine.tokenize("<|user|>\ngo</s>\n<|assistant|>\n", { special: true });
  expect(plain).toBe(special.length);
  // As text, `</s>` is four characters or more; as a control token it would be one.
  expect(await counts("go </s>")).toBeGreaterThan(plain + 2);
});

test("a model without a template says so", async () => {
  const bare = await openTiny({ chatTemplate: null });
  try {
    expect(bare.model.hasChatTemplate).toBe(false);
    await expect(bare.render([{ role: "user", content: "go" }])).rejects.toThrow(
      /no chat template.*chat: raw/,
    );
    expect(await bare.render("go")).toBe("go");
  } finally {
    await bare.close();
  }
});

test("a template that refuses is reported", async () => {
  const picky = await openTiny({ chatTemplate: "{{ raise_exception('no system turn') }}" });
  try {
    await expect(picky.render([{ role: "user", content: "go" }])).rejects.toThrow(
      /chat template refused.*no system turn/,
    );
  } finally {
    await picky.close();
  }
});
