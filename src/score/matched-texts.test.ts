import fc from "fast-check";
import { expect, it } from "vitest";
import { randomGenerator } from "../random/seeded-random.js";
import { distinctOf } from "./distinct-ngrams.js";
import { lexicalSet, wholeTexts } from "./lexical-set.js";
import { compareAtEqualSize, type LexicalMeasurement, matchedMeans } from "./matched-texts.js";

const setOf = (texts: readonly (readonly string[])[]) =>
  lexicalSet(texts.map((tokens) => ({ text: tokens.join(" "), tokens })));
const wordCount: LexicalMeasurement = {
  of: (_, { lengths }) => lengths.reduce((sum, length) => sum + length, 0),
};
const textCount: LexicalMeasurement = { of: (_, { texts }) => texts.length };
const distinct1: LexicalMeasurement = { of: (set, excerpts) => distinctOf(set, excerpts, 1) };

it("takes the same number of texts and words of both, text by text", () => {
  const sets = fc.array(fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 9 }), {
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(
    fc.property(sets, sets, (first, second) => {
      const lengths: number[][] = [];
      const noted: LexicalMeasurement = { of: (_, excerpts) => lengths.push([...excerpts.lengths]) };
      const found = compareAtEqualSize(
        setOf(first),
        setOf(second),
        { noted, wordCount, textCount, distinct1 },
        { seed: 1 },
      )!;
      expect(found.texts).toBe(Math.min(first.length, second.length));
      expect(found.measures.textCount).toMatchObject({ set: found.texts, human: found.texts });
      expect(found.measures.wordCount!.set).toBeCloseTo(found.words, 9);
      expect(found.measures.wordCount!.human).toBeCloseTo(found.words, 9);
      for (let draw = 0; draw < lengths.length; draw += 2) expect(lengths[draw]).toEqual(lengths[draw + 1]);
      expect(found.draws).toBe(first.length === second.length ? 1 : 5);
    }),
    { seed: 1 },
  );
});

it("cuts as little as it can", () => {
  const text = (length: number) => Array.from({ length }, (_, i) => `w${i}`);
  const found = compareAtEqualSize(
    setOf([text(9), text(2), text(5)]),
    setOf([text(2), text(6), text(8)]),
    { wordCount },
    { seed: 1 },
  )!;
  expect(found.words).toBe(2 + 5 + 8);
});

it("is 1 for a set and itself, and near 1 for a part of it, which by itself looks more diverse", () => {
  const random = randomGenerator(3);
  const texts = Array.from({ length: 60 }, () =>
    Array.from({ length: 6 }, () => `w${Math.floor(40 * random())}`),
  );
  const whole = setOf(texts);
  const part = setOf(texts.slice(0, 20));
  const same = compareAtEqualSize(whole, setOf(texts), { distinct1 }, { seed: 1 })!.measures.distinct1!;
  expect(same.relative).toEqual({ value: 1, standardError: undefined, absent: undefined });
  const { set, human, relative } = compareAtEqualSize(part, whole, { distinct1 }, { seed: 1, draws: 100 })!
    .measures.distinct1!;
  expect(relative.value).toBeCloseTo(set / human, 12);
  expect(Math.abs(relative.value! - 1)).toBeLessThan(0.1);
  expect(distinctOf(part, wholeTexts(part), 1)! / distinctOf(whole, wholeTexts(whole), 1)!).toBeGreaterThan(
    2,
  );
  const many = compareAtEqualSize(part, whole, { distinct1 }, { seed: 2, draws: 5000 })!.measures.distinct1!;
  expect(Math.abs(relative.value! - many.relative.value!)).toBeLessThan(3 * relative.standardError!);
  expect(relative.standardError! / many.relative.standardError!).toBeCloseTo(Math.sqrt(50), -1);
});

it("turns a measure of which more is less diverse, and names human texts without diversity", () => {
  expect(matchedMeans([[0.4, 0.2]], true).relative.value).toBeCloseTo(0.6 / 0.8, 12);
  expect(matchedMeans([[0.4, 1]], true).relative).toEqual(
    expect.objectContaining({ value: undefined, absent: expect.stringMatching(/no diversity/) }),
  );
});

it("has no value without texts, nor for a measure that one side lacks", () => {
  expect(compareAtEqualSize(setOf([]), setOf([["a"]]), { distinct1 }, { seed: 1 })).toBeUndefined();
  const bigrams: LexicalMeasurement = { of: (set, excerpts) => distinctOf(set, excerpts, 2) };
  const found = compareAtEqualSize(setOf([["a"]]), setOf([["a", "b"]]), { distinct1, bigrams }, { seed: 1 })!;
  expect(found.measures.bigrams).toBeUndefined();
  expect(found.measures.distinct1).toMatchObject({ set: 1, human: 1 });
});
