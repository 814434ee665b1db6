import fc from "fast-check";
import { expect, test } from "vitest";
import { stratifiedFolds } from "./stratified-folds.js";
import { embeddingFixture } from "./test-embeddings.js";

test("without copies the folds have the sizes of scikit-learn's StratifiedKFold", () => {
  const classes = [...new Array<number>(23).fill(1), ...new Array<number>(31).fill(0)];
  const folds = stratifiedFolds(
    classes,
    classes.map((_, item) => `${item}`),
    5,
    1,
  );
  const positives = Array.from(
    { length: 5 },
    (_, fold) => classes.filter((c, i) => c === 1 && folds[i] === fold).length,
  );
  const negatives = Array.from(
    { length: 5 },
    (_, fold) => classes.filter((c, i) => c === 0 && folds[i] === fold).length,
  );
  const expected = embeddingFixture().foldSizes;
  expect(positives.sort()).toEqual(expected.map(([positive]) => positive).sort());
  expect(negatives.sort()).toEqual(expected.map(([positive, all]) => all - positive).sort());
});

test("copies stay together, and every class is dealt evenly but for them", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 30 })), {
        minLength: 1,
        maxLength: 80,
      }),
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 0, max: 100 }),
      (items, count, seed) => {
        const classes = items.map(([label]) => label);
        const keys = items.map(([label, key]) => `${label} ${key}`);
        const folds = stratifiedFolds(classes, keys, count, seed);
        const foldOf = new Map<string, number>();
        keys.forEach((key, item) => {
          expect(foldOf.get(key) ?? folds[item]).toBe(folds[item]);
          foldOf.set(key, folds[item]!);
        });
        for (const label of new Set(classes)) {
          const sizes = new Array<number>(count).fill(0);
          classes.forEach((own, item) => {
            if (own === label) sizes[folds[item]!]!++;
          });
          const largest = Math.max(...keys.map((key) => keys.filter((other) => other === key).length));
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(largest);
        }
      },
    ),
    { seed: 1 },
  );
});
