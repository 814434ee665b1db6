import { expect, test } from "vitest";
import { ModelError, RecipeError } from "../errors.js";
import { compareVectors } from "./compare-vectors.js";
import type { SteeringVector } from "./steering-vector.js";

const model = { sha256: "a".repeat(64), width: 3, name: "Tiny", architecture: "llama" };

function vectorOf(units: Record<number, number[]>, changes: Partial<SteeringVector> = {}): SteeringVector {
  return {
    method: "quality",
    class: "human",
    language: "en",
    weighting: "token",
    positions: "all-but-first",
    model,
    dataSha256: "",
    texts: 4,
    tokens: 8,
    tillerVersion: "0.1.0",
    layers: Object.entries(units).map(([layer, unit]) => ({
      layer: Number(layer),
      unit: Float32Array.from(unit),
      differenceNorm: 1,
      residualNorm: undefined,
    })),
    ...changes,
  };
}

test("cosines at the layers that all have, and their mean", () => {
  const compared = compareVectors([
    vectorOf({ 0: [1, 0, 0], 2: [0, 1, 0], 5: [0, 0.6, 0.8] }),
    vectorOf({ 2: [0, 0.6, -0.8], 5: [0, 0.8, 0.6] }),
    vectorOf({ 2: [0, -1, 0], 5: [1, 0, 0], 7: [1, 0, 0] }),
  ]);
  expect(compared.layers.map(({ layer }) => layer)).toEqual([2, 5]);
  const [two, five] = compared.layers.map(({ cosines }) => cosines.flat());
  [1, 0.6, -1, 0.6, 1, -0.6, -1, -0.6, 1].forEach((value, i) => {
    expect(two![i]).toBeCloseTo(value, 6);
  });
  [1, 0.96, 0, 0.96, 1, 0, 0, 0, 1].forEach((value, i) => {
    expect(five![i]).toBeCloseTo(value, 6);
  });
  expect(compared.mean[0]![1]).toBeCloseTo(0.78, 6);
  expect(compared.mean[2]![0]).toBeCloseTo(-0.5, 6);
});

// python -c "import numpy as np; r = np.random.default_rng(1).normal(size=(2, 20000, 64))
//   u = r / np.linalg.norm(r, axis=2, keepdims=True); print(np.abs((u[0] * u[1]).sum(1)).mean())"   # 0.1001
test("chance is what random directions have", () => {
  const unit = [1, ...new Array<number>(63).fill(0)];
  const wide = () => vectorOf({ 0: unit }, { model: { ...model, width: 64 } });
  expect(compareVectors([wide(), wide()]).chance).toBeCloseTo(0.1, 3);
});

test("vectors of different models, without a common layer, or only one, are refused", () => {
  const one = vectorOf({ 1: [1, 0, 0] });
  const other = vectorOf({ 1: [1, 0, 0] }, { model: { ...model, sha256: "b".repeat(64) }, language: "sl" });
  expect(() => compareVectors([one, one, other])).toThrow(ModelError);
  expect(() => compareVectors([one, one, other])).toThrow(/Vector 3, for human \(sl\).*b{64}.*a{64}/s);
  const imported = vectorOf({ 1: [1, 0, 0] }, { model: { ...model, sha256: "" } });
  expect(compareVectors([one, imported]).mean[0]).toEqual([1, 1]);
  const wide = vectorOf({ 1: [1, 0, 0, 0] }, { model: { ...model, sha256: "", width: 4 } });
  expect(() => compareVectors([one, wide])).toThrow(/width 4.*width 3/);
  expect(() => compareVectors([one, vectorOf({ 2: [1, 0, 0] })])).toThrow(/no layer in common.*1; 2/);
  expect(() => compareVectors([one, vectorOf({ 1: [Number.NaN, 0, 0] })])).toThrow(/not finite/);
  expect(() => compareVectors([one])).toThrow(RecipeError);
});
