import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TillerError } from "../errors.js";
import { canCompress, compressionRatio, distinctN, joinedBytes, mattr } from "./diversity.js";

const EN = [
  "the soup was cold and the bread was cold",
  "the waiter was kind but the soup was cold",
  "a long wait and no bread at all",
];
const AM = ["ሾርባው ቀዝቃዛ ነበር ዳቦውም ቀዝቃዛ ነበር", "አስተናጋጁ ደግ ነበር ግን ሾርባው ቀዝቃዛ ነበር", "ረጅም ጊዜ ጠበቅን ዳቦ ግን አልነበረም"];
const ZH = ["汤 是 凉 的 面包 也 是 凉 的", "服务员 很 好 但是 汤 是 凉 的", "等 了 很 久 也 没有 面包"];
const split = (texts: readonly string[]): string[][] => texts.map((text) => text.split(" "));

/*
 * EN, AM and ZH are the lists above; the values in the tests of three scripts come from:
 *
 * from itertools import permutations; from nltk.util import ngrams; import numpy as np, gzip, random
 * def distinct(texts, n):
 *     g = [x for t in texts for x in ngrams(t, n)]; return len(set(g)) / len(g)
 * def cut(texts, budget):
 *     out = []
 *     for t in texts: out.append(t[:budget]); budget -= len(t[:budget])
 *     return out
 * def mattr(t, w):
 *     return len(set(t)) / len(t) if len(t) <= w else np.mean([len(set(t[i:i+w])) / w for i in range(len(t)-w+1)])
 * for texts in (EN, AM, ZH):
 *     T = [t.split() for t in texts]; J = sum(T, [])
 *     print([distinct(T, n) for n in (1, 2, 3, 4)])
 *     print([np.mean([distinct(cut(p, 12), n) for p in permutations(T)]) for n in (1, 2, 3)])
 *     print([mattr(J, w) for w in (1, 5, 10, len(J), 99)])
 *     r = []
 *     for _ in range(2000):
 *         t = texts * 8; random.shuffle(t); r.append(len(gzip.compress("\n".join(t).encode()[:600], 9)) / 600)
 *     print(np.mean(r))
 */
const EXPECTED = [
  {
    name: "English",
    texts: EN,
    size: 26,
    full: [0.576923076923, 0.826086956522, 0.9, 0.941176470588],
    at12: [0.791666666667, 0.933333333333, 0.979166666667],
    mattr: [1, 0.981818181818, 0.817647058824, 0.576923076923, 0.576923076923],
    compression: 0.1856,
  },
  {
    name: "Amharic",
    texts: AM,
    size: 19,
    full: [0.631578947368, 0.8125, 0.923076923077, 1],
    at12: [0.763888888889, 0.9, 0.979166666667],
    mattr: [1, 0.906666666667, 0.78, 0.631578947368, 0.631578947368],
    compression: 0.2407,
  },
  {
    name: "Chinese",
    texts: ZH,
    size: 24,
    full: [0.583333333333, 0.761904761905, 0.833333333333, 0.933333333333],
    at12: [0.819444444444, 0.883333333333, 0.916666666667],
    mattr: [1, 1, 0.893333333333, 0.583333333333, 0.583333333333],
    compression: 0.1998,
  },
];

describe.each(EXPECTED)("in $name", ({ texts, size, full, at12, mattr: expectedMattr, compression }) => {
  const tokenized = split(texts);

  it("distinct-n of a whole set is NLTK's", () => {
    for (const [i, value] of full.entries()) {
      const found = distinctN(tokenized, i + 1, { budget: size, seed: 1 });
      expect(found.value).toBeCloseTo(value, 11);
      expect(found).toMatchObject({ size, budgetReached: true });
    }
  });

  it("distinct-n at a budget comes near its expectation over every order", () => {
    for (const [i, value] of at12.entries()) {
      const found = distinctN(tokenized, i + 1, { budget: 12, seed: 5, draws: 4000 });
      expect(Math.abs(found.value! - value)).toBeLessThan(0.004);
    }
  });

  it("MATTR is NumPy's", () => {
    const joined = tokenized.flat();
    for (const [i, window] of [1, 5, 10, joined.length, 99].entries()) {
      expect(mattr(joined, window)).toBeCloseTo(expectedMattr[i]!, 11);
    }
  });

  it("compression comes near Python's gzip over random orders", () => {
    const repeated = Array.from({ length: 8 }, () => texts).flat();
    const found = compressionRatio(repeated, { budget: 600, seed: 3, draws: 300 });
    expect(Math.abs(found.value! / compression - 1)).toBeLessThan(0.03);
  });
});

