import { expect, it } from "vitest";
import { type SuccessChecks, setSuccess, textSuccess } from "./success.js";

const checks: SuccessChecks = {
  matches: (text, language) => text.startsWith(`${language}:`),
  supports: (language) => language !== "bo",
  predictLabel: (text) => (text.includes("good") ? "positive" : "negative"),
};
const ask = (text: string, label: string, language = "en", hasWords = true) =>
  textSuccess({ text, label, language }, hasWords, checks);

it("wants the label and the language", () => {
  expect(ask("en: good", "positive")).toEqual({ language: true, label: true, success: 1 });
  expect(ask("de: good", "positive")).toEqual({ language: false, label: true, success: 0 });
  expect(ask("en: bad", "positive")).toEqual({ language: true, label: false, success: 0 });
});

it("does not count a language that could not be checked against the text", () => {
  expect(ask("good", "positive", "bo")).toEqual({ language: undefined, label: true, success: 1 });
});

it("gives no label to a text without words", () => {
  expect(ask("en: 😀", "negative", "en", false)).toEqual({ language: true, label: false, success: 0 });
});

it("reports the parts apart", () => {
  const texts = [
    ask("en: good", "positive"),
    ask("de: good", "positive"),
    ask("en: bad", "positive"),
    ask("x good", "positive", "bo"),
  ];
  expect(setSuccess(texts)).toEqual({ value: 0.5, language: 2 / 3, label: 0.75 });
  expect(setSuccess([])).toEqual({ value: undefined, language: undefined, label: undefined });
  expect(setSuccess([ask("good", "positive", "bo")]).language).toBeUndefined();
});
