import { mean } from "./statistics.js";

/** P(positive | score) = 1 / (1 + exp(−(slope · score + intercept))). */
export interface LogisticCalibration {
  readonly slope: number;
  readonly intercept: number;
}

/** Newton steps; a handful are usual. */
const MOST_STEPS = 100;

/**
 * Probabilities from scores by logistic regression on the score alone (Platt 1999), by Newton's method, with Platt's
 * targets (m + 1)/(m + 2) and 1/(n + 2) in the place of 1 and 0, so that scores that separate the two sides fully still
 * give a finite slope. Both sides weigh the same whatever their sizes: 0.5 is an even prior.
 *
 * @throws RangeError if a side is empty, or a score is not finite.
 */
export function logisticCalibration(
  positive: readonly number[],
  negative: readonly number[],
): LogisticCalibration {
  const scores = [...positive, ...negative];
  if (positive.length === 0 || negative.length === 0) throw new RangeError("Calibration needs both sides.");
  if (!scores.every(Number.isFinite)) throw new RangeError("Calibration needs finite scores.");
  const centre = mean(scores)!;
  const spread = Math.sqrt(mean(scores.map((score) => (score - centre) ** 2))!);
  const scale = spread > 0 ? spread : 1;
  const sides = [
    { scores: positive, target: (positive.length + 1) / (positive.length + 2) },
    { scores: negative, target: 1 / (negative.length + 2) },
  ].map((side) => ({
    weight: 0.5 / side.scores.length,
    target: side.target,
    x: side.scores.map((score) => (score - centre) / scale),
  }));

  const lossAt = (slope: number, intercept: number): number => {
    let loss = 0;
    for (const { weight, target, x } of sides) {
      for (const value of x) {
        const z = slope * value + intercept;
        // ln(1 + e^z) − target · z, without overflow.
        loss += weight * (Math.log1p(Math.exp(-Math.abs(z))) + Math.max(0, z) - target * z);
      }
    }
    return loss;
  };
  let [slope, intercept] = [0, 0];
  for (let step = 0; step < MOST_STEPS; step++) {
    let [slopeGradient, interceptGradient, xx, x1, ones] = [0, 0, 0, 0, 0];
    for (const { weight, target, x } of sides) {
      for (const value of x) {
        const probability = 1 / (1 + Math.exp(-(slope * value + intercept)));
        const residual = weight * (probability - target);
        const curvature = weight * probability * (1 - probability);
        slopeGradient += residual * value;
        interceptGradient += residual;
        xx += curvature * value * value;
        x1 += curvature * value;
        ones += curvature;
      }
    }
    if (Math.max(Math.abs(slopeGradient), Math.abs(interceptGradient)) < 1e-12) break;
    // Scores that do not differ leave the slope free; the ridge keeps it at 0.
    const ridged = xx + 1e-12;
    const determinant = ridged * ones - x1 * x1;
    const slopeStep = (ones * slopeGradient - x1 * interceptGradient) / determinant;
    const interceptStep = (ridged * interceptGradient - x1 * slopeGradient) / determinant;
    const before = lossAt(slope, intercept);
    let length = 1;
    while (length > 1e-6 && lossAt(slope - length * slopeStep, intercept - length * interceptStep) > before) {
      length /= 2;
    }
    slope -= length * slopeStep;
    intercept -= length * interceptStep;
  }
  return { slope: slope / scale, intercept: intercept - (slope * centre) / scale };
}
