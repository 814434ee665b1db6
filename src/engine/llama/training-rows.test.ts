import fc from "fast-check";
import { expect, test } from "vitest";
import { learningRate } from "./learning-rate.js";
import {
  countedLabels,
  epochRows,
  packRows,
  splitItem,
  type TrainingItem,
  trainingItem,
} from "./training-rows.js";

const tokens = (...values: number[]) => Int32Array.from(values);

test("a text is learned but for its first token, an answer alone without its prompt", () => {
  expect(trainingItem(tokens(5, 6, 7), 0)).toEqual({
    tokens: tokens(5, 6, 7),
    labels: tokens(6, 7, 0),
    counted: Uint8Array.of(1, 1, 0),
  });
  expect(trainingItem(tokens(5, 6, 7, 8), 2)).toEqual({
    tokens: tokens(5, 6, 7, 8),
    labels: tokens(0, 7, 8, 0),
    counted: Uint8Array.of(0, 1, 1, 0),
  });
  expect(countedLabels([trainingItem(tokens(5), 0)])).toBe(0);
});

test("a text that is cut loses no label", () => {
  const pieces = splitItem(trainingItem(tokens(1, 2, 3, 4, 5), 0), 2);
  expect(pieces.map((piece) => [...piece.labels])).toEqual([
    [2, 3],
    [4, 5],
  ]);
});

/** The labels that count, each with the token before it. */
function pairs(rows: readonly TrainingItem[]): string[] {
  return rows
    .flatMap((row) => [...row.tokens].flatMap((t, i) => (row.counted[i] ? [`${t}>${row.labels[i]}`] : [])))
    .sort();
}

test("packing keeps every text whole and every label, in no more rows than one for each text", () => {
  const item = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 60 }), fc.nat(), (texts, seed) => {
      const items = texts.map((text) => trainingItem(Int32Array.from(text), 0));
      const rows = epochRows(items, 16, seed);
      expect(rows.length).toBeLessThanOrEqual(items.length);
      expect(rows.every((row) => row.tokens.length === 16 && row.labels.length === 16)).toBe(true);
      expect(pairs(rows)).toEqual(pairs(items));
      const written = rows.map((row) => row.tokens.join());
      for (const text of texts)
        expect(written.some((row) => `,${row},`.includes(`,${text.join()},`))).toBe(true);
    }),
  );
});

test("two half-full rows are filled before a third is begun", () => {
  const item = (length: number) => trainingItem(new Int32Array(length).fill(length), 0);
  const rows = packRows([item(6), item(7), item(4), item(3)], 10);
  expect(rows.map((row) => row.tokens.filter((token) => token > 0).length)).toEqual([10, 10]);
  expect(() => packRows([item(11)], 10)).toThrow(RangeError);
});

test("the learning rate rises in each epoch and falls over the run, and never reaches zero", () => {
  const rates = (decay: "cosine" | "linear" | "constant") =>
    Array.from({ length: 40 }, (_, inRun) =>
      learningRate(
        { rate: 2, decay, warmUp: 0.2 },
        { inEpoch: inRun % 20, stepsOfEpoch: 20, inRun, stepsOfRun: 40 },
      ),
    );
  expect(rates("constant").slice(0, 6)).toEqual([0.5, 1, 1.5, 2, 2, 2]);
  expect(rates("constant").slice(20, 24)).toEqual([0.5, 1, 1.5, 2]);
  expect(rates("linear")[30]).toBeCloseTo(2 * 0.25, 12);
  expect(rates("cosine")[30]).toBeCloseTo(1 + Math.cos((Math.PI * 3) / 4), 12);
  expect(Math.min(...rates("cosine"), ...rates("linear"))).toBeGreaterThan(0);
});
