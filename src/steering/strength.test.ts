import { expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import type { SteeringVector } from "./steering-vector.js";
import { absoluteStrength, steeringAddition } from "./strength.js";

const imported: SteeringVector = {
  method: "imported",
  origin: "from happy.gguf",
  class: "happy",
  language: "any",
  weighting: "text",
  positions: "unknown",
  model: { sha256: "", architecture: "llama", name: "", width: 2 },
  dataSha256: "",
  texts: 0,
  tokens: 0,
  tillerVersion: "0",
  layers: [{ layer: 2, unit: Float32Array.of(0.6, 0.8), differenceNorm: 3, residualNorm: undefined }],
};

test("a vector that does not know the residual's norm has absolute strengths only", () => {
  expect(absoluteStrength(imported, 2, 5, "absolute")).toBe(5);
  expect([...steeringAddition(imported, 2, 5, "absolute").vector]).toEqual([3, 4]);
  for (const compute of [absoluteStrength, steeringAddition]) {
    expect(() => compute(imported, 2, 0.2)).toThrow(RecipeError);
    expect(() => compute(imported, 2, 0.2)).toThrow(/layer 2 \(from happy.gguf\).*unit: absolute/);
  }
});
