import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeTexts } from "../encode/encode-texts.js";
import { ngramEncoder } from "../encode/ngram-encoder.js";
import { meanPairwiseDistance, nearestNeighbourDistance, vendiScore } from "./embedding-diversity.js";
import type { Measured } from "./measured.js";
import {
  anyRows,
  embeddingFixture,
  matrixOf,
  numbers,
  reordered,
  repeated,
  type Script,
  sentences,
} from "./test-embeddings.js";
import { type UnitRows, unitRows } from "./unit-rows.js";

const fixture = embeddingFixture();
const measures = {
  pairwiseDistance: meanPairwiseDistance,
  vendiScore,
  nearestNeighbourDistance,
} as const satisfies Record<string, (rows: UnitRows) => Measured>;
const names = Object.keys(measures) as (keyof typeof measures)[];

describe.each(names)("%s", (name) => {
  const measure = measures[name];

  test.each(Object.entries(fixture.matrices))("SciPy and scikit-learn, %s", (_, { shapes, human, set }) => {
    expect(measure(unitRows(numbers(...shapes[0]))).value).toBeCloseTo(human[name], 10);
    expect(measure(unitRows(numbers(...shapes[1]))).value).toBeCloseTo(set[name], 10);
  });

  test.each(Object.entries(fixture.scripts))(
    "SciPy and scikit-learn, n-grams of %s",
    async (script, expected) => {
      const texts = sentences(script as Script, 60, 1, 18, 7);
      const rows = unitRows(await encodeTexts(ngramEncoder(), texts));
      expect(measure(rows).value).toBeCloseTo(expected.human[name], 8);
    },
  );

  test("has the same bits in whatever order the texts come", () => {
    fc.assert(
      fc.property(anyRows, fc.integer({ min: 0, max: 1e6 }), (matrix, turn) => {
        const order = [...new Array(matrix.rows).keys()];
        const moved = order.map((_, i) => order[(i + turn) % order.length]!).reverse();
        expect(measure(unitRows(reordered(matrix, moved)))).toEqual(measure(unitRows(matrix)));
      }),
      { seed: 1 },
    );
  });

  test("is within its range, or says why it is not there", () => {
    fc.assert(
      fc.property(anyRows, (matrix) => {
        const rows = unitRows(matrix);
        const { value, absent } = measure(rows);
        if (rows.rows < 2) {
          expect(value).toBeUndefined();
          expect(absent).toMatch(/fewer than 2 texts/);
          return;
        }
        const most = name === "vendiScore" ? Math.min(rows.rows, rows.columns) : 2;
        expect(value).toBeGreaterThanOrEqual(name === "vendiScore" ? 1 : 0);
        expect(value).toBeLessThanOrEqual(most);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

test("identical texts have no diversity, and texts without anything in common have all of it", () => {
  const same = unitRows(repeated(matrixOf([1, 2, 3]), 7));
  expect(meanPairwiseDistance(same).value).toBe(0);
  expect(nearestNeighbourDistance(same).value).toBeCloseTo(0, 14);
  expect(vendiScore(same).value).toBeCloseTo(1, 10);
  const apart = unitRows(matrixOf([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]));
  expect(meanPairwiseDistance(apart).value).toBeCloseTo(1, 14);
  expect(nearestNeighbourDistance(apart).value).toBe(1);
  expect(vendiScore(apart).value).toBeCloseTo(4, 12);
  const opposite = unitRows(matrixOf([1, 1], [-1, -1]));
  expect(meanPairwiseDistance(opposite).value).toBeCloseTo(2, 14);
});

test("copies take diversity away: each text's nearest is its copy, and the Vendi score stays while the set doubles", () => {
  const once = numbers(30, 12, 9, 0, 0);
  const [set, doubled] = [unitRows(once), unitRows(repeated(once, 2))];
  expect(vendiScore(doubled).value).toBeCloseTo(vendiScore(set).value!, 10);
  expect(nearestNeighbourDistance(set).value).toBeGreaterThan(0.05);
  expect(nearestNeighbourDistance(doubled).value).toBeCloseTo(0, 14);
  expect(meanPairwiseDistance(doubled).value).toBeLessThan(meanPairwiseDistance(set).value!);
});
