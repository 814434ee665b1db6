import { expect, test } from "vitest";
import { editDistance, nearestKey } from "./nearest-key.js";

const KNOWN = ["temperature", "topP", "topK", "maxTokens", "stop"];

test.each([
  ["temprature", "temperature"],
  ["max_tokens", "maxTokens"],
  ["MAXTOKENS", "maxTokens"],
  ["top-p", "topP"],
  ["sotp", "stop"],
  ["maxTokenz", "maxTokens"],
])("%s was meant to be %s", (found, meant) => {
  expect(nearestKey(found, KNOWN)).toBe(meant);
});

test.each(["", "xy", "batch", "__proto__", "t".repeat(1000)])("%s is near no key", (found) => {
  expect(nearestKey(found, KNOWN)).toBeUndefined();
});

test("the edit distance counts a swap of neighbours once", () => {
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("ab", "ba")).toBe(1);
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("same", "same")).toBe(0);
});
