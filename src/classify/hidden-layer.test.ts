import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hiddenLayerLoss, trainHiddenLayer } from "./hidden-layer.js";
import { argmax } from "./logistic-regression.js";

const fixture: {
  X: number[][];
  y: number[];
  parameters: number[];
  loss: number;
  probabilities: number[][];
} = JSON.parse(readFileSync(new URL("fixtures/hidden-layer.json", import.meta.url), "utf8"));
const X = fixture.X.map((row) => Float64Array.from(row));
const y = Int32Array.from(fixture.y);
const shape = { features: 4, units: 6, classes: 3 };
const ones = new Float64Array(X.length).fill(1);

test("the loss at scikit-learn's weights is scikit-learn's, and is a minimum", () => {
  const parameters = Float64Array.from(fixture.parameters);
  const gradient = new Float64Array(parameters.length);
  const loss = hiddenLayerLoss(X, y, shape, ones, 0.5, parameters, gradient);
  expect(loss).toBeCloseTo(fixture.loss, 10);
  expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(2e-4);
});

test("the gradient is that of the loss, also with weighted rows", () => {
  const weights = Float64Array.from(ones, (_, i) => 0.5 + (i % 3));
  const parameters = Float64Array.from(fixture.parameters, (value, i) => value + 0.1 * Math.sin(i));
  const gradient = new Float64Array(parameters.length);
  const at = (values: Float64Array) =>
    hiddenLayerLoss(X, y, shape, weights, 2, values, new Float64Array(values.length));
  hiddenLayerLoss(X, y, shape, weights, 2, parameters, gradient);
  for (let i = 0; i < parameters.length; i++) {
    const moved = (by: number) => at(parameters.map((value, j) => (j === i ? value + by : value)));
    expect(gradient[i]).toBeCloseTo((moved(1e-6) - moved(-1e-6)) / 2e-6, 6);
  }
});

test("learns what no straight line tells apart, the same for the same seed", () => {
  const model = trainHiddenLayer(X, y, 3, { units: 16, seed: 4, C: 100 });
  const right = model.probabilities(X).filter((row, i) => argmax(row) === y[i]).length;
  expect(right / X.length).toBeGreaterThan(0.9);
  expect(trainHiddenLayer(X, y, 3, { units: 16, seed: 4, C: 100 }).probabilities(X)).toEqual(
    model.probabilities(X),
  );
  expect(trainHiddenLayer(X, y, 3, { units: 16, seed: 5, C: 100 }).probabilities(X)).not.toEqual(
    model.probabilities(X),
  );
});

test("a class without a row is refused", () => {
  expect(() => trainHiddenLayer(X, y, 4, { units: 2, seed: 1 })).toThrow(/Class 3 of 4 has no training text/);
});
