import { expect, test } from "vitest";
import { countByLabel, drawBalanced, evenShares, type LabelledRow } from "./training-draw.js";

const rows: LabelledRow[] = [];
for (const [label, language, count] of [
  ["a", "en", 30],
  ["a", "ha", 4],
  ["b", "en", 12],
  ["b", "ha", 9],
] as const) {
  for (let i = 0; i < count; i++) rows.push({ text: `${label} ${language} ${i}`, label, language });
}

test("labels get equal numbers, and languages as near to it as there are texts", () => {
  const drawn = [...drawBalanced(rows, ["a", "b"], 12, 3)].map((index) => rows[index]!);
  expect(Object.fromEntries(countByLabel(drawn))).toEqual({ a: 12, b: 12 });
  const cell = (label: string, language: string) =>
    drawn.filter((row) => row.label === label && row.language === language).length;
  expect([cell("a", "en"), cell("a", "ha"), cell("b", "en"), cell("b", "ha")]).toEqual([8, 4, 6, 6]);
  expect(new Set(drawn).size).toBe(24);
});

test("the same seed draws the same, another seed another", () => {
  const draw = (seed: number) => [...drawBalanced(rows, ["a", "b"], 10, seed)];
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test("refuses to draw more than there is", () => {
  expect(() => drawBalanced(rows, ["a", "b"], 22, 1)).toThrow(/22 rows were asked of 21/);
});

test.each([
  [[10, 10, 10], 11, [4, 4, 3]],
  [[1, 10, 2], 9, [1, 6, 2]],
  [[0, 5], 5, [0, 5]],
  [[3], 0, [0]],
])("capacities %j share %i as %j", (capacities, total, expected) => {
  expect(evenShares(capacities, total)).toEqual(expected);
});
