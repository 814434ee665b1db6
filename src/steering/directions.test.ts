import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import { shuffled } from "../random/seeded-random.js";
import { type DenseMatrix, rowOf, timesVector } from "./dense-matrix.js";
import type { Direction } from "./direction.js";
import { lat } from "./lat.js";
import { linearDiscriminant } from "./linear-discriminant.js";
import { logisticProbe } from "./logistic-probe.js";
import { pcaCenter, pcaDifference, pcaOfClasses } from "./pca.js";
import { randomDirection } from "./random-direction.js";
import { pairsOf, type TextPairs } from "./text-vectors.js";

interface Expected {
  readonly shape: [rows: number, others: number, width: number, seed: number];
  readonly directions: Record<string, { unit: number[]; norm: number }>;
}

// Made by fixtures/directions.py with NumPy and scikit-learn, from the same texts.
const fixture: Record<string, Expected> = JSON.parse(
  readFileSync(new URL("fixtures/directions.json", import.meta.url), "utf8"),
);

/** The numbers of `texts` in fixtures/directions.py. */
function texts(rows: number, others: number, width: number, seed: number): [DenseMatrix, DenseMatrix] {
  let state = seed;
  const values = Float32Array.from({ length: (rows + others) * width }, (_, at) => {
    const i = Math.floor(at / width);
    const j = at % width;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const noise = (state >>> 20) / 4096 - 0.5;
    const shift = i < rows ? (((j * 5) % 7) - 3) / 16 : 0;
    return noise * (1 + (j % 4)) + shift + (j % 3);
  });
  return [
    { rows, columns: width, values: values.subarray(0, rows * width) },
    { rows: others, columns: width, values: values.subarray(rows * width) },
  ];
}

function first(matrix: DenseMatrix, rows: number): DenseMatrix {
  return { ...matrix, rows, values: matrix.values.subarray(0, rows * matrix.columns) };
}

type Method = (rows: DenseMatrix, others: DenseMatrix) => Direction;

const paired =
  (method: (pairs: TextPairs) => Direction): Method =>
  (rows, others) =>
    method(pairsOf({ wanted: rows, others: [others] }));

const methods: Record<string, Method> = {
  "pca-diff": paired(pcaDifference),
  "pca-center": paired(pcaCenter),
  "pca-of-classes": pcaOfClasses,
  lat: (rows, others) => lat(rows, others, 42),
  "logistic-probe C=1": logisticProbe,
  "logistic-probe C=30": (rows, others) => logisticProbe(rows, others, { C: 30 }),
  "lda ridge=1": linearDiscriminant,
  "lda ridge=1e-4": (rows, others) => linearDiscriminant(rows, others, { ridge: 1e-4 }),
};
const names = Object.keys(methods);

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    product += a[i]! * b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
  }
  return product / Math.sqrt(squaresA * squaresB);
}

describe.each(Object.entries(fixture))("NumPy and scikit-learn, %s", (_, { shape, directions }) => {
  test.each(Object.entries(directions))("%s", (name, expected) => {
    const { unit, norm } = methods[name]!(...texts(...shape));
    expect(cosine(unit, expected.unit)).toBeGreaterThan(1 - 1e-7);
    expect(norm / expected.norm).toBeCloseTo(1, 5);
    expect(Math.hypot(...unit)).toBeCloseTo(1, 6);
  });

  test("has a direction for every method here", () => {
    expect(Object.keys(directions)).toEqual(names);
  });
});

/** Class sizes, both odd so that no majority of pairs is a tie, width and seed of random texts. */
const shapes = fc
  .tuple(
    fc.integer({ min: 2, max: 7 }),
    fc.integer({ min: 2, max: 7 }),
    fc.integer({ min: 2, max: 20 }),
    fc.integer({ min: 1, max: 2 ** 31 }),
  )
  .map(([rows, others, width, seed]): Expected["shape"] => [2 * rows + 1, 2 * others + 1, width, seed]);
const runs = { numRuns: 60, seed: 1 };

function reordered(matrix: DenseMatrix, order: readonly number[]): DenseMatrix {
  const values = new Float32Array(matrix.values.length);
  order.forEach((row, at) => {
    values.set(rowOf(matrix, row), at * matrix.columns);
  });
  return { ...matrix, values };
}

