import { expect, test } from "vitest";
import { minimize, type Objective } from "./lbfgs.js";

/** Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²; minimum 0 at all ones. */
const rosenbrock: Objective = (x, gradient) => {
  gradient.fill(0);
  let value = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const a = x[i + 1]! - x[i]! ** 2;
    const b = 1 - x[i]!;
    value += 100 * a * a + b * b;
    gradient[i]! += -400 * a * x[i]! - 2 * b;
    gradient[i + 1]! += 200 * a;
  }
  return value;
};

test.each([2, 10, 50])("finds Rosenbrock's minimum in %i dimensions", (size) => {
  const start = Float64Array.from({ length: size }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
  const result = minimize(rosenbrock, start, { tolerance: 1e-8 });
  expect(result.converged).toBe(true);
  for (const component of result.x) expect(component).toBeCloseTo(1, 6);
  expect(result.gradientNorm).toBeLessThanOrEqual(1e-8);
  expect(result.evaluations).toBeLessThan(size * 40);
  expect(start[0]).toBe(-1.2);
});

test("finds the minimum of an ill-conditioned quadratic", () => {
  // ½ Σ cᵢ (xᵢ − i)² with curvatures from 1 to 10⁴: the minimum is at xᵢ = i.
  const curvatures = Float64Array.from({ length: 30 }, (_, i) => 10 ** ((4 * i) / 29));
  const quadratic: Objective = (x, gradient) => {
    let value = 0;
    curvatures.forEach((curvature, i) => {
      gradient[i] = curvature * (x[i]! - i);
      value += (gradient[i]! * (x[i]! - i)) / 2;
    });
    return value + 7;
  };
  const result = minimize(quadratic, new Float64Array(30), { tolerance: 1e-6 });
  expect(result.converged).toBe(true);
  expect(result.value).toBeCloseTo(7, 9);
  result.x.forEach((component, i) => {
    expect(component).toBeCloseTo(i, 5);
  });
});

test("a function whose value overflows beyond a wall is still minimised", () => {
  // x − ln x: infinite at 0 and undefined below; minimum 1 at 1.
  const walled: Objective = (x, gradient) => {
    gradient[0] = 1 - 1 / x[0]!;
    return x[0]! <= 0 ? Number.POSITIVE_INFINITY : x[0]! - Math.log(x[0]!);
  };
  const result = minimize(walled, Float64Array.of(0.001), { tolerance: 1e-9 });
  expect(result.converged).toBe(true);
  expect(result.x[0]).toBeCloseTo(1, 7);
});

test("says so when it stops before the minimum", () => {
  const result = minimize(rosenbrock, Float64Array.of(-1.2, 1), { maxIterations: 3 });
  expect(result.iterations).toBe(3);
  expect(result.converged).toBe(false);
});

test("a function without a minimum ends without converging", () => {
  const line: Objective = (x, gradient) => {
    gradient[0] = 1;
    return x[0]!;
  };
  expect(minimize(line, Float64Array.of(0)).converged).toBe(false);
});

test("refuses a start where the function is not finite", () => {
  expect(() => minimize(() => Number.NaN, Float64Array.of(0))).toThrow(RangeError);
});
