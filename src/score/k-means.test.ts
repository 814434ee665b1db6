import fc from "fast-check";
import { expect, test } from "vitest";
import { kMeans } from "./k-means.js";
import { anyRows, matrixOf, numbers, repeated } from "./test-embeddings.js";

test("finds clusters that lie apart", () => {
  const { labels } = kMeans(numbers(60, 9, 5, 6, 0), 6, { seed: 1 });
  for (let row = 0; row < 60; row++) expect(labels[row]).toBe(labels[row % 6]);
  expect(new Set(labels).size).toBe(6);
});

test("every row is in the cluster with the nearest mean, whose distances make up the inertia", () => {
  fc.assert(
    fc.property(
      anyRows,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 99 }),
      (matrix, clusters, seed) => {
        fc.pre(matrix.rows > 0 && matrix.values.every((value) => Math.abs(value) < 1e3));
        const { labels, inertia } = kMeans(matrix, clusters, { seed });
        const means = Array.from({ length: clusters }, (_, cluster) => {
          const own = [...labels.keys()].filter((row) => labels[row] === cluster);
          return Array.from({ length: matrix.columns }, (_, column) =>
            own.length === 0
              ? Number.POSITIVE_INFINITY
              : own.reduce((sum, row) => sum + matrix.values[row * matrix.columns + column]!, 0) / own.length,
          );
        });
        let total = 0;
        labels.forEach((label, row) => {
          const squares = means.map((mean) =>
            mean.reduce(
              (sum, value, column) => sum + (value - matrix.values[row * matrix.columns + column]!) ** 2,
              0,
            ),
          );
          expect(squares[label]).toBeLessThanOrEqual(Math.min(...squares) + 1e-9);
          total += squares[label]!;
        });
        expect(inertia).toBeCloseTo(total, 6);
      },
    ),
    { seed: 1 },
  );
});

test("is the same for the same seed, and leaves clusters empty that no different row is left for", () => {
  const points = numbers(80, 4, 2, 0, 0);
  expect(kMeans(points, 7, { seed: 3 })).toEqual(kMeans(points, 7, { seed: 3 }));
  const copies = kMeans(repeated(matrixOf([1, 0], [0, 1]), 10), 5, { seed: 1 });
  expect(new Set(copies.labels).size).toBe(2);
  expect(copies.inertia).toBe(0);
  expect(() => kMeans(matrixOf(), 2, { seed: 1 })).toThrow(RangeError);
  expect(() => kMeans(points, 0, { seed: 1 })).toThrow(RangeError);
});
