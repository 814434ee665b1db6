import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TillerError } from "../errors.js";
import { randomGenerator } from "../random/seeded-random.js";
import { distinctAtBudget, distinctOf } from "./distinct-ngrams.js";
import { distinctN } from "./diversity.js";
import { lexicalSet, wholeTexts } from "./lexical-set.js";
import { standardDeviation } from "./standard-deviation.js";
import { mean } from "./statistics.js";

const setOf = (texts: readonly (readonly string[])[]) =>
  lexicalSet(texts.map((tokens) => ({ text: tokens.join(" "), tokens })));

/** Texts of words whose frequency falls as that of natural words does; each text has a theme of its own. */
function drawnTexts(count: number, seed: number): string[][] {
  const random = randomGenerator(seed);
  const zipf = (size: number) => Math.floor(size ** random());
  return Array.from({ length: count }, () => {
    const theme = zipf(40);
    return Array.from({ length: 6 + Math.floor(12 * random()) }, () =>
      random() < 0.3 ? `t${theme}-${zipf(8)}` : `w${zipf(400)}`,
    );
  });
}

describe("distinctAtBudget", () => {
  it("is `distinctN` on average", () => {
    const texts = drawnTexts(30, 1);
    for (const n of [1, 2, 3, 4]) {
      const found = distinctAtBudget(setOf(texts), n, { budget: 100, seed: 2, draws: 2000 });
      const expected = distinctN(texts, n, { budget: 100, seed: 3, draws: 2000 });
      expect(Math.abs(found.value! - expected.value!)).toBeLessThan(0.004);
      expect(found).toMatchObject({ size: expected.size, budgetReached: true });
    }
  });

  it.each([
    [1, 300],
    [2, 300],
    [2, undefined],
    [4, undefined],
    [3, 600],
  ])("has the standard error that new texts from the same source show (n = %i, budget %s)", (n, asked) => {
    const found = Array.from({ length: 60 }, (_, i) => {
      const set = setOf(drawnTexts(100, 100 + i));
      return distinctAtBudget(set, n, { budget: asked ?? set.words.length, seed: i, draws: 30 });
    });
    const claimed = Math.sqrt(mean(found.map(({ standardError }) => standardError! ** 2))!);
    const shown = standardDeviation(found.map(({ value }) => value!))!;
    expect(claimed / shown).toBeGreaterThan(0.6);
    expect(claimed / shown).toBeLessThan(1.6);
  });

  it("has no value, rather than 0, below the budget or without an n-gram, and no error for one text", () => {
    expect(distinctAtBudget(setOf([["a", "b"]]), 2, { budget: 3, seed: 1 })).toEqual({
      value: undefined,
      standardError: undefined,
      size: 2,
      budgetReached: false,
    });
    expect(distinctAtBudget(setOf([["a"], ["b"]]), 2, { budget: 2, seed: 1 }).value).toBeUndefined();
    expect(distinctAtBudget(setOf([]), 1, { budget: 1, seed: 1 }).value).toBeUndefined();
    expect(distinctAtBudget(setOf([["a", "a"]]), 1, { budget: 2, seed: 1 })).toMatchObject({
      value: 0.5,
      standardError: undefined,
    });
    expect(() => distinctAtBudget(setOf([["a"]]), 1, { budget: 0, seed: 1 })).toThrow(TillerError);
  });

  it("is above 0, at most 1, and the same for any order", () => {
    const sets = fc.array(fc.array(fc.constantFrom("a", "b", "ጥሩ", "好"), { maxLength: 8 }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        sets,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 20 }),
        (texts, n, budget) => {
          const found = distinctAtBudget(setOf(texts), n, { budget, seed: 9 });
          if (found.value !== undefined) {
            expect(found.value).toBeGreaterThan(0);
            expect(found.value).toBeLessThanOrEqual(1);
          }
          if (found.standardError !== undefined) expect(found.standardError).toBeGreaterThanOrEqual(0);
          expect(distinctAtBudget(setOf([...texts].reverse()), n, { budget, seed: 9 })).toEqual(found);
        },
      ),
      { seed: 4 },
    );
  });
});

it("distinctOf halves, to the last bit, when a set is duplicated", () => {
  const texts = drawnTexts(40, 7);
  const once = setOf(texts);
  const twice = setOf([...texts, ...texts]);
  for (const n of [1, 2, 3, 4]) {
    expect(distinctOf(twice, wholeTexts(twice), n)).toBe(distinctOf(once, wholeTexts(once), n)! / 2);
  }
});
