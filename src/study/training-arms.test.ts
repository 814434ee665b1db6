import { expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import { trainingArms } from "./training-arms.js";

const row = (text: string, label: string) => ({ text, label, language: "en" });
const human = [row("h1", "calm"), row("h2", "rude")];
const arms = [
  { name: "steered", title: "Steered", rows: [row("s1", "calm"), row("s2", "rude")] as never[] },
  { name: "zero-shot", title: "Prompted", rows: [row("z1", "calm"), row("z2", "rude")] as never[] },
];
const texts = (rows: readonly { readonly text: string }[]) => rows.map(({ text }) => text);

test("without human texts the data sets are as they were written", () => {
  const { written, references } = trainingArms(arms, undefined, { replaces: undefined });
  expect(written.map(({ name, rows }) => [name, texts(rows)])).toEqual([
    ["steered", ["s1", "s2"]],
    ["zero-shot", ["z1", "z2"]],
  ]);
  expect(references).toEqual([]);
});

test("human texts stand alone, and with as many written ones", () => {
  const { written, references } = trainingArms(arms, human, { replaces: undefined });
  expect(written).toHaveLength(2);
  expect(references.map(({ name, rows, beside = [] }) => [name, texts(rows), texts(beside)])).toEqual([
    ["human", ["h1", "h2"], []],
    ["human + steered", ["h1", "h2"], ["s1", "s2"]],
  ]);
});

test("the texts of a label replace the human ones, and the others stay", () => {
  const { written, references } = trainingArms(arms, human, { replaces: "rude" });
  expect(written.map(({ rows }) => texts(rows))).toEqual([
    ["h1", "s2"],
    ["h1", "z2"],
  ]);
  expect(references.map(({ name }) => name)).toEqual(["human"]);
});

test("a label that cannot be replaced is refused", () => {
  expect(() => trainingArms(arms, human, { replaces: "late" })).toThrow(RecipeError);
  expect(() => trainingArms(arms, [row("h", "rude")], { replaces: "rude" })).toThrow(
    /must have the label rude and at least one other; they have rude/,
  );
});
