import { encodeTexts } from "../encode/encode-texts.js";
import type { Encoder } from "../encode/encoder.js";
import type { DenseMatrix } from "../steering/dense-matrix.js";
import { trainHiddenLayer } from "./hidden-layer.js";
import {
  type LogisticRegressionOptions,
  predictProbabilities,
  trainLogisticRegression,
} from "./logistic-regression.js";
import { sparseFromDense } from "./sparse-matrix.js";
import type { TextTrainer } from "./trainer.js";

export interface EmbeddingTrainerOptions extends LogisticRegressionOptions {
  /**
   * `linear`: logistic regression. `hidden-layer`: one hidden layer before it. Default `linear`.
   */
  readonly head?: "linear" | "hidden-layer" | undefined;
  /** Units of the hidden layer. Default 64. */
  readonly units?: number | undefined;
}

/**
 * A head on the embeddings of an encoder whose weights stay as they are. Each dimension is brought to mean 0 and
 * variance 1 over the rows that are trained on: encoders crowd their vectors into a narrow cone, in which one penalty
 * would not fit them all.
 */
export function embeddingTrainer(encoder: Encoder, options: EmbeddingTrainerOptions = {}): TextTrainer {
  const { head = "linear", units = 64 } = options;
  return {
    name: `${head === "linear" ? "logistic regression" : `one hidden layer of ${units} units`} on embeddings by ${encoder.name}`,
    prepare: async (texts, { signal } = {}) => {
      const embeddings = await encodeTexts(encoder, texts, { signal });
      return {
        train: async (rows, y, { classes, seed }) => {
          const scale = fitScale(embeddings, rows);
          const X = scaled(embeddings, rows, scale);
          if (head === "linear") {
            const model = trainLogisticRegression(sparseFromDense(X), y, classes, options);
            return {
              converged: model.converged,
              probabilities: async (others) =>
                predictProbabilities(model, sparseFromDense(scaled(embeddings, others, scale))),
            };
          }
          const model = trainHiddenLayer(X, y, classes, { ...options, units, seed });
          return {
            converged: model.converged,
            probabilities: async (others) => model.probabilities(scaled(embeddings, others, scale)),
          };
        },
      };
    },
  };
}

/** Mean and standard deviation of each dimension. */
interface Scale {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

function fitScale({ columns, values }: DenseMatrix, rows: Int32Array): Scale {
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns);
  for (const row of rows)
    for (let j = 0; j < columns; j++) mean[j]! += values[row * columns + j]! / rows.length;
  for (const row of rows) {
    for (let j = 0; j < columns; j++)
      deviation[j]! += (values[row * columns + j]! - mean[j]!) ** 2 / rows.length;
  }
  return { mean, deviation: deviation.map(Math.sqrt) };
}

/** A dimension that is the same in all rows says nothing and stays at 0. */
function scaled(
  { columns, values }: DenseMatrix,
  rows: Int32Array,
  { mean, deviation }: Scale,
): Float64Array[] {
  return Array.from(rows, (row) =>
    Float64Array.from(mean, (centre, j) =>
      deviation[j] === 0 ? 0 : (values[row * columns + j]! - centre) / deviation[j]!,
    ),
  );
}
