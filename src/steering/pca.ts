import { RecipeError } from "../errors.js";
import { type DenseMatrix, meanRow, rowDifferences, stacked, timesVector } from "./dense-matrix.js";
import type { Direction } from "./direction.js";
import { firstPrincipalComponent, type PrincipalComponent } from "./principal-component.js";
import type { TextPairs } from "./text-vectors.js";

/**
 * repeng's `pca_diff`: the first principal component of the differences h⁺ − h⁻ of pairs, pointing to where more
 * pairs have their h⁺. The differences are taken about their mean, so that what all pairs have in common does not
 * count: the mean difference shows as far as some pairs have more of it than others.
 *
 * @param pairs pooled residuals: `rows` are h⁺, of the class, and `partners` h⁻. `[pairs][width]` each
 * @returns `norm`: standard deviation of the differences along it.
 * @throws RecipeError if there are fewer than two pairs, or all differ in the same way.
 */
export function pcaDifference({ rows, partners }: TextPairs): Direction {
  if (rows.rows < 2) {
    throw new RecipeError(`pca-diff needs at least two pairs of contrast texts; there are ${rows.rows}.`);
  }
  const component = firstPrincipalComponent(rowDifferences(rows, partners));
  return oriented(component, majority(component.unit, rows, partners));
}

/**
 * repeng's `pca_center`: the first principal component of both halves of each pair about the pair's middle, which
 * is the direction in which pairs are furthest apart, pointing to where more pairs have their h⁺. The mean
 * difference counts.
 *
 * @param pairs pooled residuals: `rows` are h⁺, of the class, and `partners` h⁻. `[pairs][width]` each
 * @returns `norm`: standard deviation of the halves along it.
 * @throws RecipeError if no pair's halves differ.
 */
export function pcaCenter({ rows, partners }: TextPairs): Direction {
  const half = Float64Array.from(rowDifferences(rows, partners).values, (value) => value / 2);
  const values = new Float64Array(2 * half.length);
  values.set(half);
  values.set(
    half.map((value) => -value),
    half.length,
  );
  const component = firstPrincipalComponent({ rows: 2 * rows.rows, columns: rows.columns, values });
  return oriented(component, majority(component.unit, rows, partners));
}

/**
 * PCA for classes that are no pairs (RepE, arXiv 2310.01405: representations about their common mean): the first
 * principal component of all texts about the mean of all, pointing to the class's mean.
 *
 * @param rows the class's pooled residuals. `[texts][width]`
 * @param others those of the other classes. `[texts][width]`
 * @returns `norm`: standard deviation of the texts along it.
 * @throws RecipeError if the texts do not differ.
 */
export function pcaOfClasses(rows: DenseMatrix, others: DenseMatrix): Direction {
  const component = firstPrincipalComponent(stacked([rows, others]));
  return oriented(component, meanSide(component.unit, rows, others));
}

/** A component turned round if it points away from the class; one that points nowhere is left as it is. */
export function oriented({ unit, deviation }: PrincipalComponent, side: number): Direction {
  return { unit: Float32Array.from(unit, (value) => (side < 0 ? -value : value)), norm: deviation };
}

/** How far the mean of the rows lies beyond that of the others along a direction. */
export function meanSide(unit: Float64Array, rows: DenseMatrix, others: DenseMatrix): number {
  const mean = meanRow(rows);
  const other = meanRow(others);
  return unit.reduce((sum, value, i) => sum + value * (mean[i]! - other[i]!), 0);
}

/** Pairs whose first half lies beyond the second along a direction, less those in which it is the other way. */
function majority(unit: Float64Array, rows: DenseMatrix, partners: DenseMatrix): number {
  return timesVector(rowDifferences(rows, partners), unit).reduce((sum, value) => sum + Math.sign(value), 0);
}
