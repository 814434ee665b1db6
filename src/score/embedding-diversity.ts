import { gramMatrix, transposed } from "./dot-products.js";
import { absent, exactly, type Measured } from "./measured.js";
import { symmetricEigen } from "./symmetric-eigen.js";
import type { UnitRows } from "./unit-rows.js";

const TOO_FEW = absent("fewer than 2 texts with an embedding");

/**
 * Mean cosine distance of two different texts:
 *
 *     1 − (‖Σ xᵢ‖² − n) / (n (n − 1)),     xᵢ of length 1
 *
 * From 0 (all alike) to n/(n − 1), at most 2; about 1 where texts have nothing in common. It does not depend on the
 * number of texts but by chance. Linear in the texts.
 */
export function meanPairwiseDistance(set: UnitRows): Measured {
  const { rows, columns, values } = set;
  if (rows < 2) return TOO_FEW;
  // With differences from one of the rows, alike rows give exactly 0: Σ‖xᵢ − xⱼ‖² = 2n Σ‖dᵢ‖² − 2‖Σ dᵢ‖².
  const sum = new Float64Array(columns);
  let squares = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const difference = values[at]! - values[column]!;
      sum[column]! += difference;
      squares += difference * difference;
    }
  }
  const sumSquares = sum.reduce((total, value) => total + value * value, 0);
  return exactly(Math.min(2, Math.max(0, (rows * squares - sumSquares) / (rows * (rows - 1)))));
}

/**
 * The Vendi score (Friedman and Dieng 2023, eq. 1) with the cosine as the likeness of two texts:
 *
 *     exp(−Σ λᵢ ln λᵢ),     λᵢ the eigenvalues of K/n, Kᵢⱼ = xᵢ · xⱼ
 *
 * The effective number of different texts, from 1 (all alike) to n (no two alike at all); never more than the
 * embedding's dimensions. It grows with the number of texts, so that sets compare at one number only. The eigenvalues
 * are those of the smaller of XXᵀ/n and XᵀX/n.
 */
export function vendiScore(set: UnitRows): Measured {
  const { rows, columns } = set;
  if (rows < 2) return TOO_FEW;
  const size = Math.min(rows, columns);
  const { values } = symmetricEigen(gramMatrix(columns < rows ? transposed(set) : set), size);
  let entropy = 0;
  for (const value of values) {
    const weight = value / rows;
    if (weight > 0) entropy -= weight * Math.log(weight);
  }
  return exactly(Math.min(size, Math.max(1, Math.exp(entropy))));
}

/**
 * Mean cosine distance from a text to the text that is most like it, from 0 (every text has a copy) to 2. It falls with
 * the number of texts, so that sets compare at one number only.
 */
export function nearestNeighbourDistance(set: UnitRows): Measured {
  const { rows } = set;
  if (rows < 2) return TOO_FEW;
  const cosines = gramMatrix(set);
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    let nearest = -1;
    for (let j = 0; j < rows; j++) if (j !== i) nearest = Math.max(nearest, cosines[i * rows + j]!);
    sum += cosineDistance(nearest);
  }
  return exactly(sum / rows);
}

/** 1 − cosine, from 0 to 2: rounding can take the cosine of a text and its copy beyond 1. */
function cosineDistance(cosine: number): number {
  return Math.min(2, Math.max(0, 1 - cosine));
}
