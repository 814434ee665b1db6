import { afterAll, beforeAll, expect, test } from "vitest";
import type { LlamaEngine } from "./llama-engine.js";
import { openTiny, scored } from "./test-engine.js";

let engine: LlamaEngine;
beforeAll(async () => {
  engine = await openTiny({ layers: 2 }, { context: 512 });
});
afterAll(() => engine.close());

const asked = (text: string) => ({
  prompt: `Is this good? ${"Say it. ".repeat(12)}\nText: ${text}`,
  answer: "It is",
});
const TOKENS = [5, 300, 400, 401];
const read = (texts: readonly string[]) =>
  scored(engine.nextTokens(texts.map(asked), { frames: ["a", "0"].map(asked), tokens: TOKENS }));

test("a beginning that is read once gives what whole readings give, whatever is asked beside it", async () => {
  const texts = ["The food was cold.", "", "Good book.", "a warm day ".repeat(20), "The food was cold."];
  const together = await read(texts);
  for (const [i, text] of texts.entries()) {
    const whole = await engine.nextToken(asked(text));
    // Decodes of another number of rows round otherwise.
    for (const [j, token] of TOKENS.entries())
      expect(Math.abs(together[i]![j]! - whole[token]!)).toBeLessThan(0.02);
    expect(together[i]).toEqual((await read([text]))[0]);
  }
  expect(together[0]).toEqual(together[4]);
  expect(together[0]).not.toEqual(together[2]);
});

test("a text that begins otherwise is read whole", async () => {
  const other = { prompt: "Something else", answer: " is" };
  const texts = [asked("One."), other, asked("One.")];
  const options = { frames: ["a", "0"].map(asked), tokens: TOKENS };
  const [first, odd, last] = await scored(engine.nextTokens(texts, options));
  const whole = await engine.nextToken(other);
  expect([...odd!]).toEqual(TOKENS.map((token) => whole[token]!));
  expect(first).toEqual(last);
});
