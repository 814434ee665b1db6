import { expect, test } from "vitest";
import { characterNgrams, normalizeForNgrams, wordNgrams } from "./ngrams.js";

test("white space, case and Unicode form do not matter", () => {
  expect(normalizeForNgrams("  E\u0301te\u0301\n\t NOIR ")).toBe("\u00e9t\u00e9 noir");
});

test("word n-grams leave punctuation out", () => {
  expect(wordNgrams("good soup, good bread!", { minimum: 1, maximum: 2 })).toEqual([
    "good",
    "soup",
    "good",
    "bread",
    "good soup",
    "soup good",
    "good bread",
  ]);
});

test("words are found where no space parts them", () => {
  // "The food is very tasty": food, tasty, very.
  expect(wordNgrams("อาหารอร่อยมาก", { minimum: 1, maximum: 1 })).toEqual(["อาหาร", "อร่อย", "มาก"]);
});

test("character n-grams stay within tokens padded with spaces, short tokens counting once", () => {
  // list(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)).build_analyzer()("ab c"))
  expect(characterNgrams("ab c", { minimum: 2, maximum: 4 })).toEqual([
    " a",
    "ab",
    "b ",
    " ab",
    "ab ",
    " ab ",
    " c",
    "c ",
    " c ",
  ]);
});

test("a character outside the basic plane is not torn", () => {
  expect(characterNgrams("a😀", { minimum: 1, maximum: 2 })).toEqual([
    " ",
    "a",
    "😀",
    " ",
    " a",
    "a😀",
    "😀 ",
  ]);
});

test("no text has no n-grams", () => {
  expect(characterNgrams("", { minimum: 1, maximum: 4 })).toEqual([]);
  expect(wordNgrams("", { minimum: 1, maximum: 2 })).toEqual([]);
});
