import fc from "fast-check";
import { expect, it } from "vitest";
import { lexicalSet, wholeTexts } from "./lexical-set.js";
import { selfBleu, selfBleuOf } from "./self-bleu.js";

const setOf = (texts: readonly (readonly string[])[]) =>
  lexicalSet(texts.map((tokens) => ({ text: tokens.join(" "), tokens })));

/** The definition: every text against every other, its n-grams counted anew each time. */
function naive(texts: readonly (readonly string[])[]): number {
  const filled = texts.filter((text) => text.length > 0);
  let sum = 0;
  for (const [t, text] of filled.entries()) {
    const references = filled.filter((_, other) => other !== t);
    const nearest = references
      .map((reference) => reference.length)
      .sort((a, b) => Math.abs(a - text.length) - Math.abs(b - text.length) || a - b)[0]!;
    let logarithm = 0;
    let unmatched = false;
    for (const n of [1, 2, 3, 4]) {
      let matched = 0;
      for (const [gram, count] of counted(text, n)) {
        matched += Math.min(count, Math.max(...references.map((other) => counted(other, n).get(gram) ?? 0)));
      }
      if (n === 1 && matched === 0) unmatched = true;
      logarithm += Math.log((matched || 0.1) / Math.max(1, text.length - n + 1)) / 4;
    }
    const penalty = text.length > nearest ? 1 : Math.exp(1 - nearest / text.length);
    sum += unmatched ? 0 : penalty * Math.exp(logarithm);
  }
  return sum / filled.length;
}

function counted(text: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= text.length; i++) {
    const gram = text.slice(i, i + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

it("is its definition, from 0 to 1", () => {
  const word = fc.constantFrom("a", "b", "c", "ሾርባ", "汤", "ดี");
  const sets = fc.array(fc.array(word, { maxLength: 12 }), { minLength: 2, maxLength: 9 });
  fc.assert(
    fc.property(sets, (texts) => {
      const value = selfBleu(setOf(texts), { seed: 1 }).value;
      if (texts.filter((text) => text.length > 0).length < 2) {
        expect(value).toBeUndefined();
        return;
      }
      expect(value).toBeCloseTo(naive(texts), 12);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1 + 1e-12);
    }),
    { seed: 3, numRuns: 300 },
  );
});

it("is 1 for copies of a text of four words, and 0 for texts without a common word", () => {
  const text = ["the", "soup", "was", "cold"];
  expect(selfBleu(setOf([text, text, text]), { seed: 1 }).value).toBeCloseTo(1, 12);
  expect(selfBleu(setOf([["a", "b"], ["c"], ["d", "e"]]), { seed: 1 }).value).toBe(0);
});

it("rises when a set is duplicated", () => {
  const texts = ["a b c d e f", "c d e a", "f g h a b"].map((text) => text.split(" "));
  const once = selfBleu(setOf(texts), { seed: 1 }).value!;
  expect(selfBleu(setOf([...texts, ...texts]), { seed: 1 }).value!).toBeCloseTo(1, 12);
  expect(once).toBeLessThan(0.9);
});

it("has no value for fewer than two texts with a word", () => {
  for (const texts of [[], [["a"]], [["a"], []]]) {
    expect(selfBleu(setOf(texts), { seed: 1 }).value).toBeUndefined();
  }
});

it("draws texts above a size, and its standard error holds what the draws differ by", () => {
  const texts = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: 8 }, (_, j) => `w${(i * i + 3 * j * i + j) % 23}`),
  );
  const set = setOf(texts);
  const drawn = selfBleu(set, { seed: 4, most: 20, draws: 40 });
  expect(drawn.texts).toBe(20);
  // The mean over very many draws is as good as the value that the draws estimate.
  const exact = selfBleu(set, { seed: 5, most: 20, draws: 4000 });
  expect(Math.abs(drawn.value! - exact.value!)).toBeLessThan(3 * drawn.standardError!);
  expect(drawn.standardError! / exact.standardError!).toBeGreaterThan(6);
  expect(drawn.standardError! / exact.standardError!).toBeLessThan(16);
  expect(selfBleu(set, { seed: 4, most: 60 })).toEqual({
    value: selfBleuOf(set, wholeTexts(set)),
    standardError: undefined,
    texts: 60,
  });
});
