import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { characterNgrams, jaccard, ngramHashes } from "./character-ngrams.js";
import { foldText } from "./fold-text.js";
import { bandsFor, minHash } from "./min-hash.js";
import { createNearDuplicateIndex } from "./near-duplicate-index.js";
import { nearDuplicateGroups, nearDuplicatePairs } from "./near-duplicates.js";
import { madeUpTexts, pairsByBruteForce, withPlanted } from "./test-planted-texts.js";

interface Fixture {
  ngrams: Record<string, string[]>;
  pairs: { first: string; second: string; similarity: number }[];
  signatures: Record<string, number[]>;
}
const fixture: Fixture = JSON.parse(
  readFileSync(new URL("fixtures/near-duplicates.json", import.meta.url), "utf8"),
);
const ngramsOf = (text: string) => characterNgrams(foldText(text));

describe("against Python", () => {
  it.each(Object.entries(fixture.ngrams))("has the n-grams of %j", (text, ngrams) => {
    expect(new Set(ngramsOf(text))).toEqual(new Set(ngrams));
    expect(ngramHashes(foldText(text))).toHaveLength(ngrams.length);
  });

  it.each(fixture.pairs)("has the similarity of $first and $second", ({ first, second, similarity }) => {
    expect(jaccard(ngramsOf(first), ngramsOf(second))).toBe(similarity);
    const threshold = Math.max(similarity, 0.1);
    const pairs = similarity >= threshold ? [{ first: 0, second: 1, similarity }] : [];
    expect(nearDuplicatePairs([first, second], { threshold })).toEqual(pairs);
  });

  it.each(Object.entries(fixture.signatures))("has the signature of %j", (text, signature) => {
    expect(Array.from(minHash(signature.length)(ngramHashes(foldText(text))))).toEqual(signature);
  });
});

test("signatures estimate the similarity without bias", () => {
  const length = 256;
  const signatureOf = minHash(length);
  const texts = withPlanted(madeUpTexts(200, 1), 200, 2);
  let squares = 0;
  let sum = 0;
  const pairs = pairsByBruteForce(texts, 0.2).filter(({ similarity }) => similarity < 1);
  expect(pairs.length).toBeGreaterThan(100);
  for (const { first, second, similarity } of pairs) {
    const [a, b] = [first, second].map((text) => signatureOf(ngramHashes(foldText(texts[text]!)))) as [
      Int32Array,
      Int32Array,
    ];
    const estimate = a.filter((value, k) => value === b[k]).length / length;
    const error = (estimate - similarity) / Math.sqrt((similarity * (1 - similarity)) / length);
    sum += error;
    squares += error * error;
  }
  // Standard normal, if the functions are as good as random ones.
  expect(Math.abs(sum / pairs.length)).toBeLessThan(0.3);
  expect(squares / pairs.length).toBeGreaterThan(0.7);
  expect(squares / pairs.length).toBeLessThan(1.3);
});

describe("bandsFor", () => {
  it.each([0.05, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.99, 1])("finds a pair of similarity %d", (similarity) => {
    const { bands, rows } = bandsFor(similarity);
    expect(1 - (1 - similarity ** rows) ** bands).toBeGreaterThanOrEqual(0.99);
    expect(bands * rows).toBeLessThanOrEqual(256);
  });

  it("is 26 bands of 8 rows for 0.8", () => {
    // ln 0.01 / ln(1 − 0.8⁸) = 25.1; nine rows would need 32 bands, which is above 256 numbers.
    expect(bandsFor(0.8)).toEqual({ bands: 26, rows: 8 });
  });

  it.each([0, -1, 1.1, Number.NaN])("refuses %d", (threshold) => {
    expect(() => nearDuplicatePairs([], { threshold })).toThrow(RangeError);
  });
});

describe("nearDuplicatePairs", () => {
  const texts = withPlanted(madeUpTexts(400, 3), 400, 4);
  const alike = pairsByBruteForce(texts, 0.5);

  it.each([0.5, 0.8, 0.95])("finds at %d what brute force finds", (threshold) => {
    const expected = alike.filter(({ similarity }) => similarity >= threshold);
    const found = nearDuplicatePairs(texts, { threshold });
    const key = ({ first, second, similarity }: (typeof found)[number]) => `${first} ${second} ${similarity}`;
    const known = new Set(expected.map(key));
    expect(found.filter((pair) => !known.has(key(pair)))).toEqual([]);
    expect(expected.length).toBeGreaterThan(40);
    expect(found.length).toBeGreaterThanOrEqual(0.99 * expected.length);
  });

  it("finds equal texts, however short, and whatever their letter case, form and spaces", () => {
    const texts = ["a", "", "é b", "A ", "\n", "E\u0301\tB", "ab"];
    expect(nearDuplicatePairs(texts)).toEqual([
      { first: 0, second: 3, similarity: 1 },
      { first: 1, second: 4, similarity: 1 },
      { first: 2, second: 5, similarity: 1 },
    ]);
  });
});

describe("nearDuplicateGroups", () => {
  it("are the connected components of the pairs", () => {
    const texts = withPlanted(madeUpTexts(100, 5), 300, 6);
    const groups = nearDuplicateGroups(texts, { threshold: 0.6 });
    const expected = Array.from(texts, (_, i) => i);
    const pairs = nearDuplicatePairs(texts, { threshold: 0.6 });
    for (let changed = true; changed; ) {
      changed = false;
      for (const { first, second } of pairs) {
        const least = Math.min(expected[first]!, expected[second]!);
        changed ||= expected[first] !== least || expected[second] !== least;
        expected[first] = expected[second] = least;
      }
    }
    expect(Array.from(groups)).toEqual(expected);
    expect(new Set(expected).size).toBeLessThan(texts.length - 100);
  });
});

describe("createNearDuplicateIndex", () => {
  it("finds the most similar text, of equals the first, and nothing below the threshold", () => {
    const index = createNearDuplicateIndex({ threshold: 0.5 });
    expect(index.find("The hotel was clean and quiet.")).toBeUndefined();
    for (const text of [
      "The hotel was clean and loud.",
      "The hotel was clean, and quiet.",
      "The bus was late.",
    ]) {
      index.add(text);
    }
    index.add("the hotel was clean, and  quiet.");
    const found = index.find("The hotel was clean and quiet.");
    expect(found?.index).toBe(1);
    expect(found?.similarity).toBe(
      jaccard(ngramsOf("The hotel was clean and quiet."), ngramsOf("The hotel was clean, and quiet.")),
    );
    expect(index.find("The train was late.")).toBeUndefined();
    expect(index.size).toBe(4);
  });

  it("finds the same as the pairs, while it grows", () => {
    const texts = withPlanted(madeUpTexts(150, 7), 150, 8);
    const pairs = nearDuplicatePairs(texts);
    const index = createNearDuplicateIndex();
    for (const [second, text] of texts.entries()) {
      const best = pairs
        .filter((pair) => pair.second === second)
        .sort((a, b) => b.similarity - a.similarity || a.first - b.first)[0];
      expect(index.find(text)).toEqual(best && { index: best.first, similarity: best.similarity });
      index.add(text);
    }
  });

  it("takes any string, and finds it again", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }),
        fc.string({ unit: "binary" }),
        (texts, text) => {
          const index = createNearDuplicateIndex();
          for (const each of [text, ...texts]) index.add(each);
          expect(index.find(text)).toEqual({ index: 0, similarity: 1 });
        },
      ),
      { numRuns: 10 },
    );
  });
});
