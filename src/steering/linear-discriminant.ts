import { RecipeError } from "../errors.js";
import { choleskySolve } from "./cholesky.js";
import {
  type DenseMatrix,
  meanRow,
  minusRow,
  rowOf,
  stacked,
  sumOfSquares,
  timesVector,
  transposeTimesVector,
} from "./dense-matrix.js";
import { type Direction, directionOf, euclideanNorm } from "./direction.js";

export interface LinearDiscriminantOptions {
  /**
   * λ in units of trace(Σ_w)/width, the mean variance of a dimension within the classes. Default 1, which is
   * shrinkage ½ in scikit-learn's terms: ridge r is shrinkage r/(1 + r).
   */
  readonly ridge?: number;
}

/**
 * Fisher's linear discriminant with a ridge: v = (Σ_w + λI)⁻¹ (μ₁ − μ₀), Σ_w the covariance within the two sides,
 * (1/n) Σ (x − μ)(x − μ)ᵀ over all n texts, each about the mean of its side. CLaS-Bench (arXiv 2601.08331) has
 * λ = 10⁻⁶ in absolute units; here it is relative, so that it means the same at every depth. With few texts a small
 * ridge gives the direction in which the texts of each side happen not to vary at all.
 *
 * With fewer texts than dimensions, Woodbury's identity leaves a system of the size of the texts:
 * λv = m − Zᵀ(nλI + ZZᵀ)⁻¹ Z m, with m = μ₁ − μ₀ and Z the centred texts.
 *
 * @param rows the class's pooled residuals. `[texts][width]`
 * @param others those of the other classes, taken together. `[texts][width]`
 * @returns `norm`: ‖v‖.
 * @throws RecipeError if the two means do not differ, or the ridge is not above 0 or too small to be told from it.
 */
export function linearDiscriminant(
  rows: DenseMatrix,
  others: DenseMatrix,
  options: LinearDiscriminantOptions = {},
): Direction {
  const { ridge = 1 } = options;
  if (!(ridge > 0) || !Number.isFinite(ridge)) {
    throw new RecipeError(`The ridge of lda must be a number above 0; it is ${ridge}.`);
  }
  const width = rows.columns;
  const mean = meanRow(rows);
  const otherMean = meanRow(others);
  const difference = mean.map((value, i) => value - otherMean[i]!);
  if (euclideanNorm(difference) === 0) {
    throw new RecipeError("The mean residuals of the contrast classes do not differ. Give different texts.");
  }
  const texts = rows.rows + others.rows;
  const centered = stacked([minusRow(rows, mean), minusRow(others, otherMean)]);
  const lambda = (ridge * sumOfSquares(centered)) / (texts * width);
  // Classes that do not vary within themselves: the ridge is all there is.
  if (lambda === 0) return directionOf(difference);

  if (texts > width) {
    const scatter = gramOfRows(transposed(centered));
    addToDiagonal(scatter, width, texts * lambda);
    return directionOf(solved(scatter, difference, ridge).map((value) => value * texts));
  }
  const gram = gramOfRows(centered);
  addToDiagonal(gram, texts, texts * lambda);
  const inside = transposeTimesVector(centered, solved(gram, timesVector(centered, difference), ridge));
  return directionOf(difference.map((value, i) => (value - inside[i]!) / lambda));
}

function solved(matrix: Float64Array, right: Float64Array, ridge: number): Float64Array {
  const solution = choleskySolve(matrix, right);
  if (solution !== undefined) return solution;
  throw new RecipeError(`The ridge ${ridge} of lda is lost in rounding. Give a larger one.`);
}

function transposed({ rows, columns, values }: DenseMatrix): DenseMatrix {
  const result = new Float64Array(values.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      result[column * rows + row] = values[row * columns + column]!;
    }
  }
  return { rows: columns, columns: rows, values: result };
}

/** Products of each row with each: the lower triangle, and some values right of it. `[rows][rows]` */
function gramOfRows(matrix: DenseMatrix): Float64Array {
  const { rows, columns } = matrix;
  const result = new Float64Array(rows * rows);
  // Four sums at a time do not wait for each other: twice as fast.
  for (let j = 0; j < rows; j += 4) {
    const [b, c, d, e] = [j, j + 1, j + 2, j + 3].map((row) => rowOf(matrix, Math.min(row, rows - 1)));
    for (let i = j; i < rows; i += 1) {
      const a = rowOf(matrix, i);
      let [s, t, u, v] = [0, 0, 0, 0];
      for (let k = 0; k < columns; k += 1) {
        const value = a[k]!;
        s += value * b![k]!;
        t += value * c![k]!;
        u += value * d![k]!;
        v += value * e![k]!;
      }
      result.set([s, t, u, v].slice(0, rows - j), i * rows + j);
    }
  }
  return result;
}

function addToDiagonal(matrix: Float64Array, size: number, value: number): void {
  for (let i = 0; i < size; i += 1) matrix[i * size + i]! += value;
}
