import { expect, it } from "vitest";
import { joinedCharacters, joinedNgrams } from "./joined-ngrams.js";
import { lexicalSet, lexicalText } from "./lexical-set.js";

const setOf = (texts: readonly string[], language?: string) =>
  lexicalSet(texts.map((text) => lexicalText(text, language)));

it("takes n-grams across texts", () => {
  // One text or the other first: "a b a b" has two bigrams of three, and so has the only other order.
  expect(joinedNgrams(setOf(["a b", "a b"]), { seed: 1 }).repetition[0]).toBeCloseTo(1 / 3, 12);
});

it("ends after so many code points, as Python's slice does, in the middle of a text or of a word", () => {
  const set = setOf(["😀 the soup was cold"], "en");
  expect(joinedCharacters(set)).toBe(19);
  for (const [characters, expected] of [
    [19, "the soup was cold"],
    [100, "the soup was cold"],
    [16, "the soup was c"],
    [10, "the soup"],
    [1, ""],
  ] as const) {
    const found = joinedNgrams(set, { seed: 1, characters, language: "en" });
    expect(found.characters).toBe(Math.min(19, characters));
    const { normalised, diversity } = joinedNgrams(setOf([expected], "en"), { seed: 1 });
    expect(found).toMatchObject({ normalised, diversity });
  }
});

it("counts the spaces between texts", () => {
  // "one two one two on": four bigrams, of which one repeats.
  const cut = joinedNgrams(setOf(["one two one two", "one two one two"]), { seed: 1, characters: 18 });
  expect(cut.repetition[0]).toBeCloseTo(1 / 4, 12);
  const set = setOf(["سوپ سرد بود", "汤是凉的", ""], "fa");
  expect(joinedCharacters(set)).toBe(11 + 4 + 2);
  expect(joinedNgrams(set, { seed: 1 }).characters).toBe(17);
  expect(joinedNgrams(set, { seed: 1, characters: 12 }).characters).toBe(12);
  expect(joinedCharacters(setOf([]))).toBe(0);
});

it("falls when a set is duplicated, and has no value for too few words", () => {
  const texts = ["the soup was cold", "the waiter was kind", "we waited for an hour"];
  const once = joinedNgrams(setOf(texts), { seed: 1 });
  const twice = joinedNgrams(setOf([...texts, ...texts]), { seed: 1 });
  expect(twice.normalised!).toBeLessThan(once.normalised!);
  expect(twice.diversity!).toBeLessThan(once.diversity!);
  expect(joinedNgrams(setOf(["one two three"]), { seed: 1 })).toMatchObject({
    normalised: 1,
    diversity: undefined,
  });
  expect(joinedNgrams(setOf([]), { seed: 1 })).toMatchObject({ normalised: undefined, diversity: undefined });
});
