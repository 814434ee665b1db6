import { minimize } from "../classify/lbfgs.js";
import {
  type DenseMatrix,
  meanRow,
  minusRow,
  stacked,
  sumOfSquares,
  timesVector,
  transposeTimesVector,
} from "../steering/dense-matrix.js";
import { euclideanNorm } from "../steering/direction.js";

/**
 * Largest component of the gradient, per text, at which training stops. The order of projections is long settled then;
 * and training that rounding stops before is good enough.
 */
const TOLERANCE = 1e-7;

/**
 * The direction along which logistic regression tells two sets of embeddings apart: the unit weights of the minimum of
 * C · Σᵢ ln(1 + exp(−yᵢ(w·xᵢ + b))) + ½‖w‖², y = 1 for the first set and −1 for the second, by L-BFGS. x is an embedding
 * divided by the root mean square distance of all from their mean, so that C means the same for every encoder.
 *
 * @param positive `[texts][width]`
 * @param negative `[texts][width]`
 * @returns zeros where nothing tells them apart. `[width]`
 * @throws RangeError for a C that is not above 0, or an empty side.
 */
export function separatingDirection(positive: DenseMatrix, negative: DenseMatrix, C = 1): Float64Array {
  if (!(C > 0) || !Number.isFinite(C)) throw new RangeError(`C must be a number above 0; it is ${C}.`);
  if (positive.rows === 0 || negative.rows === 0) throw new RangeError("A side without texts.");
  const all = stacked([positive, negative]);
  const { rows: texts, columns: width } = all;
  const centred = minusRow(all, meanRow(all));
  const scale = Math.sqrt(sumOfSquares(centred) / texts);
  if (!(scale > 0)) return new Float64Array(width);
  const x = { ...centred, values: centred.values.map((value) => value / scale) };
  const penalty = 1 / (C * texts);

  const objective = (parameters: Float64Array, gradient: Float64Array): number => {
    const weights = parameters.subarray(0, width);
    const slopes = timesVector(x, weights);
    let loss = 0;
    let interceptSlope = 0;
    for (let text = 0; text < texts; text++) {
      const sign = text < positive.rows ? 1 : -1;
      const margin = sign * (slopes[text]! + parameters[width]!);
      const tail = Math.exp(-Math.abs(margin));
      loss += (Math.log1p(tail) + Math.max(0, -margin)) / texts;
      slopes[text] = (-sign * (margin > 0 ? tail : 1)) / ((1 + tail) * texts);
      interceptSlope += slopes[text]!;
    }
    const slopesOfWeights = transposeTimesVector(x, slopes);
    let squares = 0;
    for (let i = 0; i < width; i++) {
      squares += weights[i]! ** 2;
      gradient[i] = slopesOfWeights[i]! + penalty * weights[i]!;
    }
    gradient[width] = interceptSlope;
    return loss + (penalty * squares) / 2;
  };
  const { x: found } = minimize(objective, new Float64Array(width + 1), { tolerance: TOLERANCE });
  const weights = found.subarray(0, width);
  const norm = euclideanNorm(weights);
  return weights.map((weight) => (norm > 0 ? weight / norm : 0));
}
