import { expect, test } from "vitest";
import type { Intervention } from "../intervention.js";
import { compileOperation, norm } from "./operations.js";

const WIDTH = 64;
const wave = (phase: number) => Float32Array.from({ length: WIDTH }, (_, i) => Math.sin(0.7 * i + phase));
const apply = (intervention: Intervention, row: Float32Array) => {
  const values = row.slice();
  compileOperation(intervention, WIDTH)(values, 0, 1);
  return values;
};

test("a row along a direction is not turned, whatever the direction's rounding", () => {
  for (let phase = 0; phase < 40; phase++) {
    const direction = wave(phase);
    for (const sign of [1, -1]) {
      const row = direction.map((value) => sign * 3 * value);
      expect(apply({ kind: "rotate", layer: 0, direction, angle: -0.5 * sign }, row)).toEqual(row);
    }
  }
});

test("a row that is nearly along a direction keeps its norm when it is turned away", () => {
  const direction = wave(1);
  const row = direction.map((value, i) => value + 1e-5 * Math.cos(i));
  const turned = apply({ kind: "rotate", layer: 0, direction, angle: -0.8 }, row);
  expect(norm(turned, 0, WIDTH) / norm(row, 0, WIDTH)).toBeCloseTo(1, 5);
});

test.each([
  [{ least: Number.POSITIVE_INFINITY }, /no interval: Infinity to Infinity/],
  [{ most: Number.NEGATIVE_INFINITY }, /no interval/],
  [{ least: Number.NaN }, /no interval: NaN/],
  [{}, /neither a least nor a most/],
])("refuses to clamp to %o", (bounds, message) => {
  const clamp: Intervention = { kind: "clamp", layer: 0, direction: wave(1), ...bounds };
  expect(() => compileOperation(clamp, WIDTH)).toThrow(message);
});
