import { expect, test } from "vitest";
import { dotProduct } from "./direction.js";
import { type Projection, shiftOf } from "./text-shift.js";

const of = (prompt: number, ...values: number[]): Projection[] => values.map((value) => ({ prompt, value }));
const unsteered = [...of(0, 1, 2, 4), ...of(1, 10, 10.5, 12, 9.5)];

// u = {0: [1, 2, 4], 1: [10, 10.5, 12, 9.5]}; c = {k: np.mean(v) for k, v in u.items()}
// s = np.sqrt(sum(((np.array(v) - c[k]) ** 2).sum() for k, v in u.items()) / (7 - 2))
// m = np.array([(3 - c[0]) / s, (5 - c[0]) / s, (13 - c[1]) / s]); print(m.mean(), np.sqrt(m.var(ddof=1) / 3 + 1 / 7))
test("the shift is in standard deviations within the prompts, with the error of both sets", () => {
  const found = shiftOf([...of(0, 3, 5), ...of(1, 13)], unsteered)!;
  expect(found.shift).toBeCloseTo(1.5214515486254614, 12);
  expect(found.shiftError).toBeCloseTo(0.627837474335432, 12);
});

test("unsteered texts have none", () => {
  expect(shiftOf(unsteered, unsteered)!.shift).toBeCloseTo(0, 12);
});

test("where there is nothing to compare with, it has no value", () => {
  expect(shiftOf(of(0, 1), unsteered)).toBeUndefined();
  expect(shiftOf(of(7, 1, 2), unsteered)).toBeUndefined();
  expect(shiftOf(of(0, 1, 2), of(0, 3, 3))).toBeUndefined();
  expect(shiftOf(of(0, 1, 2), [...of(0, 3), ...of(1, 4)])).toBeUndefined();
  expect(shiftOf(of(0, 1, 2), [])).toBeUndefined();
});

test("a dot product is summed in 64 bits", () => {
  const large = Float32Array.of(2 ** 24, 1, -(2 ** 24));
  expect(dotProduct(large, Float32Array.of(1, 1, 1))).toBe(1);
});
