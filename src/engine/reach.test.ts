import { expect, test } from "vitest";
import { canReach } from "./reach.js";
import type { Selection } from "./selection.js";

const PROMPT = Int32Array.of(1, 10, 11, 12);

test.each<[string, Selection, boolean]>([
  ["every row", {}, true],
  ["a token of the prompt", { phase: "prompt", include: [{ tokens: [11] }] }, true],
  ["a token that the prompt lacks", { phase: "prompt", include: [{ tokens: [13] }] }, false],
  ["a token that may be written", { include: [{ tokens: [13] }] }, true],
  ["a token that is left out", { include: [{ tokens: [13] }], exclude: [{ tokens: [13] }] }, false],
  ["the last written token but one", { include: [{ anchor: "start", from: 7, to: 7 }] }, true],
  ["the last one, which is never read", { include: [{ anchor: "start", from: 8 }] }, false],
  ["the same, from the prompt's end", { include: [{ anchor: "prompt-end", from: 4, to: 4 }] }, false],
  ["positions that count from the end", { include: [{ anchor: "end", from: -1 }] }, false],
  [
    "the prompt's positions among what is written",
    { phase: "generated", include: [{ anchor: "start", to: 3 }] },
    false,
  ],
  [
    "positions before the prompt",
    { phase: "prompt", include: [{ anchor: "prompt-end", from: -9, to: -5 }] },
    false,
  ],
  ["the prompt's last token", { phase: "prompt", include: [{ anchor: "prompt-end", from: -1 }] }, true],
])(
  "whether a selection can pick a row of four tokens with five written to them: %s",
  (_, selection, expected) => {
    expect(canReach({ where: selection }, PROMPT, PROMPT.length + 5 - 1)).toBe(expected);
  },
);

test("a row at which the schedule is 0 is not reached", () => {
  const later = (first: number) => ({
    schedule: [
      { token: first, factor: 0 },
      { token: first + 2, factor: 1 },
    ],
  });
  expect(canReach(later(2), PROMPT, 8)).toBe(true);
  expect(canReach(later(3), PROMPT, 8)).toBe(false);
  expect(canReach({}, PROMPT, 8)).toBe(true);
});
