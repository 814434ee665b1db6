import { expect, test } from "vitest";
import type { Selection } from "../engine/selection.js";
import type { Steering } from "../recipe/steering-schema.js";
import { reaches, scheduleOf } from "./interventions.js";

const PROMPT = Int32Array.of(1, 10, 11, 12);

test.each<[string, Selection, boolean]>([
  ["every row", {}, true],
  ["a token of the prompt", { phase: "prompt", include: [{ tokens: [11] }] }, true],
  ["a token that the prompt lacks", { phase: "prompt", include: [{ tokens: [13] }] }, false],
  ["a token that may be written", { include: [{ tokens: [13] }] }, true],
  ["a token that is left out", { include: [{ tokens: [13] }], exclude: [{ tokens: [13] }] }, false],
  ["the last written token", { include: [{ anchor: "start", from: 8, to: 8 }] }, true],
  ["a position behind it", { include: [{ anchor: "start", from: 9 }] }, false],
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
])("whether a selection can pick a row: %s", (_, selection, expected) => {
  expect(reaches(selection, PROMPT, 5)).toBe(expected);
});

test("a decay is a straight line to nothing; a schedule is taken as it is", () => {
  const schedule = [{ token: 3, factor: 2 }];
  expect(scheduleOf({ decay: 30 } as Steering)).toEqual([
    { token: 0, factor: 1 },
    { token: 30, factor: 0 },
  ]);
  expect(scheduleOf({ schedule } as Steering)).toBe(schedule);
  expect(scheduleOf({} as Steering)).toBeUndefined();
});
