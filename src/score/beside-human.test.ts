import { expect, test } from "vitest";
import { besideHuman, overDraws } from "./beside-human.js";
import { absent, exactly, type Measured } from "./measured.js";

const at = (value: number, standardError: number): Measured => ({ value, standardError, absent: undefined });

test("relative is the part of the human value, at most 1, with the error of a quotient", () => {
  expect(besideHuman(exactly(0.3), exactly(0.6)).relative).toEqual(exactly(0.5));
  expect(besideHuman(exactly(0.9), exactly(0.6)).relative.value).toBe(1);
  const { relative } = besideHuman(at(0.3, 0.03), at(0.6, 0.06));
  expect(relative.standardError).toBeCloseTo(0.5 * Math.hypot(0.1, 0.1), 12);
  expect(besideHuman(at(0, 0.1), exactly(0.5)).relative).toEqual(at(0, 0.2));
});

test("an absence stays one, with its reason", () => {
  expect(besideHuman(absent("no texts"), exactly(1)).relative).toEqual(absent("no texts"));
  expect(besideHuman(exactly(1), absent("no human texts")).relative).toEqual(absent("no human texts"));
  expect(besideHuman(exactly(1), exactly(0)).relative.absent).toMatch(/human texts have 0/);
});

test("draws give their mean and its standard error", () => {
  const found = overDraws([exactly(1), exactly(2), exactly(6)]);
  expect(found.value).toBe(3);
  expect(found.standardError).toBeCloseTo(Math.sqrt(7 / 3), 12);
  expect(overDraws([exactly(4)])).toEqual(exactly(4));
  expect(overDraws([exactly(4), absent("gone")])).toEqual(absent("gone"));
});
