import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { distinctAtBudget, distinctOf } from "./distinct-ngrams.js";
import { mattr } from "./diversity.js";
import { joinedNgrams } from "./joined-ngrams.js";
import { lexicalOverlap } from "./lexical-overlap.js";
import { type LexicalText, lexicalSet, wholeTexts } from "./lexical-set.js";
import { meanLoopedShare, meanMattr, meanRepetition } from "./sample-diversity.js";
import { selfBleu } from "./self-bleu.js";

interface Expected {
  readonly texts: readonly string[];
  readonly source: readonly string[];
  readonly selfBleu: number;
  readonly mattr: Readonly<Record<string, number>>;
  readonly distinct: readonly number[];
  readonly repetition: Readonly<Record<string, number>>;
  readonly looped: number;
  readonly joined: { readonly normalised: number; readonly diversity: number };
  readonly overlap: {
    readonly ngrams: readonly number[];
    readonly longestRun: number;
    readonly meanLongestRun: number;
    readonly copies: number;
  };
}

// Made by fixtures/lexical.py with NLTK and NumPy.
const fixture: Readonly<Record<string, Expected>> = JSON.parse(
  readFileSync(new URL("fixtures/lexical.json", import.meta.url), "utf8"),
);
const split = (texts: readonly string[]): LexicalText[] =>
  texts.map((text) => ({ text, tokens: text.split(" ") }));

describe.each(Object.entries(fixture))("in %s", (_, expected) => {
  const set = lexicalSet(split(expected.texts));
  const whole = wholeTexts(set);

  it("self-BLEU is NLTK's with smoothing method 1", () => {
    expect(selfBleu(set, { seed: 1 }).value).toBeCloseTo(expected.selfBleu, 12);
  });

  it("the moving-average type-token ratio, repetition and loops are those of their formulas", () => {
    for (const [window, value] of Object.entries(expected.mattr)) {
      expect(meanMattr(set, whole, Number(window))).toBeCloseTo(value, 12);
    }
    for (const [n, value] of Object.entries(expected.repetition)) {
      expect(meanRepetition(set, whole, Number(n))).toBeCloseTo(value, 12);
    }
    expect(meanLoopedShare(set, whole)).toBeCloseTo(expected.looped, 12);
    expect(mattr(expected.texts[0]!.split(" "), 3)).toBe(
      mattr(lexicalSet(split([expected.texts[0]!])).words, 3),
    );
  });

  it("distinct-n is NLTK's", () => {
    for (const [i, value] of expected.distinct.entries()) {
      expect(distinctOf(set, whole, i + 1)).toBeCloseTo(value, 12);
      expect(distinctAtBudget(set, i + 1, { budget: set.words.length, seed: 1 }).value).toBeCloseTo(
        value,
        12,
      );
    }
  });

  it("paper B's n-gram measures are those of their formulas", () => {
    const one = lexicalSet([{ text: expected.texts.join(" "), tokens: expected.texts.join(" ").split(" ") }]);
    const { normalised, diversity } = joinedNgrams(one, { seed: 1 });
    expect(normalised).toBeCloseTo(expected.joined.normalised, 12);
    expect(diversity).toBeCloseTo(expected.joined.diversity, 12);
  });

  it("overlap is that of brute force", () => {
    const found = lexicalOverlap(set, split(expected.source))!;
    for (const [i, share] of expected.overlap.ngrams.entries())
      expect(found.ngrams[i]).toBeCloseTo(share, 12);
    expect(found.longestRun).toBe(expected.overlap.longestRun);
    expect(found.meanLongestRun).toBeCloseTo(expected.overlap.meanLongestRun, 12);
    expect(found.copies).toBeCloseTo(expected.overlap.copies, 12);
  });
});
