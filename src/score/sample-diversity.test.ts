import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { words } from "../language/words.js";
import { lexicalSet, lexicalText, wholeTexts } from "./lexical-set.js";
import { repetition } from "./repetition.js";
import { loopedShare, meanLoopedShare, meanMattr, meanRepetition } from "./sample-diversity.js";

describe("loopedShare", () => {
  it.each([
    ["so good so good so good and then we left", 6 / 10],
    ["very very very good", 0],
    ["no no no no no no", 1],
    ["we came and ate and we came and ate and we left", 0],
    ["we came and ate and we came and ate and we came and ate and we left", 16 / 17],
    ["the soup was cold and nobody came", 0],
  ])("of %j is %d", (text, expected) => {
    expect(loopedShare(text.split(" "))).toBeCloseTo(expected, 12);
  });

  it("finds loops in scripts without spaces", () => {
    expect(loopedShare(words("ดีมาก".repeat(20), "th"))).toBe(1);
    expect(loopedShare(words("很好吃。".repeat(10), "zh"))).toBe(1);
  });

  it("is from 0 to 1, and undefined for no words", () => {
    expect(loopedShare([])).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 60 }), (text) => {
        const share = loopedShare(text)!;
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }),
      { seed: 1 },
    );
  });
});

it("the means are those of each text's own measure", () => {
  const texts = ["a b a b a", "c d", "a a a a a a", "", "x y z x y z w"];
  const set = lexicalSet(texts.map((text) => lexicalText(text)));
  const whole = wholeTexts(set);
  expect(meanRepetition(set, whole, 2)).toBeCloseTo(
    (repetition("a b a b a".split(" "), 2) +
      repetition("a a a a a a".split(" "), 2) +
      repetition("x y z x y z w".split(" "), 2)) /
      3,
    12,
  );
  expect(meanLoopedShare(set, whole)).toBeCloseTo(1 / 4, 12);
  // Windows of two: 4 of 4 differ, the pair differs, none of 5 does, 6 of 6 differ.
  expect(meanMattr(set, whole, 2)).toBeCloseTo((1 + 1 + 0.5 + 1) / 4, 12);
});

it("have no value for no texts", () => {
  const none = lexicalSet([]);
  expect(meanMattr(none, wholeTexts(none), 5)).toBeUndefined();
  expect(meanRepetition(none, wholeTexts(none), 3)).toBeUndefined();
  expect(meanLoopedShare(none, wholeTexts(none))).toBeUndefined();
});
