import fc from "fast-check";
import { expect, test } from "vitest";
import { addWordNoise, type NoiseCounts } from "./word-noise.js";

const WORDS = Array.from({ length: 20_000 }, (_, i) => `w${i}`);

function noisy(probability: number): { text: string; counts: NoiseCounts } {
  const counts = { tokens: 0, dropped: 0, swapped: 0, repeated: 0 };
  return { text: addWordNoise(WORDS.join(" "), { probability, seed: 7, counts }), counts };
}

test("each token is dropped, swapped or repeated with a third of the probability", () => {
  const { text, counts } = noisy(0.3);
  expect(counts.tokens).toBe(WORDS.length);
  // A swap takes the next token along, which is then not asked: of n tokens n / (1 + p/3) are asked. The limits are
  // some five standard deviations of a binomial count.
  const each = (WORDS.length / 1.1) * 0.1;
  for (const kind of ["dropped", "swapped", "repeated"] as const) {
    expect(Math.abs(counts[kind] - each), kind).toBeLessThan(210);
  }
  // What the counts say is what befell the text.
  const found = text.split(" ");
  expect(found).toHaveLength(WORDS.length - counts.dropped + counts.repeated);
  expect(found.filter((word, i) => word === found[i - 1])).toHaveLength(counts.repeated);
  expect(new Set(found).size).toBe(WORDS.length - counts.dropped);
});

test("paper A's probability of a hundredth touches a hundredth of the tokens; 0 and 1 none and all", () => {
  const touched = ({ dropped, swapped, repeated }: NoiseCounts) => dropped + swapped + repeated;
  expect(Math.abs(touched(noisy(0.01).counts) - 200)).toBeLessThan(70);
  expect(noisy(0).text).toBe(WORDS.join(" "));
  const { counts } = noisy(1);
  expect(touched(counts) + counts.swapped).toBeGreaterThanOrEqual(WORDS.length - 1);
});

test("a swap exchanges neighbours", () => {
  const swapped = Array.from({ length: 300 }, (_, seed) => addWordNoise("a b", { probability: 0.5, seed }));
  expect(new Set(swapped)).toEqual(
    new Set(["a b", "b a", "a", "b", "a a b", "a b b", "a a b b", "b b", "a a"]),
  );
});

test("the same seed gives the same text, another one another text", () => {
  const options = { probability: 0.3, seed: 5 };
  const text = WORDS.slice(0, 50).join(" ");
  expect(addWordNoise(text, options)).toBe(addWordNoise(text, options));
  expect(addWordNoise(text, { ...options, seed: 6 })).not.toBe(addWordNoise(text, options));
});

test.each([
  ["zh", "我们今天去图书馆看书，明天再去学校。"],
  ["th", "เมื่อวานฝนตกหนักมากที่กรุงเทพ"],
  ["ja", "昨日は雨が降ったので、家で本を読みました。"],
])("%s has no spaces: words are found, and none are put in", (language, text) => {
  const counts = { tokens: 0, dropped: 0, swapped: 0, repeated: 0 };
  expect(addWordNoise(text, { probability: 0, seed: 1, language, counts })).toBe(text);
  expect(counts.tokens).toBeGreaterThan(3);
  expect(counts.tokens).toBeLessThan([...text].length);
  const all = Array.from({ length: 20 }, (_, seed) =>
    addWordNoise(text, { probability: 0.5, seed, language }),
  );
  expect(all.filter((each) => each !== text).length).toBeGreaterThan(10);
  for (const each of all) {
    expect(each).not.toContain(" ");
    // Words stay whole, so that every character is one of the text's.
    expect([...each].every((character) => text.includes(character))).toBe(true);
  }
});

test("spaces between words of a mixed text stay where they were", () => {
  expect(addWordNoise("GPS 信号  很弱 today", { probability: 0, seed: 1 })).toBe("GPS 信号 很弱 today");
});

test("any text stays well formed, never becomes empty, and has no words that it had not", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 99 }), (text, seed) => {
      const noise = addWordNoise(text, { probability: 0.5, seed });
      expect(noise.isWellFormed()).toBe(true);
      expect(noise === "").toBe(text.trim() === "");
      const known = new Set(text.replace(/\s+/gu, ""));
      expect([...noise.replace(/\s+/gu, "")].every((unit) => known.has(unit))).toBe(true);
    }),
    { numRuns: 100, seed: 1 },
  );
});

test("a probability is between 0 and 1", () => {
  for (const probability of [-0.1, 1.1, Number.NaN]) {
    expect(() => addWordNoise("a", { probability, seed: 1 })).toThrow(RangeError);
  }
});
