import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeTexts } from "../encode/encode-texts.js";
import { ngramEncoder } from "../encode/ngram-encoder.js";
import { stacked } from "../steering/dense-matrix.js";
import { kMeans } from "./k-means.js";
import { areaUnderFrontier, divergenceFrontier, mauve } from "./mauve.js";
import { principalCoordinates } from "./principal-coordinates.js";
import {
  anyTwoSets,
  embeddingFixture,
  matrixOf,
  numbers,
  reordered,
  repeated,
  type Script,
  type Shape,
  topics,
} from "./test-embeddings.js";
import { unitRows } from "./unit-rows.js";

const fixture = embeddingFixture();
const shapesOf = (name: string): readonly [Shape, Shape] => fixture.matrices[name]!.shapes;

test("the frontier and its area are those of the paper's formula in NumPy", () => {
  const { p, q, area, curve } = fixture.frontier;
  const found = divergenceFrontier(Float64Array.from(p), Float64Array.from(q), 5);
  found.forEach(([x, y], i) => {
    expect(x).toBeCloseTo(curve[i]![0], 12);
    expect(y).toBeCloseTo(curve[i]![1], 12);
  });
  expect(found.length).toBe(curve.length);
  expect(areaUnderFrontier(found)).toBeCloseTo(area, 12);
});

test("MAUVE of sets in clusters is that of NumPy and scikit-learn", () => {
  const [human, set] = shapesOf("clusters").map((shape) => unitRows(numbers(...shape)));
  expect(mauve(human!, set!, { seed: 1 }).value).toBeCloseTo(fixture.mauve.clusters!.value, 10);
});

test.each(Object.entries(fixture.scripts))("MAUVE of n-grams of %s", async (script, expected) => {
  const [human, set] = await Promise.all(
    [topics(script as Script, 60, 10, 6), topics(script as Script, 60, 11, 4)].map(async (texts) =>
      unitRows(await encodeTexts(ngramEncoder(), texts)),
    ),
  );
  expect(mauve(human!, set!, { seed: 1 }).value).toBeCloseTo(expected.mauve, 8);
});

test.each(Object.entries(fixture.mauve))("components and k-means as scikit-learn, %s", (name, expected) => {
  const rows = shapesOf(name).map((shape) => unitRows(numbers(...shape)));
  const coordinates = principalCoordinates(stacked(rows), 0.9);
  expect(coordinates.columns).toBe(expected.components);
  // The best of 50 starts against the best of 5.
  const { inertia } = kMeans(coordinates, expected.clusters, { seed: 1 });
  expect(inertia / expected.inertia).toBeGreaterThan(0.9999);
  expect(inertia / expected.inertia).toBeLessThan(1.05);
});

describe("mauve", () => {
  const human = unitRows(numbers(80, 10, 1, 0, 0));

  test("is 1 for the same texts, high for the same kind, and almost 0 for texts elsewhere", () => {
    expect(mauve(human, human, { seed: 1 }).value).toBeCloseTo(1, 9);
    const alike = mauve(human, unitRows(numbers(80, 10, 2, 0, 0)), { seed: 1 }).value!;
    expect(alike).toBeGreaterThan(0.8);
    const apart = mauve(human, unitRows(numbers(80, 10, 2, 0, 20)), { seed: 1 }).value!;
    expect(apart).toBeLessThan(0.05);
    expect(apart).toBeGreaterThan(0);
  });

  test("has the same bits in whatever order the texts come, and depends on the seed alone", () => {
    const set = numbers(60, 10, 3, 0, 0.2);
    const moved = reordered(set, [...new Array(60).keys()].reverse());
    const found = mauve(human, unitRows(set), { seed: 7 });
    expect(mauve(human, unitRows(moved), { seed: 7 })).toEqual(found);
    expect(found.value).toBeGreaterThan(0);
    expect(found.value).toBeLessThan(1);
  });

  test("is within its range for any rows, or says why it is not there", () => {
    fc.assert(
      fc.property(anyTwoSets, fc.integer({ min: 1, max: 9 }), ([a, b], times) => {
        const sets = [a, b].map((set) => unitRows(repeated(set, times)));
        const { value, absent } = mauve(sets[0]!, sets[1]!, { seed: 1 });
        if (value === undefined) expect(absent).toMatch(/fewer than 20/);
        else expect(value > 0 && value <= 1).toBe(true);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("has a value for copies, and none for a handful of texts", () => {
    const copies = unitRows(repeated(matrixOf([1, 0, 2]), 30));
    expect(mauve(copies, copies, { seed: 1 }).value).toBeCloseTo(1, 9);
    const others = unitRows(repeated(matrixOf([0, 1, 0]), 25));
    expect(mauve(copies, others, { seed: 1 }).value).toBeLessThan(0.05);
    expect(mauve(copies, unitRows(matrixOf([1, 0, 0])), { seed: 1 })).toMatchObject({
      value: undefined,
      absent: "fewer than 20 written texts with an embedding",
    });
  });
});
