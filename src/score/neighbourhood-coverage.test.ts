import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeTexts } from "../encode/encode-texts.js";
import { ngramEncoder } from "../encode/ngram-encoder.js";
import { type NeighbourhoodCoverage, neighbourhoodCoverage } from "./neighbourhood-coverage.js";
import {
  anyTwoSets,
  embeddingFixture,
  matrixOf,
  numbers,
  repeated,
  type Script,
  sentences,
} from "./test-embeddings.js";
import { unitRows } from "./unit-rows.js";

const fixture = embeddingFixture();
const KEYS = ["precision", "recall", "density", "coverage"] as const;

function expectEqual(found: NeighbourhoodCoverage, expected: Record<(typeof KEYS)[number], number>): void {
  for (const key of KEYS) expect(found[key].value).toBeCloseTo(expected[key], 12);
}

test.each(Object.entries(fixture.matrices))("the formulas in NumPy, %s", (_, { shapes, neighbourhood }) => {
  const [human, set] = shapes.map((shape) => unitRows(numbers(...shape)));
  expectEqual(neighbourhoodCoverage(human!, set!, 3), neighbourhood);
});

test.each(Object.entries(fixture.scripts))(
  "the formulas in NumPy, n-grams of %s",
  async (script, expected) => {
    const encoder = ngramEncoder();
    const rows = async (...args: [number, number, number, number]) =>
      unitRows(await encodeTexts(encoder, sentences(script as Script, ...args)));
    expectEqual(
      neighbourhoodCoverage(await rows(60, 1, 18, 7), await rows(50, 2, 10, 5)),
      expected.neighbourhood,
    );
  },
);

describe("neighbourhoodCoverage", () => {
  test("is full for the human texts themselves, and nothing for texts elsewhere", () => {
    const human = unitRows(numbers(40, 6, 1, 0, 1));
    const same = neighbourhoodCoverage(human, human);
    expect([same.precision.value, same.recall.value, same.coverage.value]).toEqual([1, 1, 1]);
    expect(same.density.value).toBeGreaterThan(1);
    const elsewhere = unitRows({
      ...numbers(40, 6, 1, 0, 1),
      values: numbers(40, 6, 1, 0, 1).values.map((x) => -x),
    });
    const none = neighbourhoodCoverage(human, elsewhere);
    expect(KEYS.map((key) => none[key].value)).toEqual([0, 0, 0, 0]);
  });

  test("a set of copies of a few human texts is precise and covers little", () => {
    const human = numbers(60, 6, 1, 0, 0);
    const few = repeated({ rows: 2, columns: 6, values: human.values.subarray(0, 12) }, 30);
    const { precision, coverage } = neighbourhoodCoverage(unitRows(human), unitRows(few));
    expect(precision.value).toBe(1);
    expect(coverage.value).toBeLessThan(0.5);
  });

  test("copies of one text lie in its neighbourhood, which has no width", () => {
    const copies = unitRows(repeated(matrixOf([0.1, 0.7, 0.2]), 8));
    const found = neighbourhoodCoverage(copies, copies);
    expect(KEYS.map((key) => found[key].value)).toEqual([1, 1, 8 / 5, 1]);
  });

  test("is within its range, or says what is missing", () => {
    fc.assert(
      fc.property(anyTwoSets, ([a, b]) => {
        const [human, set] = [unitRows(a), unitRows(b)];
        const found = neighbourhoodCoverage(human, set, 2);
        for (const key of KEYS) {
          const { value, absent } = found[key];
          if (human.rows < 3 || set.rows < 3) {
            expect(value).toBeUndefined();
            expect(absent).toMatch(/fewer than 3 (human|written) texts/);
          } else {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(key === "density" ? human.rows / 2 : 1);
          }
        }
      }),
      { seed: 1, numRuns: 400 },
    );
    expect(() => neighbourhoodCoverage(unitRows(matrixOf([1])), unitRows(matrixOf([1])), 0)).toThrow(
      RangeError,
    );
  });
});
