import { expect, test } from "vitest";
import { overLanguages } from "./measures-over-languages.js";
import type { MeasuredLanguage, ReportedMeasures } from "./report/run-report.js";

const NOTHING = { human: { absent: "no human texts" }, relative: { absent: "no human texts" } };

function language(texts: number, measures: ReportedMeasures): MeasuredLanguage {
  return { set: { texts, wordless: 0, words: 10 * texts }, distinctBudget: 50, measures };
}

test("values are means over languages by the weight of their texts, and so are their errors", () => {
  const { all } = overLanguages(
    new Map([
      ["en", language(30, { mattr: { ...NOTHING, set: { value: 0.8, standardError: 0.03 } } })],
      ["th", language(10, { mattr: { ...NOTHING, set: { value: 0.4, standardError: 0.04 } } })],
    ]),
  );
  expect(all.mattr!.set.value).toBeCloseTo(0.7, 12);
  expect(all.mattr!.set.standardError).toBeCloseTo(Math.hypot(30 * 0.03, 10 * 0.04) / 40, 12);
  expect(all.mattr!.human).toEqual({ absent: "no human texts" });
});

test("a language without a value is named, one without texts is not looked at", () => {
  const { all } = overLanguages(
    new Map([
      ["en", language(30, { mauve: { ...NOTHING, set: { value: 0.8 } } })],
      ["th", language(10, { mauve: { ...NOTHING, set: { absent: "too few" } } })],
      ["am", language(0, { mauve: { ...NOTHING, set: { absent: "no texts" } } })],
    ]),
  );
  expect(all.mauve!.set).toEqual({ value: 0.8, without: ["th"] });
});

test("without any value the reasons are there, each once", () => {
  const none = (reason: string) => language(5, { zstd: { ...NOTHING, set: { absent: reason } } });
  const { all } = overLanguages(
    new Map([
      ["en", none("no zstd")],
      ["th", none("no zstd")],
      ["am", none("no words")],
    ]),
  );
  expect(all.zstd!.set).toEqual({ absent: "no zstd; no words" });
});

test("the longest run is the longest of any language", () => {
  const runs = (value: number) => language(5, { "longestRun@contrast": { ...NOTHING, set: { value } } });
  const { all } = overLanguages(
    new Map([
      ["en", runs(4)],
      ["th", runs(9)],
    ]),
  );
  expect(all["longestRun@contrast"]!.set).toEqual({ value: 9 });
});
