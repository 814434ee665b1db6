import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeTexts } from "../encode/encode-texts.js";
import { ngramEncoder } from "../encode/ngram-encoder.js";
import { adversarialAuroc, adversarialAurocOfTexts } from "./adversarial-auroc.js";
import {
  anyTwoSets,
  embeddingFixture,
  matrixOf,
  numbers,
  reordered,
  repeated,
  type Script,
  sentences,
} from "./test-embeddings.js";
import { unitRows } from "./unit-rows.js";

const fixture = embeddingFixture();

function expectFolds(found: readonly number[], expected: readonly number[], digits: number): void {
  expect(found.length).toBe(5);
  expected.forEach((value, fold) => {
    expect(found[fold]).toBeCloseTo(value, digits);
  });
}

test.each(Object.entries(fixture.matrices))(
  "scikit-learn, fold by fold, %s",
  (_, { shapes, adversarial }) => {
    const [human, set] = shapes.map((shape) => unitRows(numbers(...shape)));
    const { value, spread, folds } = adversarialAuroc(human!, set!, { seed: 3 });
    expectFolds(folds, adversarial, 12);
    expect(value).toBeCloseTo(adversarial.reduce((sum, fold) => sum + fold, 0) / 5, 12);
    const squares = adversarial.reduce((sum, fold) => sum + (fold - value!) ** 2, 0);
    expect(spread).toBeCloseTo(Math.sqrt(squares / 4), 12);
  },
);

test.each(Object.entries(fixture.scripts))("scikit-learn, fold by fold, %s", async (script, expected) => {
  const [human, written] = [
    sentences(script as Script, 60, 1, 18, 7),
    sentences(script as Script, 50, 2, 10, 5),
  ];
  const encoder = ngramEncoder();
  const rows = await Promise.all(
    [human, written].map(async (texts) => unitRows(await encodeTexts(encoder, texts))),
  );
  expectFolds(adversarialAuroc(rows[0]!, rows[1]!, { seed: 3 }).folds, expected.adversarial, 12);
  const { folds } = adversarialAurocOfTexts(human, written, {
    seed: 3,
    features: { wordNgrams: false, characterNgrams: { minimum: 1, maximum: 3 } },
  });
  expectFolds(folds, expected.adversarialTexts, 2);
});

describe("adversarialAuroc", () => {
  const human = numbers(40, 8, 1, 0, 0);

  test("is 0.5 for two sets of the same texts, however often each is there", () => {
    const { value, spread } = adversarialAuroc(unitRows(human), unitRows(human), { seed: 1 });
    expect(value).toBe(0.5);
    expect(spread).toBe(0);
    const texts = sentences("Latin", 30, 1, 18, 6);
    expect(adversarialAurocOfTexts(texts, texts, { seed: 1 }).value).toBe(0.5);
  });

  test("is near 0.5 for two sets of one kind, and 1 for sets that lie apart", () => {
    const other = unitRows(numbers(40, 8, 2, 0, 0));
    expect(Math.abs(adversarialAuroc(unitRows(human), other, { seed: 1 }).value! - 0.5)).toBeLessThan(0.2);
    const apart = unitRows(numbers(40, 8, 2, 0, 3));
    expect(adversarialAuroc(unitRows(human), apart, { seed: 1 }).value).toBeGreaterThan(0.98);
    expect(
      adversarialAurocOfTexts(sentences("Latin", 30, 1, 18, 6), sentences("Ethiopic", 30, 1, 18, 6), {
        seed: 1,
      }).value,
    ).toBe(1);
  });

  test("has the same bits in whatever order the texts come", () => {
    const order = [...new Array(40).keys()].reverse();
    const set = unitRows(numbers(25, 8, 5, 0, 0.2));
    expect(adversarialAuroc(unitRows(reordered(human, order)), set, { seed: 4 })).toEqual(
      adversarialAuroc(unitRows(human), set, { seed: 4 }),
    );
    const [a, b] = [sentences("Devanagari", 20, 1, 18, 6), sentences("Devanagari", 25, 2, 9, 6)];
    expect(adversarialAurocOfTexts([...a].reverse(), b, { seed: 4 })).toEqual(
      adversarialAurocOfTexts(a, b, { seed: 4 }),
    );
  });

  test("says what is missing: too few texts, or nothing but copies", () => {
    const copies = unitRows(repeated(matrixOf([1, 2]), 50));
    const some = unitRows(numbers(40, 2, 1, 0, 0));
    expect(adversarialAuroc(some, copies, { seed: 1 })).toEqual({
      value: undefined,
      spread: undefined,
      folds: [],
      absent: "fewer than 5 different written texts",
    });
    expect(adversarialAuroc(unitRows(matrixOf()), some, { seed: 1 }).absent).toMatch(/human/);
    expect(adversarialAurocOfTexts(["", " ", "😀"], ["a", "b"], { seed: 1 }).absent).toMatch(/human/);
  });

  test("is within its range for any rows, or says why it is not there", () => {
    fc.assert(
      fc.property(anyTwoSets, fc.integer({ min: 1, max: 4 }), ([a, b], times) => {
        const { value, spread, folds, absent } = adversarialAuroc(unitRows(repeated(a, times)), unitRows(b), {
          seed: 1,
        });
        if (value === undefined) {
          expect(absent).toMatch(/fewer than 5 different|too few different/);
          expect(folds).toEqual([]);
          return;
        }
        for (const fold of [value, ...folds]) {
          expect(fold).toBeGreaterThanOrEqual(0);
          expect(fold).toBeLessThanOrEqual(1);
        }
        expect(spread === undefined).toBe(folds.length < 2);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test("takes sets of very different size", () => {
    const few = unitRows(numbers(6, 8, 2, 0, 3));
    expect(adversarialAuroc(unitRows(repeated(human, 9)), few, { seed: 1 }).value).toBeGreaterThan(0.9);
  });
});
