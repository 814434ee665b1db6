import { expect, test } from "vitest";
import type { Decoding } from "../engine.js";
import { checkDecoding } from "./sampler.js";
import { PLAIN } from "./test-engine.js";

test.each<[Partial<Decoding>, RegExp]>([
  [{ temperature: Number.NaN }, /decoding\.temperature is NaN; it must be 0 or more/],
  [{ temperature: -1 }, /temperature is -1/],
  [{ topK: 0.5 }, /topK is 0.5/],
  [{ topP: 0 }, /topP is 0/],
  [{ minP: 1 }, /minP is 1/],
  [{ repetitionPenalty: 0 }, /repetitionPenalty is 0/],
  [{ frequencyPenalty: Number.POSITIVE_INFINITY }, /frequencyPenalty is Infinity/],
  [{ penaltyWindow: -1 }, /penaltyWindow is -1/],
  [{ maxTokens: 0 }, /maxTokens is 0; it must be a whole number, 1 or more/],
  [{ stop: ["\n", ""] }, /an empty string/],
])("refuses %o", (change, message) => {
  expect(() => checkDecoding({ ...PLAIN, ...change })).toThrow(message);
});

test("takes what the papers use", () => {
  checkDecoding(PLAIN);
  checkDecoding({
    ...PLAIN,
    temperature: 0,
    topK: 40,
    topP: 0.9,
    minP: 0.05,
    frequencyPenalty: -2,
    stop: ["\n"],
  });
});
