import { expect, test } from "vitest";
import type { ModelInfo } from "../engine/engine.js";
import type { Intervention } from "../engine/intervention.js";
import { EngineError } from "../errors.js";
import { compareDistributions, proveEffect } from "./proof-of-effect.js";

const logarithms = (probabilities: number[]): Float32Array => Float32Array.from(probabilities, Math.log);
const plain = [0.5, 0.3, 0.15, 0.05];
const steered = [0.2, 0.4, 0.15, 0.25];

// import numpy as np
// q, p = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.2, 0.4, 0.15, 0.25])
// print(np.abs(p - q).sum() / 2, (p * np.log(p / q)).sum())
test("total variation and Kullback-Leibler divergence", () => {
  const effect = compareDistributions(logarithms(steered), logarithms(plain));
  expect(effect.totalVariation).toBeCloseTo(0.3, 6);
  expect(effect.klDivergence).toBeCloseTo(0.3341741607144065, 6);
  expect(effect.changed).toBe(true);
});

test("a token of probability 0 adds nothing where it has none in either", () => {
  const effect = compareDistributions(logarithms([1, 0]), logarithms([1, 0]));
  expect(effect).toEqual({ totalVariation: 0, klDivergence: 0, changed: false });
  expect(compareDistributions(logarithms([0.5, 0.5]), logarithms([1, 0])).klDivergence).toBe(
    Number.POSITIVE_INFINITY,
  );
});

const interventions: Intervention[] = [{ kind: "add", layer: 7, vector: Float32Array.of(1) }];
const model = { name: "Tiny", architecture: "mamba" } as ModelInfo;

/** An engine with one prompt: steering moves it to `with`. */
const engineThatGives = (withSteering: Float32Array) => ({
  model,
  nextToken: async (_: unknown, options?: { interventions?: readonly Intervention[] }) =>
    options?.interventions === interventions ? withSteering : logarithms(plain),
});

test("an intervention that works is measured", async () => {
  const effect = await proveEffect(engineThatGives(logarithms(steered)), { prompt: "a", interventions });
  expect(effect.totalVariation).toBeCloseTo(0.3, 6);
});

test("one that changes nothing is refused, naming architecture and layer", async () => {
  const proof = proveEffect(engineThatGives(logarithms(plain)), { prompt: "a", interventions });
  await expect(proof).rejects.toThrow(/layer 7 of Tiny \(architecture mamba\) changes nothing/);
  await expect(proof).rejects.toBeInstanceOf(EngineError);
});

test("one that breaks the model is refused", async () => {
  const broken = Float32Array.of(Number.NaN, 0, 0, 0);
  await expect(proveEffect(engineThatGives(broken), { prompt: "a", interventions })).rejects.toThrow(/NaN/);
});
