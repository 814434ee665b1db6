import { expect, test } from "vitest";
import { openTiny } from "../engine/llama/test-engine.js";
import { ModelError } from "../errors.js";
import { inspectVectors } from "./inspect-vector.js";
import type { SteeringVector } from "./steering-vector.js";

function vectorOf(model: SteeringVector["model"]): SteeringVector {
  const unit = (dimension: number) =>
    Float32Array.from({ length: model.width }, (_, at) => (at === dimension ? 0.8 : at === 9 ? 0.6 : 0));
  return {
    method: "mean-difference",
    class: "good",
    language: "en",
    weighting: "text",
    positions: "all-but-first",
    model,
    dataSha256: "d".repeat(64),
    texts: 4,
    tokens: 8,
    tillerVersion: "0.1.0",
    layers: [
      { layer: 0, unit: unit(3), differenceNorm: 2, residualNorm: 8 },
      { layer: 1, unit: unit(4), differenceNorm: 3, residualNorm: undefined },
      { layer: 3, unit: unit(4), differenceNorm: 3, residualNorm: undefined },
    ],
  };
}

const heldOut = [
  { language: "en", class: "good", texts: ["The food was good.", "A great day."] },
  { language: "en", class: "bad", texts: ["The food was bad.", "A sad day.", "It was cold."] },
];

test("without an engine: what a vector says of itself, and how far it turns from layer to layer", async () => {
  const [found] = await inspectVectors([
    vectorOf({ sha256: "a".repeat(64), architecture: "llama", name: "", width: 12 }),
  ]);
  expect(found).toMatchObject({ class: "good", texts: 4, heldOut: undefined });
  expect(found!.layers.map(({ layer, residualNorm }) => [layer, residualNorm])).toEqual([
    [0, 8],
    [1, undefined],
    [3, undefined],
  ]);
  const turns = found!.layers.map(({ cosineBefore }) => cosineBefore);
  expect(turns[0]).toBeUndefined();
  expect(turns[1]).toBeCloseTo(0.36, 6);
  expect(turns[2]).toBeUndefined();
});

test("with one: separation and tokens at the layers that were asked for", async () => {
  await using engine = await openTiny();
  const told: [number, number][] = [];
  const [found] = await inspectVectors([vectorOf(engine.model)], {
    engine,
    heldOut,
    tokens: 3,
    layers: [1, 3],
    onText: (done, total) => told.push([done, total]),
  });
  expect(found!.heldOut).toEqual({ texts: 2, others: 3 });
  expect(found!.layers.map(({ layer }) => layer)).toEqual([1, 3]);
  for (const { separation, towards, away, cosineBefore, layer } of found!.layers) {
    expect(separation!.auroc * 6).toBeCloseTo(Math.round(separation!.auroc * 6), 9);
    expect(towards).toHaveLength(3);
    expect(away).toHaveLength(3);
    // Layer 0 was not asked for, but the direction has turned since then.
    expect(cosineBefore === undefined).toBe(layer === 3);
  }
  expect(told.at(-1)).toEqual([5, 5]);
  const foreign = vectorOf({ ...engine.model, sha256: "f".repeat(64) });
  await expect(inspectVectors([foreign], { engine, heldOut })).rejects.toThrow(ModelError);
});
