import fc from "fast-check";
import { expect, test } from "vitest";
import { NEGATIVE_DEFAULTS, NegativePool, negativePromptOf, type PoolText } from "./negative-pool.js";

const review = (text: string, label = "positive", language = "en"): PoolText => ({ text, label, language });

function poolOf(texts: readonly PoolText[], options: Partial<typeof NEGATIVE_DEFAULTS> = {}): NegativePool {
  const pool = new NegativePool({ ...NEGATIVE_DEFAULTS, ...options });
  for (const text of texts) pool.add(text);
  return pool;
}

const SAMPLE = { label: "positive", language: "en" };
const HUNDRED = Array.from({ length: 100 }, (_, i) => review(`text number ${i}`));

test("a sample's draw depends on the pool and its seed alone, and takes no text twice", () => {
  fc.assert(
    fc.property(fc.nat(0xfffffffe), fc.integer({ min: 1, max: 20 }), (seed, count) => {
      const drawn = poolOf(HUNDRED, { count }).draw(SAMPLE, seed);
      expect(drawn).toHaveLength(count);
      expect(new Set(drawn).size).toBe(count);
      expect(poolOf(HUNDRED, { count }).draw(SAMPLE, seed)).toEqual(drawn);
    }),
  );
  const draws = Array.from({ length: 20 }, (_, seed) => poolOf(HUNDRED).draw(SAMPLE, seed).join());
  expect(new Set(draws).size).toBe(20);
});

test("texts are of the sample's language, and of its label unless all are asked for", () => {
  const texts = [review("good"), review("bad", "negative"), review("gut", "positive", "de")];
  expect(poolOf(texts).draw(SAMPLE, 1)).toEqual(["good"]);
  expect(poolOf(texts, { scope: "all" }).draw(SAMPLE, 1).sort()).toEqual(["bad", "good"]);
  expect(poolOf(texts).draw({ label: "positive", language: "mt" }, 1)).toEqual([]);
  expect(poolOf([]).draw(SAMPLE, 1)).toEqual([]);
});

test("the texts together stay within the cap, and one that is too long is never drawn", () => {
  const texts = [...HUNDRED, review("x".repeat(101))];
  for (let seed = 0; seed < 50; seed++) {
    const drawn = poolOf(texts, { count: 30, maxCharacters: 100 }).draw(SAMPLE, seed);
    expect(drawn.length).toBeGreaterThan(3);
    expect(negativePromptOf(drawn).length).toBeLessThanOrEqual(100);
  }
});

test("a repeated and an empty text enter once and never", () => {
  const pool = poolOf([review("same"), review(" same "), review("  "), review("other\nline")], { count: 9 });
  expect(pool.draw(SAMPLE, 3).sort()).toEqual(["other line", "same"]);
});

test("similar: one text with those nearest to it, in any script", () => {
  const trains = ["the train was late", "the train was very late", "a late train again"];
  const soups = ["der suppe fehlt salz", "die suppe ist ohne salz", "ohne salz ist die suppe nichts"];
  const thai = ["อาหารอร่อยมาก", "อาหารอร่อยมากจริง ๆ", "อาหารไม่อร่อยเลย"];
  const groups = [trains, soups, thai];
  const pool = poolOf(
    groups.flat().map((text) => review(text)),
    { count: 3, choose: "similar" },
  );
  const seen = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    const drawn = pool.draw(SAMPLE, seed);
    const group = groups.find((texts) => texts.includes(drawn[0]!))!;
    expect([...drawn].sort()).toEqual([...group].sort());
    seen.add(drawn[0]!);
  }
  expect(seen.size).toBeGreaterThan(5);
});
