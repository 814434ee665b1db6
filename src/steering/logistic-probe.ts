import { minimize } from "../classify/lbfgs.js";
import { RecipeError } from "../errors.js";
import {
  type DenseMatrix,
  meanRow,
  minusRow,
  stacked,
  sumOfSquares,
  timesVector,
  transposeTimesVector,
} from "./dense-matrix.js";
import { type Direction, directionOf } from "./direction.js";

export interface LogisticProbeOptions {
  /** Inverse strength of the penalty, as scikit-learn's `C`. Default 1. */
  readonly C?: number;
}

/** Largest component of the gradient, per text, at which training stops. */
const TOLERANCE = 1e-9;
/** What is good enough where rounding lets the line search go no further. */
const ROUNDING = 1e-7;

/**
 * Logistic probe (Inference-Time Intervention, arXiv 2306.03341, on the residual stream of whole texts): the weights
 * of the minimum of C · Σᵢ ln(1 + exp(−yᵢ(w·xᵢ + b))) + ½‖w‖², y = 1 for the class and −1 for the others, by L-BFGS.
 *
 * x is a text's pooled residual divided by one number for the layer, the root mean square distance of its texts from
 * their mean, so that the penalty weighs the same at every depth and in every model; the norm itself would not do,
 * since the share of it that all texts have in common changes with depth. The direction is that of scikit-learn's
 * `LogisticRegression(C)` on the same x; taking away the mean changes only b.
 *
 * @param rows the class's pooled residuals. `[texts][width]`
 * @param others those of the other classes. `[texts][width]`
 * @returns `norm`: ‖w‖ per unit of the residual.
 * @throws RecipeError if the texts do not differ, C is not above 0, or the training does not converge.
 */
export function logisticProbe(
  rows: DenseMatrix,
  others: DenseMatrix,
  options: LogisticProbeOptions = {},
): Direction {
  const { C = 1 } = options;
  if (!(C > 0) || !Number.isFinite(C)) throw new RecipeError(`C must be a number above 0; it is ${C}.`);
  const all = stacked([rows, others]);
  const texts = all.rows;
  const centered = minusRow(all, meanRow(all));
  const scale = Math.sqrt(sumOfSquares(centered) / texts);
  if (!(scale > 0)) {
    throw new RecipeError("The residuals of the contrast texts do not differ. Give different texts.");
  }
  const x: DenseMatrix = {
    ...centered,
    values: Float64Array.from(centered.values, (value) => value / scale),
  };
  const width = all.columns;
  const penalty = 1 / (C * texts);

  // Divided by C and the number of texts, so that one tolerance fits few texts and many.
  const objective = (parameters: Float64Array, gradient: Float64Array): number => {
    const weights = parameters.subarray(0, width);
    const slopes = timesVector(x, weights);
    let loss = 0;
    let interceptSlope = 0;
    for (let text = 0; text < texts; text += 1) {
      const sign = text < rows.rows ? 1 : -1;
      const margin = sign * (slopes[text]! + parameters[width]!);
      const tail = Math.exp(-Math.abs(margin));
      loss += (Math.log1p(tail) + Math.max(0, -margin)) / texts;
      slopes[text] = (-sign * (margin > 0 ? tail : 1)) / ((1 + tail) * texts);
      interceptSlope += slopes[text]!;
    }
    gradient.set(transposeTimesVector(x, slopes));
    gradient[width] = interceptSlope;
    let squares = 0;
    for (let i = 0; i < width; i += 1) {
      squares += weights[i]! ** 2;
      gradient[i]! += penalty * weights[i]!;
    }
    return loss + (penalty * squares) / 2;
  };
  const { x: found, gradientNorm } = minimize(objective, new Float64Array(width + 1), {
    tolerance: TOLERANCE,
    maxIterations: 10_000,
  });
  if (gradientNorm > ROUNDING)
    throw new RecipeError(`The logistic probe did not converge at C = ${C}. Lower C.`);
  return directionOf(found.slice(0, width).map((weight) => weight / scale));
}