describe("distinctN", () => {
  it("has no value, rather than 0, below the budget", () => {
    expect(distinctN(split(EN), 2, { budget: 27, seed: 1 })).toEqual({
      value: undefined,
      size: 26,
      budgetReached: false,
    });
    expect(distinctN([], 1, { budget: 1, seed: 1 }).value).toBeUndefined();
    expect(distinctN([["a"], ["b"]], 2, { budget: 2, seed: 1 })).toEqual({
      value: undefined,
      size: 2,
      budgetReached: true,
    });
  });

  it("never joins the end of a text to the next", () => {
    expect(
      distinctN(
        [
          ["a", "b"],
          ["a", "b"],
        ],
        2,
        { budget: 4, seed: 1 },
      ).value,
    ).toBe(0.5);
    expect(distinctN([["a", "b", "a", "b"]], 2, { budget: 4, seed: 1 }).value).toBeCloseTo(2 / 3, 12);
  });

  it("refuses a budget below 1", () => {
    for (const budget of [0, -1, 1.5, Number.NaN]) {
      expect(() => distinctN(split(EN), 1, { budget, seed: 1 })).toThrow(TillerError);
    }
    expect(() => mattr(["a"], 0)).toThrow(TillerError);
  });

  it("is at most 1, and the same for any order of the texts", () => {
    const token = fc.oneof(
      fc.constantFrom("a", "b", "ጥሩ", "好"),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }),
    );
    const sets = fc.array(fc.array(token, { maxLength: 8 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sets, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 20 }), (set, n, budget) => {
        const found = distinctN(set, n, { budget, seed: 9 });
        if (found.value !== undefined) {
          expect(found.value).toBeGreaterThan(0);
          expect(found.value).toBeLessThanOrEqual(1);
        }
        expect(distinctN([...set].reverse(), n, { budget, seed: 9 })).toEqual(found);
      }),
      { seed: 4 },
    );
  });

  it("does not rise when a set is duplicated", () => {
    // Texts of one length, and a budget of the whole set: then nothing is left to chance, and the bound is exact.
    const sets = fc
      .tuple(fc.integer({ min: 4, max: 7 }), fc.integer({ min: 1, max: 8 }))
      .chain(([length, count]) =>
        fc.array(
          fc.array(fc.constantFrom("a", "b", "c", "ጥሩ", "好"), { minLength: length, maxLength: length }),
          {
            minLength: count,
            maxLength: count,
          },
        ),
      );
    fc.assert(
      fc.property(sets, fc.integer({ min: 1, max: 4 }), (set, n) => {
        const budget = set.flat().length;
        const once = distinctN(set, n, { budget, seed: 2 }).value!;
        const twice = distinctN([...set, ...set], n, { budget, seed: 2 }).value!;
        expect(twice).toBeLessThanOrEqual(once + 1e-12);
      }),
      { seed: 5 },
    );
  });

  it("falls for a duplicated set on average, at a budget of half of it", () => {
    const once = distinctN(split(EN), 2, { budget: 13, seed: 1, draws: 3000 }).value!;
    const copies = [...EN, ...EN, ...EN];
    const thrice = distinctN(split(copies), 2, { budget: 13, seed: 1, draws: 3000 }).value!;
    expect(thrice).toBeLessThan(once - 0.05);
  });
});

describe("mattr", () => {
  it("does not fall with length, as the plain ratio does", () => {
    const tokens = EN.join(" ").split(" ");
    const long = Array.from({ length: 20 }, () => tokens).flat();
    expect(Math.abs(mattr(long, 10)! - mattr(tokens, 10)!)).toBeLessThan(0.06);
    expect(new Set(long).size / long.length).toBeLessThan(0.05);
  });

  it("lies between 1/window and 1, and is undefined for no words", () => {
    expect(mattr([], 5)).toBeUndefined();
    expect(mattr(new Array<string>(100).fill("a"), 5)).toBeCloseTo(0.2, 12);
    const tokens = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(tokens, fc.integer({ min: 1, max: 30 }), (text, window) => {
        const size = Math.min(window, text.length);
        let sum = 0;
        for (let i = 0; i + size <= text.length; i++) sum += new Set(text.slice(i, i + size)).size / size;
        expect(mattr(text, window)).toBeCloseTo(sum / (text.length - size + 1), 12);
      }),
      { seed: 6 },
    );
  });
});

describe("compressionRatio", () => {
  it("is lower for copies than for different texts", () => {
    const different = Array.from({ length: 40 }, (_, i) => `${(i * 7919 + 13) ** 3} ${(i * 104729) ** 2}`);
    const copies = new Array<string>(400).fill(different[7]!);
    const options = { budget: 600, seed: 1 };
    expect(compressionRatio(copies, options).value!).toBeLessThan(
      compressionRatio(different, options).value! / 3,
    );
  });

  it("does not rise when a set is duplicated, and counts what it joins", () => {
    const options = { budget: joinedBytes(AM), seed: 1 };
    expect(compressionRatio([...AM, ...AM], { ...options, draws: 100 }).value!).toBeLessThanOrEqual(
      compressionRatio(AM, options).value!,
    );
    expect(joinedBytes(["ab", "", "ጥ"])).toBe(6);
    expect(joinedBytes([])).toBe(0);
  });

  it("compresses with zstd where Node has it, and says so where it has not", () => {
    const options = { budget: joinedBytes(EN), seed: 1, format: "zstd" } as const;
    expect(canCompress("gzip")).toBe(true);
    if (!canCompress("zstd")) {
      expect(() => compressionRatio(EN, options)).toThrow(/no zstd/);
      return;
    }
    const copies = compressionRatio([...EN, ...EN, ...EN], { ...options, budget: 3 * options.budget });
    expect(copies.value!).toBeLessThan(compressionRatio(EN, options).value!);
  });

  it("has no value below the budget", () => {
    expect(compressionRatio(["abc"], { budget: 4, seed: 1 })).toEqual({
      value: undefined,
      size: 3,
      budgetReached: false,
    });
  });

  it("is positive and the same for any order, for any text", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 40 }), { maxLength: 10 }), (texts) => {
        const found = compressionRatio(texts, { budget: 50, seed: 1, draws: 2 });
        if (found.value !== undefined) expect(found.value).toBeGreaterThan(0);
        expect(compressionRatio([...texts].reverse(), { budget: 50, seed: 1, draws: 2 })).toEqual(found);
      }),
      { seed: 7 },
    );
  });
});
