import { expect, test } from "vitest";
import { calibrated } from "./content-free.js";

test("what is said of texts without content is taken out", () => {
  // 0.6 / 0.75 against 0.4 / 0.25: 0.8 to 1.6.
  const [row] = calibrated(
    [[0.6, 0.4]],
    [
      [0.7, 0.3],
      [0.8, 0.2],
    ],
  );
  expect(row![0]).toBeCloseTo(1 / 3, 12);
  expect(row![1]).toBeCloseTo(2 / 3, 12);
});

test("a label that the bias rules out leaves the probabilities as they are", () => {
  expect([...calibrated([[0.6, 0.4]], [[1, 0]])[0]!]).toEqual([0.6, 0.4]);
  expect(() => calibrated([[0.6, 0.4]], [])).toThrow(RangeError);
});
