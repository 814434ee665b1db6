import { expect, test } from "vitest";
import {
  fitNgramCounts,
  fitNgramFeatures,
  ngramRanges,
  transformCounts,
  transformTexts,
} from "./features.js";
import { countNgrams } from "./ngram-counts.js";
import { denseFromSparse } from "./sparse-matrix.js";

const words = { wordNgrams: { minimum: 1, maximum: 1 }, characterNgrams: false } as const;

test("rare n-grams are left out, and the cap keeps the most widespread, ties in order", () => {
  const texts = ["b a c", "b a d", "b e e e e"];
  const terms = (options: object) => fitNgramFeatures(texts, { ...words, ...options }).vocabularies[0]!.terms;
  expect(terms({})).toEqual(["a", "b", "c", "d", "e"]);
  expect(terms({ minDocumentFrequency: 2 })).toEqual(["a", "b"]);
  // "e" is the most frequent word, but only one text has it, as "c" and "d".
  expect(terms({ maxFeatures: 3 })).toEqual(["a", "b", "c"]);
});

test("each kind's block has length one, and a text without known n-grams is zero", () => {
  const features = fitNgramFeatures(["red fish", "blue fish"]);
  const wordColumns = features.vocabularies[0]!.terms.length;
  const [known, unknown] = denseFromSparse(transformTexts(features, ["a red red fish", "ጥሩ"]));
  expect(Math.hypot(...known!.subarray(0, wordColumns))).toBeCloseTo(1, 12);
  expect(Math.hypot(...known!.subarray(wordColumns))).toBeCloseTo(1, 12);
  expect(Math.hypot(...unknown!.subarray(0, wordColumns))).toBe(0);
  // A space at both ends is all that the two texts share.
  expect(unknown!.filter((value) => value !== 0)).toEqual(Float64Array.of(1));
});

test("fitting on some rows of shared counts is fitting on those texts", () => {
  const texts = ["zebra zoo", "green apple", "green pear tree", "apple tree", "ቀይ ፖም"];
  const counts = countNgrams(texts, ngramRanges());
  const rows = [3, 1, 4];
  const shared = fitNgramCounts(counts, rows);
  const alone = fitNgramFeatures(rows.map((row) => texts[row]!));
  expect(shared).toEqual(alone);
  expect(transformCounts(shared, counts, [0, 2])).toEqual(transformTexts(alone, [texts[0]!, texts[2]!]));
});

test("the order of the texts does not change the vocabulary", () => {
  const texts = ["one two", "three two", "four one one"];
  expect(fitNgramFeatures([...texts].reverse())).toEqual(fitNgramFeatures(texts));
});

test.each([
  [{ wordNgrams: false, characterNgrams: false }, /both are switched off/],
  [{ wordNgrams: { minimum: 0, maximum: 2 } }, /wordNgrams .* it is 0 to 2/],
  [{ characterNgrams: { minimum: 3, maximum: 2 } }, /characterNgrams .* it is 3 to 2/],
  [{ maxFeatures: 0 }, /maxFeatures must be 1 or more; it is 0/],
  [{ minDocumentFrequency: Number.NaN }, /minDocumentFrequency/],
] as const)("refuses %j", (options, message) => {
  expect(() => fitNgramFeatures(["a"], options)).toThrow(message);
});

test("refuses to fit on nothing", () => {
  expect(() => fitNgramFeatures([])).toThrow(/no texts/);
});
