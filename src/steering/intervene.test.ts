import { expect, test } from "vitest";
import type { Condition, Intervention } from "../engine/intervention.js";
import { compileOperation } from "../engine/llama/operations.js";
import { commute, describeInterventions, orderWithin } from "./describe-interventions.js";
import {
  addedLength,
  type InterventionSpec,
  interventionsOf,
  STEERING_OPERATIONS,
  type SteeringOperation,
} from "./intervene.js";
import type { SteeringVector } from "./steering-vector.js";
import { steeringAddition } from "./strength.js";

const vector: SteeringVector = {
  method: "mean-difference",
  class: "a",
  language: "en",
  weighting: "text",
  positions: "all-but-first",
  model: { sha256: "", architecture: "llama", name: "", width: 3 },
  dataSha256: "",
  texts: 2,
  tokens: 2,
  tillerVersion: "test",
  layers: [
    { layer: 0, unit: Float32Array.of(1, 0, 0), differenceNorm: 1, residualNorm: 2 },
    { layer: 3, unit: Float32Array.of(0, 1, 0), differenceNorm: 1, residualNorm: 10 },
  ],
};
const reference = (layer: number) => Float32Array.of(layer, 7, 0);

const spec = (operation: SteeringOperation, strength: number, more: Partial<InterventionSpec> = {}) => ({
  operation,
  strength,
  layers: [3],
  ...more,
});

/** What is left of a row after the interventions of a layer, by the engine's own arithmetic. */
function applied(interventions: readonly Intervention[], row: readonly number[]): number[] {
  const values = Float32Array.from(row);
  for (const intervention of interventions) {
    compileOperation(intervention, 3)(values, 0, intervention.schedule?.[0]?.factor ?? 1);
  }
  return [...values].map((value) => Math.round(1e5 * value) / 1e5);
}

const result = (operation: SteeringOperation, strength: number, more?: Partial<InterventionSpec>) =>
  applied(interventionsOf(spec(operation, strength, more), vector, { reference }), [3, 4, 12]);

// The direction at layer 3 is the second dimension, the mean norm 10; the row is (3, 4, 12) of norm 13.
test("what a strength means for each operation, worked out by hand", () => {
  expect(result("add", 0.2)).toEqual([3, 6, 12]);
  expect(result("add", 5, { unit: "absolute" })).toEqual([3, 9, 12]);
  const kept = 13 / Math.hypot(3, 6, 12);
  expect(result("add-keeping-norm", 0.2)).toEqual(
    [3, 6, 12].map((value) => Math.round(1e5 * value * kept) / 1e5),
  );
  expect(result("ablate", 1)).toEqual([3, 0, 12]);
  expect(result("ablate", 0.25)).toEqual([3, 3, 12]);
  expect(result("ablate-add", 0.2)).toEqual([3, 2, 12]);
  expect(result("clamp", 0.5)).toEqual([3, 5, 12]);
  expect(result("clamp", 0.1)).toEqual([3, 4, 12]);
  expect(result("clamp", -1, { clampMost: 0.3 })).toEqual([3, 3, 12]);
  expect(result("replace", 1)).toEqual([3, 7, 12]);
  expect(result("replace", 0.5)).toEqual([3, 5.5, 12]);
  const across = Math.hypot(3, 12);
  const angle = Math.atan2(across, 4) - 0.3;
  expect(result("rotate", 0.3)).toEqual(
    [(3 / across) * 13 * Math.sin(angle), 13 * Math.cos(angle), (12 / across) * 13 * Math.sin(angle)].map(
      (value) => Math.round(1e5 * value) / 1e5,
    ),
  );
});

test("an addition is the one that it always was", () => {
  expect(interventionsOf(spec("add", 0.3), vector)).toEqual([steeringAddition(vector, 3, 0.3)]);
});

test("layers are steered in ascending order, each with its own direction and norm, layer 0 too", () => {
  const made = interventionsOf(spec("add", 0.5, { layers: [3, 0, 3] }), vector);
  expect(made).toEqual([
    { kind: "add", layer: 0, vector: Float32Array.of(1, 0, 0) },
    { kind: "add", layer: 3, vector: Float32Array.of(0, 5, 0) },
  ]);
  expect(addedLength(spec("add", 0.5, { layers: [0, 3] }), vector)).toBe(3);
  expect(addedLength(spec("rotate", 0.5), vector)).toBeNaN();
});

