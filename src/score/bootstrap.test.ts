import { expect, it } from "vitest";
import { bootstrapInterval } from "./bootstrap.js";

const values = [0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1];
const mean = (indices: Int32Array): number =>
  indices.reduce((sum, i) => sum + values[i]!, 0) / indices.length;

/*
 * import numpy as np; rng = np.random.default_rng(1)
 * x = np.array([0,1,1,0,1,1,1,0,1,1,1,1,0,1,0,1,1,1,0,1])
 * print(np.percentile([rng.choice(x, 20).mean() for _ in range(20000)], [2.5, 97.5]))
 */
it("has the percentiles of NumPy's resampling", () => {
  const found = bootstrapInterval(20, mean, { seed: 1, resamples: 20_000 })!;
  expect(found.low).toBeCloseTo(0.5, 12);
  expect(found.high).toBeCloseTo(0.9, 12);
});

it("covers the true mean about as often as it says", () => {
  // 200 samples of 60 uniform numbers: 95 % intervals should hold 0.5 in about 190; five standard deviations are 15.
  let state = 1;
  const uniform = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  let covered = 0;
  for (let trial = 0; trial < 200; trial++) {
    const sample = Array.from({ length: 60 }, uniform);
    const interval = bootstrapInterval(
      60,
      (indices) => indices.reduce((sum, i) => sum + sample[i]!, 0) / indices.length,
      { seed: trial },
    )!;
    if (interval.low <= 0.5 && 0.5 <= interval.high) covered++;
  }
  expect(Math.abs(covered - 188)).toBeLessThan(15);
});

it("is the same for the same seed, and absent where there is nothing to resample", () => {
  expect(bootstrapInterval(20, mean, { seed: 4 })).toEqual(bootstrapInterval(20, mean, { seed: 4 }));
  expect(bootstrapInterval(1, mean, { seed: 4 })).toBeUndefined();
  expect(bootstrapInterval(0, mean, { seed: 4 })).toBeUndefined();
  expect(bootstrapInterval(20, () => undefined, { seed: 4 })).toBeUndefined();
});