function mapped(matrix: DenseMatrix, change: (value: number, column: number) => number): DenseMatrix {
  return { ...matrix, values: matrix.values.map((value, at) => change(value, at % matrix.columns)) };
}

/** How the norm grows when all residuals are made k times as large. */
const normExponents: Record<string, number> = {
  "pca-diff": 1,
  "pca-center": 1,
  "pca-of-classes": 1,
  lat: 0,
  "logistic-probe C=1": -1,
  "logistic-probe C=30": -1,
  "lda ridge=1": -1,
  "lda ridge=1e-4": -1,
};

describe.each(names)("%s", (name) => {
  const method = methods[name]!;

  test("does not change when all residuals are moved by the same, or made larger", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const [rows, others] = texts(...shape);
        const before = method(rows, others);
        const moved = [rows, others].map((side) => mapped(side, (value, column) => value + (column % 5) - 2));
        expect(cosine(before.unit, method(moved[0]!, moved[1]!).unit)).toBeGreaterThan(1 - 1e-6);
        const larger = [rows, others].map((side) => mapped(side, (value) => 64 * value));
        const after = method(larger[0]!, larger[1]!);
        expect(cosine(before.unit, after.unit)).toBeGreaterThan(1 - 1e-6);
        expect(after.norm / before.norm / 64 ** normExponents[name]!).toBeCloseTo(1, 5);
      }),
      runs,
    );
  });

  test("refuses texts that are all the same", () => {
    const same = { rows: 4, columns: 3, values: new Float32Array(12).fill(0.1) };
    expect(() => method(same, same)).toThrow(RecipeError);
    expect(() => method(same, same)).toThrow(/do not differ/);
  });
});

describe.each(names.filter((name) => name !== "lat"))("%s", (name) => {
  const method = methods[name]!;

  test("turns round when the classes change places", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const [rows, others] = texts(...shape);
        expect(cosine(method(rows, others).unit, method(others, rows).unit)).toBeLessThan(-1 + 1e-6);
      }),
      runs,
    );
  });

  test("does not depend on the order of the pairs, or of the texts where there are no pairs", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const [rows, others] = texts(...shape);
        const inPairs = name === "pca-diff" || name === "pca-center";
        const pairs = Math.min(rows.rows, others.rows);
        const [a, b] = inPairs ? [first(rows, pairs), first(others, pairs)] : [rows, others];
        const order = shuffled([...Array(a.rows).keys()], 5);
        const otherOrder = inPairs ? order : shuffled([...Array(b.rows).keys()], 6);
        const { unit } = method(reordered(a, order), reordered(b, otherOrder));
        expect(cosine(method(a, b).unit, unit)).toBeGreaterThan(1 - 1e-6);
      }),
      runs,
    );
  });
});

describe("lat", () => {
  test("sees labels only for the sign, which points to the class's mean", () => {
    fc.assert(
      fc.property(shapes, fc.nat(12), ([rows, others, width, seed], cut) => {
        const all = texts(rows, others, width, seed).flatMap(({ values }) => [...values]);
        const labelledTo = (end: number): [DenseMatrix, DenseMatrix] => [
          { rows: end, columns: width, values: Float32Array.from(all.slice(0, end * width)) },
          { rows: rows + others - end, columns: width, values: Float32Array.from(all.slice(end * width)) },
        ];
        const [a, b] = labelledTo(rows);
        const [c, d] = labelledTo(1 + (cut % (rows + others - 1)));
        expect(Math.abs(cosine(lat(a, b, 7).unit, lat(c, d, 7).unit))).toBeGreaterThan(1 - 1e-6);
        const { unit } = lat(c, d, 7);
        const along = (side: DenseMatrix): number =>
          timesVector(side, unit).reduce((sum, value) => sum + value, 0) / side.rows;
        expect(along(c)).toBeGreaterThan(along(d) - 1e-6);
      }),
      runs,
    );
  });

  test("depends on the seed alone", () => {
    const [rows, others] = texts(20, 20, 10, 1);
    expect(lat(rows, others, 1)).toEqual(lat(rows, others, 1));
    expect(Math.abs(cosine(lat(rows, others, 1).unit, lat(rows, others, 2).unit))).toBeLessThan(0.999);
  });

  test("leaves pairs of equal texts out of account", () => {
    const [rows, others] = texts(6, 6, 5, 1);
    const same = { ...rows, values: new Float32Array(rows.values.length).fill(1) };
    expect(Math.hypot(...lat(same, others, 3).unit)).toBeCloseTo(1, 6);
  });
});

