import { expect, it } from "vitest";
import { hasLetters, hasScriptOf } from "./script.js";

it("knows the script of a language, and of a tag that names one", () => {
  expect(hasScriptOf("good", "am")).toBe(false);
  expect(hasScriptOf("ok ጥሩ", "am")).toBe(true);
  expect(hasScriptOf("よい", "de")).toBe(false);
  expect(hasScriptOf("맛있다", "ko")).toBe(true);
  expect(hasScriptOf("nice", "ko")).toBe(false);
});

it("holds nothing against languages of several scripts or without a known one", () => {
  for (const language of ["sr", "hi", "uz", "zh", "xx", "no code"])
    expect(hasScriptOf("abc", language)).toBe(true);
});

it("tells letters from marks, digits and emoji", () => {
  expect(["a", "好", "ጥ", "ก"].map(hasLetters)).toEqual([true, true, true, true]);
  expect(["", "12 345", "😀❤️", "?!…", "\u0301"].map(hasLetters)).toEqual([false, false, false, false, false]);
});
