import { RecipeError } from "../errors.js";
import { minimize } from "./lbfgs.js";
import type { SparseMatrix } from "./sparse-matrix.js";

export interface LogisticRegressionOptions {
  /** Inverse strength of the penalty, as scikit-learn's `C`. Default 1. */
  readonly C?: number | undefined;
  /** Weigh each text by n / (classes · texts of its class), as scikit-learn's `class_weight="balanced"`. */
  readonly balanced?: boolean | undefined;
  /** Largest component of the gradient, per text, at which training stops. Default 1e-4. */
  readonly tolerance?: number | undefined;
  /** Default 1000. */
  readonly maxIterations?: number | undefined;
}

export interface LogisticRegression {
  readonly classes: number;
  readonly features: number;
  /** `[features][classes]`, flat. */
  readonly weights: Float64Array | Float32Array;
  /** `[classes]` */
  readonly intercepts: Float64Array;
}

export interface TrainedLogisticRegression extends LogisticRegression {
  readonly iterations: number;
  /** False when training stopped before the tolerance was reached. */
  readonly converged: boolean;
}

/**
 * Multinomial logistic regression: the minimum of C · Σᵢ sᵢ · (−ln softmax(W xᵢ + b)[yᵢ]) + ½‖W‖², intercepts
 * unpenalised, by L-BFGS from zero. With two classes the penalty is ‖W‖², which makes the probabilities those of
 * scikit-learn's `LogisticRegression`, whose two-class form has one weight vector, W₁ − W₀.
 *
 * @param X `[texts][features]`
 * @param y `[texts]`, class numbers from 0 to `classes` − 1.
 * @throws RecipeError when a class has no text, there are fewer than two classes, or C is not above 0.
 */
export function trainLogisticRegression(
  X: SparseMatrix,
  y: Int32Array,
  classes: number,
  options: LogisticRegressionOptions = {},
): TrainedLogisticRegression {
  const { C = 1, balanced = false, tolerance = 1e-4, maxIterations = 1000 } = options;
  if (!(C > 0) || !Number.isFinite(C)) throw new RecipeError(`C must be a number above 0; it is ${C}.`);
  if (classes < 2) throw new RecipeError(`A classifier needs two classes or more; there is ${classes}.`);
  if (y.length !== X.rows) throw new RangeError(`${X.rows} rows and ${y.length} class numbers.`);
  const sampleWeights = weightsOfSamples(y, classes, balanced);
  const totalWeight = sampleWeights.reduce((sum, weight) => sum + weight, 0);
  const penalty = (classes === 2 ? 2 : 1) / (C * totalWeight);
  const weightCount = X.columns * classes;
  const probabilities = new Float64Array(classes);
  const { rowOffsets, columnIndices, values } = X;

  // Divided by C and the total weight, so that one tolerance fits few texts and many.
  const objective = (parameters: Float64Array, gradient: Float64Array): number => {
    let squares = 0;
    for (let i = 0; i < weightCount; i++) {
      const weight = parameters[i]!;
      squares += weight * weight;
      gradient[i] = penalty * weight;
    }
    gradient.fill(0, weightCount);
    let loss = 0;
    for (let row = 0; row < X.rows; row++) {
      const scale = sampleWeights[row]! / totalWeight;
      logits(probabilities, X, row, parameters, parameters, weightCount);
      loss += scale * (logSumExp(probabilities) - probabilities[y[row]!]!);
      softmax(probabilities);
      probabilities[y[row]!]! -= 1;
      for (let k = 0; k < classes; k++) {
        probabilities[k]! *= scale;
        gradient[weightCount + k]! += probabilities[k]!;
      }
      const end = rowOffsets[row + 1]!;
      for (let entry = rowOffsets[row]!; entry < end; entry++) {
        const first = columnIndices[entry]! * classes;
        const value = values[entry]!;
        for (let k = 0; k < classes; k++) gradient[first + k]! += value * probabilities[k]!;
      }
    }
    return loss + (penalty * squares) / 2;
  };

  const minimum = minimize(objective, new Float64Array(weightCount + classes), { tolerance, maxIterations });
  return {
    classes,
    features: X.columns,
    weights: minimum.x.slice(0, weightCount),
    intercepts: minimum.x.slice(weightCount),
    iterations: minimum.iterations,
    converged: minimum.converged,
  };
}

/** `[texts][classes]`: softmax(W x + b) for each row. */
export function predictProbabilities(model: LogisticRegression, X: SparseMatrix): Float64Array[] {
  if (X.columns !== model.features) {
    throw new RangeError(`The model has ${model.features} features and the texts have ${X.columns}.`);
  }
  return Array.from({ length: X.rows }, (_, row) => {
    const probabilities = new Float64Array(model.classes);
    logits(probabilities, X, row, model.weights, model.intercepts, 0);
    softmax(probabilities);
    return probabilities;
  });
}

/** The number of the largest value; of equals, the first. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k;
  return best;
}

function weightsOfSamples(y: Int32Array, classes: number, balanced: boolean): Float64Array {
  const counts = new Int32Array(classes);
  for (const label of y) {
    if (label < 0 || label >= classes) throw new RangeError(`Class number ${label} of ${classes} classes.`);
    counts[label]!++;
  }
  const missing = counts.indexOf(0);
  if (missing >= 0) throw new RecipeError(`Class ${missing} of ${classes} has no training text.`);
  return Float64Array.from(y, (label) => (balanced ? y.length / (classes * counts[label]!) : 1));
}

function logits(
  output: Float64Array,
  X: SparseMatrix,
  row: number,
  weights: Float64Array | Float32Array,
  intercepts: Float64Array,
  firstIntercept: number,
): void {
  const classes = output.length;
  const { rowOffsets, columnIndices, values } = X;
  const end = rowOffsets[row + 1]!;
  for (let k = 0; k < classes; k++) output[k] = intercepts[firstIntercept + k]!;
  for (let entry = rowOffsets[row]!; entry < end; entry++) {
    const first = columnIndices[entry]! * classes;
    const value = values[entry]!;
    for (let k = 0; k < classes; k++) output[k]! += value * weights[first + k]!;
  }
}

function logSumExp(values: Float64Array): number {
  const largest = values[argmax(values)]!;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}

function softmax(values: Float64Array): void {
  const normalizer = logSumExp(values);
  for (let k = 0; k < values.length; k++) values[k] = Math.exp(values[k]! - normalizer);
}