test("pca-center holds what all pairs have in common, and pca-diff does not", () => {
  const noise = texts(30, 0, 4, 1)[0];
  const moved = mapped(noise, (value, column) => value + (column === 0 ? 20 : 0));
  const other = texts(30, 0, 4, 2)[0];
  expect(pcaCenter({ rows: moved, partners: other }).unit[0]).toBeGreaterThan(0.99);
  expect(Math.abs(pcaDifference({ rows: moved, partners: other }).unit[0]!)).toBeLessThan(0.5);
  const exact = mapped(noise, (value, column) => value + column);
  expect(() => pcaDifference({ rows: exact, partners: noise })).toThrow(/do not differ/);
  expect(() => pcaDifference({ rows: first(moved, 1), partners: first(other, 1) })).toThrow(
    /at least two pairs/,
  );
  expect(() => pcaDifference({ rows: moved, partners: first(other, 29) })).toThrow(RangeError);
});

describe("options", () => {
  const [rows, others] = texts(6, 6, 5, 1);
  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("C and ridge %d are refused", (value) => {
    expect(() => logisticProbe(rows, others, { C: value })).toThrow(RecipeError);
    expect(() => linearDiscriminant(rows, others, { ridge: value })).toThrow(RecipeError);
  });

  test("a ridge that is lost in rounding is refused", () => {
    const wide = texts(6, 6, 40, 1);
    expect(() => linearDiscriminant(wide[0], wide[1], { ridge: 1e-18 })).toThrow(/lost in rounding/);
  });

  test("a large ridge or a small C gives the mean difference", () => {
    const wide = texts(6, 6, 40, 1);
    const difference = wide.map((side) =>
      Array.from({ length: 40 }, (_, i) => {
        let sum = 0;
        for (let row = 0; row < side.rows; row += 1) sum += rowOf(side, row)[i]! / side.rows;
        return sum;
      }),
    );
    const v = difference[0]!.map((value, i) => value - difference[1]![i]!);
    expect(cosine(linearDiscriminant(...wide, { ridge: 1e6 }).unit, v)).toBeGreaterThan(1 - 1e-6);
    expect(cosine(logisticProbe(...wide, { C: 1e-4 }).unit, v)).toBeGreaterThan(1 - 1e-6);
  });
});

test("classes without any variance within give lda their difference", () => {
  const side = (value: number): DenseMatrix => ({
    rows: 3,
    columns: 2,
    values: Float32Array.of(value, 0, value, 0, value, 0),
  });
  expect([...linearDiscriminant(side(2), side(1)).unit]).toEqual([1, 0]);
});

test("texts of a real model's size", () => {
  const [rows, others] = texts(100, 100, 2048, 1);
  for (const name of names) expect(Math.hypot(...methods[name]!(rows, others).unit)).toBeCloseTo(1, 5);
});

describe("a random direction", () => {
  const options = { width: 4096, seed: 1, layer: 3, language: "en", class: "a" };

  test("is the same for the same options, and unrelated for others", () => {
    const { unit } = randomDirection(options);
    expect(randomDirection({ ...options })).toEqual(randomDirection(options));
    for (const other of [{ seed: 2 }, { layer: 4 }, { language: "de" }, { class: "b" }]) {
      // Four standard deviations of the cosine of two random directions, 1/√width.
      expect(Math.abs(cosine(unit, randomDirection({ ...options, ...other }).unit))).toBeLessThan(4 / 64);
    }
  });

  test("is made of normal numbers", () => {
    const { unit, norm } = randomDirection({ ...options, width: 40_000 });
    const values = [...unit].map((value) => value * norm);
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    // Within about four standard errors of 0, 1, 0 and 3.
    expect(Math.abs(moment(1))).toBeLessThan(0.02);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
    expect(Math.abs(moment(3))).toBeLessThan(0.08);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
  });
});
