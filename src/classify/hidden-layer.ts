import { RecipeError } from "../errors.js";
import { randomGenerator } from "../random/seeded-random.js";
import { minimize } from "./lbfgs.js";

export interface HiddenLayerOptions {
  /** Units of the hidden layer. */
  readonly units: number;
  /** Of the first weights. */
  readonly seed: number;
  /** Inverse strength of the penalty on all weights, as `LogisticRegressionOptions` has it. Default 1. */
  readonly C?: number | undefined;
  /** Weigh each row by n / (classes · rows of its class). */
  readonly balanced?: boolean | undefined;
  /** Largest component of the gradient, per row, at which training stops. Default 1e-4. */
  readonly tolerance?: number | undefined;
  /** Default 200. */
  readonly maxIterations?: number | undefined;
}

export interface HiddenLayerModel {
  readonly converged: boolean;
  /** softmax(W₂ tanh(W₁ x + b₁) + b₂) of each row. `[rows][classes]` */
  probabilities(X: readonly Float64Array[]): Float64Array[];
}

/** Where the parts of the one vector of parameters begin: W₁ `[units][features]`, b₁, W₂ `[classes][units]`, b₂. */
export interface HiddenLayerShape {
  readonly features: number;
  readonly units: number;
  readonly classes: number;
}

/**
 * A classifier with one hidden layer: the minimum that L-BFGS finds, from Glorot's uniform
 * first weights, of the mean over rows of sᵢ · (−ln p[yᵢ]) + (‖W₁‖² + ‖W₂‖²) / (2 C n). This is scikit-learn's
 * `MLPClassifier(activation="tanh", solver="lbfgs", alpha=1 / C)` where all sᵢ are 1. Units are tanh and not rectified ones,
 * whose kinks stop L-BFGS.
 *
 * @param X `[rows][features]`
 * @param y `[rows]`, class numbers from 0 to `classes` − 1.
 * @throws RecipeError when a class has no row.
 */
export function trainHiddenLayer(
  X: readonly Float64Array[],
  y: Int32Array,
  classes: number,
  options: HiddenLayerOptions,
): HiddenLayerModel {
  const { units, seed, C = 1, balanced = false, tolerance = 1e-4, maxIterations = 200 } = options;
  const shape: HiddenLayerShape = { features: X[0]?.length ?? 0, units, classes };
  const counts = new Int32Array(classes);
  for (const label of y) counts[label]!++;
  const missing = counts.indexOf(0);
  if (missing >= 0) throw new RecipeError(`Class ${missing} of ${classes} has no training text.`);
  const weights = Float64Array.from(y, (label) => (balanced ? y.length / (classes * counts[label]!) : 1));
  const minimum = minimize(
    (parameters, gradient) => hiddenLayerLoss(X, y, shape, weights, 1 / C, parameters, gradient),
    firstParameters(shape, seed),
    { tolerance, maxIterations },
  );
  return {
    converged: minimum.converged,
    probabilities: (rows) =>
      rows.map((row) => {
        const hidden = new Float64Array(units);
        const output = new Float64Array(classes);
        forward(row, shape, minimum.x, hidden, output);
        return output;
      }),
  };
}

function firstParameters({ features, units, classes }: HiddenLayerShape, seed: number): Float64Array {
  const random = randomGenerator(seed);
  const parameters = new Float64Array(units * features + units + classes * units + classes);
  const [one, two] = [Math.sqrt(6 / (features + units)), Math.sqrt(6 / (units + classes))];
  const second = units * features + units;
  for (let i = 0; i < units * features; i++) parameters[i] = (2 * random() - 1) * one;
  for (let i = second; i < second + classes * units; i++) parameters[i] = (2 * random() - 1) * two;
  return parameters;
}

/** Writes the activations of the hidden units and the probabilities of the classes. */
function forward(
  row: Float64Array,
  { features, units, classes }: HiddenLayerShape,
  parameters: Float64Array,
  hidden: Float64Array,
  output: Float64Array,
): void {
  const firstBias = units * features;
  const second = firstBias + units;
  const secondBias = second + classes * units;
  for (let u = 0; u < units; u++) {
    let sum = parameters[firstBias + u]!;
    const start = u * features;
    for (let j = 0; j < features; j++) sum += parameters[start + j]! * row[j]!;
    hidden[u] = Math.tanh(sum);
  }
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < classes; k++) {
    let sum = parameters[secondBias + k]!;
    const start = second + k * units;
    for (let u = 0; u < units; u++) sum += parameters[start + u]! * hidden[u]!;
    output[k] = sum;
    largest = Math.max(largest, sum);
  }
  let total = 0;
  for (let k = 0; k < classes; k++) {
    output[k] = Math.exp(output[k]! - largest);
    total += output[k]!;
  }
  for (let k = 0; k < classes; k++) output[k]! /= total;
}

/** The penalised loss of {@link trainHiddenLayer}, its gradient written into `gradient`. */
export function hiddenLayerLoss(
  X: readonly Float64Array[],
  y: Int32Array,
  shape: HiddenLayerShape,
  rowWeights: Float64Array,
  alpha: number,
  parameters: Float64Array,
  gradient: Float64Array,
): number {
  const { features, units, classes } = shape;
  const firstBias = units * features;
  const second = firstBias + units;
  const secondBias = second + classes * units;
  const isWeight = (i: number) => i < firstBias || (i >= second && i < secondBias);
  const penalty = alpha / X.length;
  let loss = 0;
  for (let i = 0; i < parameters.length; i++) {
    const weight = isWeight(i) ? parameters[i]! : 0;
    gradient[i] = penalty * weight;
    loss += (penalty * weight * weight) / 2;
  }
  const hidden = new Float64Array(units);
  const output = new Float64Array(classes);
  X.forEach((row, i) => {
    forward(row, shape, parameters, hidden, output);
    const scale = rowWeights[i]! / X.length;
    loss -= scale * Math.log(Math.max(Number.MIN_VALUE, output[y[i]!]!));
    output[y[i]!]! -= 1;
    for (let k = 0; k < classes; k++) {
      const error = scale * output[k]!;
      gradient[secondBias + k]! += error;
      for (let u = 0; u < units; u++) gradient[second + k * units + u]! += error * hidden[u]!;
    }
    for (let u = 0; u < units; u++) {
      let error = 0;
      for (let k = 0; k < classes; k++) error += scale * output[k]! * parameters[second + k * units + u]!;
      error *= 1 - hidden[u]! * hidden[u]!;
      gradient[firstBias + u]! += error;
      for (let j = 0; j < features; j++) gradient[u * features + j]! += error * row[j]!;
    }
  });
  return loss;
}