test("place, condition and schedule go to every intervention; a share of the way is a factor", () => {
  const when: Condition = {
    layer: 0,
    vector: vector.layers[0]!.unit,
    measure: "cosine",
    over: "row",
    above: 0,
  };
  const site = {
    where: { phase: "generated" },
    when,
    schedule: [
      { token: 0, factor: 1 },
      { token: 4, factor: 0 },
    ],
  } as const;
  for (const operation of STEERING_OPERATIONS) {
    const made = interventionsOf(spec(operation, 0.5, site), vector, { reference });
    expect(made.length).toBe(operation === "ablate-add" ? 2 : 1);
    const shared = ["ablate", "replace"].includes(operation);
    for (const intervention of made) {
      expect(intervention).toMatchObject({ layer: 3, where: site.where, when });
      expect(intervention.schedule).toEqual([
        { token: 0, factor: shared ? 0.5 : 1 },
        { token: 4, factor: 0 },
      ]);
    }
  }
  expect(interventionsOf(spec("ablate", 1), vector)[0]).not.toHaveProperty("schedule");
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  "a strength of %d is refused by every operation",
  (strength) => {
    for (const operation of STEERING_OPERATIONS) {
      expect(() => interventionsOf(spec(operation, strength), vector, { reference })).toThrow(
        `steering.strengths: ${strength} is not a number.`,
      );
    }
  },
);

test("a layer that the vector lacks, and a replacement by nothing, are refused", () => {
  expect(() => interventionsOf(spec("rotate", 1, { layers: [2] }), vector)).toThrow(/no layer 2, only 0, 3/);
  expect(() => interventionsOf(spec("replace", 1), vector)).toThrow(RangeError);
});

test("the order is said where it matters", () => {
  const both = interventionsOf(spec("ablate-add", 0.2, { layers: [0, 3] }), vector);
  expect(describeInterventions([...both].reverse())).toEqual([
    "layer 0: add a vector of length 0.4, then take out the direction (in this order, which matters)",
    "layer 3: add a vector of length 2, then take out the direction (in this order, which matters)",
  ]);
  expect(describeInterventions(both)[0]).toMatch(/^layer 0: take out the direction, then add/);
  expect(orderWithin("ablate-add")).toMatch(/taken out first/);
  expect(orderWithin("add")).toBeUndefined();
});

test("interventions commute exactly where the engine's arithmetic says so", () => {
  const row = [3, 4, 12];
  const unit = (...values: number[]) => Float32Array.from(values);
  const all: Intervention[] = [
    { kind: "add", layer: 1, vector: unit(0, 2, 1) },
    { kind: "add", layer: 1, vector: unit(1, 0, 0) },
    { kind: "ablate", layer: 1, direction: unit(1, 0, 0) },
    { kind: "ablate", layer: 1, direction: unit(0, 2, 0) },
    { kind: "clamp", layer: 1, direction: unit(1, 0, 0), least: 4 },
    { kind: "replace", layer: 1, direction: unit(0, 0, 1), reference: unit(0, 0, 5) },
    { kind: "rotate", layer: 1, direction: unit(0, 1, 0), angle: 0.4 },
    { kind: "add-keeping-norm", layer: 1, vector: unit(0, 0, 2) },
  ];
  for (const a of all) {
    for (const b of all) {
      if (a === b) continue;
      const same = applied([a, b], row).every(
        (value, i) => Math.abs(value - applied([b, a], row)[i]!) < 1e-4,
      );
      expect({ a, b, commute: commute(a, b) }).toEqual({ a, b, commute: same });
    }
  }
});

test("interventions in words", () => {
  const when: Condition = {
    layer: 0,
    vector: vector.layers[0]!.unit,
    measure: "cosine",
    over: "prompt",
    above: 0.12345,
  };
  const lines = describeInterventions([
    {
      kind: "clamp",
      layer: 2,
      direction: vector.layers[0]!.unit,
      least: 1,
      most: 2,
      where: { phase: "prompt", include: [{ tokens: [1, 2] }], exclude: [{ anchor: "start", to: 3 }] },
      when,
      schedule: [
        { token: 0, factor: 1 },
        { token: 9, factor: 0 },
      ],
    },
    {
      kind: "rotate",
      layer: 1,
      direction: vector.layers[0]!.unit,
      angle: 0.5,
      where: { phase: "generated" },
    },
  ]);
  expect(lines).toEqual([
    "layer 1: turn by 0.5 radians towards the direction, rows of what is written",
    "layer 2: keep the component along the direction at least 1 and at most 2, rows of the prompt that hold one of 2 tokens, but none up to 3 from the start, where the cosine of the prompt's mean residual at layer 0 is above 0.123, times 1 at token 0, times 0 at token 9",
  ]);
});
