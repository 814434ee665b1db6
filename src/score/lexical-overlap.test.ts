import { expect, it } from "vitest";
import { lexicalOverlap } from "./lexical-overlap.js";
import { lexicalSet, lexicalText } from "./lexical-set.js";

const texts = (list: readonly string[], language?: string) => list.map((text) => lexicalText(text, language));

it("is whole for copies and nothing for other words", () => {
  const set = lexicalSet(texts(["the soup was cold", "good food"]));
  expect(lexicalOverlap(set, texts(["The soup was cold, good food!"]))).toEqual({
    ngrams: [1, 1, 1, 1],
    longestRun: 4,
    meanLongestRun: 3,
    copies: 1,
    texts: 2,
    sourceTexts: 1,
  });
  expect(lexicalOverlap(set, texts(["a", "b"]))).toMatchObject({
    ngrams: [0, 0, 0, 0],
    longestRun: 0,
    copies: 0,
    sourceTexts: 2,
  });
});

it("never takes a run across two texts of the source", () => {
  const set = lexicalSet(texts(["one two three four"]));
  expect(lexicalOverlap(set, texts(["one two", "three four"]))).toMatchObject({ longestRun: 2, copies: 0 });
});

it("tells a copy by its threshold, and a short one by its whole", () => {
  const source = texts(["we came back after a long walk"]);
  const set = lexicalSet(texts(["we came back after a new song", "a long", "long a"]));
  expect(lexicalOverlap(set, source)!.copies).toBeCloseTo(2 / 3, 12);
  expect(lexicalOverlap(set, source, { threshold: 0.6 })!.copies).toBeCloseTo(1 / 3, 12);
  expect(lexicalOverlap(set, source, { n: 1, threshold: 1 })!.copies).toBeCloseTo(2 / 3, 12);
});

it("finds runs in scripts without spaces", () => {
  const set = lexicalSet(texts(["ซุปเย็นและขนมปังก็เย็น"], "th"));
  const found = lexicalOverlap(set, texts(["แต่ซุปเย็นและขนมปังก็อร่อย"], "th"))!;
  expect(found.longestRun).toBeGreaterThanOrEqual(4);
});

it("has no value without words", () => {
  expect(lexicalOverlap(lexicalSet([]), texts(["a"]))).toBeUndefined();
  expect(lexicalOverlap(lexicalSet(texts(["a"])), texts(["😀", ""]))).toBeUndefined();
});
