import { RecipeError } from "../errors.js";
import { shuffled } from "../random/seeded-random.js";
import { type DenseMatrix, rowDifferences, rowOf, stacked } from "./dense-matrix.js";
import { type Direction, euclideanNorm } from "./direction.js";
import { meanSide, oriented } from "./pca.js";
import { firstPrincipalComponent } from "./principal-component.js";

/**
 * Linear Artificial Tomography (RepE, arXiv 2310.01405; random pairs and unit length as in AxBench, arXiv
 * 2501.17148): the first principal component of the differences of random pairs of texts, each scaled to unit length.
 * The pairs are drawn without looking at labels, over the texts of all classes, each text in one pair; with an odd
 * number one is left out. The differences are taken about their mean, as both papers' code does, which matters
 * little since a pair has no order. The labels decide only the sign: it points to the class's mean.
 *
 * @param rows the class's pooled residuals. `[texts][width]`
 * @param others those of the other classes. `[texts][width]`
 * @param seed draws the pairs: an integer from 0 to 2³² − 1.
 * @returns `norm`: standard deviation of the scaled differences along it, at most about 1.
 * @throws RecipeError if there are fewer than four texts, or they do not differ.
 */
export function lat(rows: DenseMatrix, others: DenseMatrix, seed: number): Direction {
  const texts = rows.rows + others.rows;
  if (texts < 4) throw new RecipeError(`lat needs at least four contrast texts; there are ${texts}.`);
  const all = stacked([rows, others]);
  const pairs = Math.floor(texts / 2);
  const order = shuffled([...Array(texts).keys()], seed);
  const drawn = (from: number): DenseMatrix =>
    stacked(
      order
        .slice(from, from + pairs)
        .map((row) => ({ rows: 1, columns: all.columns, values: rowOf(all, row) })),
    );
  const differences = rowDifferences(drawn(0), drawn(pairs));
  for (let pair = 0; pair < pairs; pair += 1) {
    const difference = rowOf(differences, pair);
    const norm = euclideanNorm(difference);
    // Two texts with the same residual say nothing, and stay zero.
    if (norm > 0) for (let i = 0; i < difference.length; i += 1) difference[i]! /= norm;
  }
  const component = firstPrincipalComponent(differences);
  return oriented(component, meanSide(component.unit, rows, others));
}
