import fc from "fast-check";
import { expect, it } from "vitest";
import { words } from "../language/words.js";
import { shuffleWords } from "./shuffle.js";

it.each([
  ["en", "The soup was cold, and nobody came to ask."],
  ["am", "ሾርባው ቀዝቃዛ ነበር፤ ማንም አልጠየቀንም።"],
  ["th", "ซุปเย็นชืดและไม่มีใครมาถามเรา"],
  ["zh", "汤是凉的，没有人来问我们。"],
])("keeps the words of %s, their number and the punctuation, and changes their order", (language, text) => {
  const parts = (value: string): string[] =>
    [...new Intl.Segmenter(language, { granularity: "word" }).segment(value)]
      .filter((part) => !part.isWordLike)
      .map((part) => part.segment);
  for (let seed = 0; seed < 20; seed++) {
    const shuffled = shuffleWords(text, seed, language);
    expect(shuffled).not.toBe(text);
    expect([...shuffled].sort()).toEqual([...text].sort());
    expect(parts(shuffled).join("")).toBe(parts(text).join(""));
  }
  expect(shuffleWords(text, 3, language)).toBe(shuffleWords(text, 3, language));
  expect(shuffleWords(text, 3, language)).not.toBe(shuffleWords(text, 4, language));
});

it("always changes a text of two different words, and gives back what it cannot change", () => {
  for (let seed = 0; seed < 30; seed++) expect(shuffleWords("very good", seed)).toBe("good very");
  for (const text of ["", "word", "no no no", "😀 !!"]) expect(shuffleWords(text, 1)).toBe(text);
});

it("keeps the letters of any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), fc.nat(), (text, seed) => {
      const shuffled = shuffleWords(text, seed);
      expect([...shuffled].sort()).toEqual([...text.normalize("NFC")].sort());
    }),
    { seed: 8 },
  );
  const english = "the soup was cold and nobody came to ask whether we liked it";
  expect(words(shuffleWords(english, 11)).sort()).toEqual(words(english).sort());
});
