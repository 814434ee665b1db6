import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TillerError } from "../errors.js";
import { coherenceScale, createCoherence } from "./coherence.js";

const human = [-2.1, -2.6, -3.0, -1.9, -2.4];
const shuffled = [-4.0, -5.1, -4.4, -3.9, -2.5];

/*
 * import numpy as np; from scipy.stats import mannwhitneyu
 * h = np.array([-2.1, -2.6, -3.0, -1.9, -2.4]); s = np.array([-4.0, -5.1, -4.4, -3.9, -2.5])
 * t, b = np.median(h), np.median(s)
 * print(t, b, mannwhitneyu(h, s).statistic / 25)
 * print([np.clip((l - b) / (t - b), 0, 1) * (1 - max(0, r - .05))
 *        for l, r in [(-3.0, 0), (-3.4, .25), (-2.0, .05), (-0.3, .9), (-9, 0)]])
 */
describe("coherence", () => {
  it("has the scale and the values of NumPy", () => {
    const scale = coherenceScale({ human, shuffled, repetition: 0.05 });
    expect(scale).toMatchObject({ top: -2.4, bottom: -4.0, repetition: 0.05 });
    expect(scale?.separation).toBeCloseTo(0.92, 12);
    const coherence = createCoherence({ human, shuffled, repetition: 0.05 });
    const found = [
      [-3.0, 0],
      [-3.4, 0.25],
      [-2.0, 0.05],
      [-0.3, 0.9],
      [-9, 0],
    ].map(([logProbability, repetition]) => coherence(logProbability!, repetition!));
    for (const [i, value] of [0.625, 0.3, 1, 0.15, 0].entries()) expect(found[i]).toBeCloseTo(value, 12);
  });

  it("gives a loop, however probable, less than a human text", () => {
    const coherence = createCoherence({ human, shuffled });
    expect(coherence(-0.01, 0)).toBe(1);
    expect(coherence(-0.01, 0.8)).toBeCloseTo(0.2, 12);
    expect(coherence(Number.NEGATIVE_INFINITY, 0)).toBe(0);
  });

  it("refuses a model that cannot tell human texts from word salad, and missing values", () => {
    expect(coherenceScale({ human: shuffled, shuffled: human })).toBeUndefined();
    expect(coherenceScale({ human: [], shuffled })).toBeUndefined();
    expect(coherenceScale({ human: [Number.NaN], shuffled: [Number.NaN] })).toBeUndefined();
    expect(() => createCoherence({ human, shuffled: human })).toThrow("not above that of 5 shuffled");
    expect(() => createCoherence({ human, shuffled })(Number.NaN, 0)).toThrow(TillerError);
  });

  it("ignores NaN in the calibration", () => {
    const withGaps = coherenceScale({ human: [...human, Number.NaN], shuffled: [Number.NaN, ...shuffled] });
    expect(withGaps).toEqual(coherenceScale({ human, shuffled }));
  });

  it("stays from 0 to 1, rises with probability and falls with repetition", () => {
    const coherence = createCoherence({ human, shuffled, repetition: 0.1 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const log = fc.double({ max: 0, noNaN: true });
    fc.assert(
      fc.property(log, log, share, share, (l, m, r, s) => {
        const value = coherence(l, r);
        expect(value >= 0 && value <= 1).toBe(true);
        expect(coherence(Math.max(l, m), r)).toBeGreaterThanOrEqual(value);
        expect(coherence(l, Math.max(r, s))).toBeLessThanOrEqual(value);
      }),
      { seed: 9 },
    );
  });
});
