import type { DenseMatrix } from "../steering/dense-matrix.js";
import { meanRow, minusRow } from "../steering/dense-matrix.js";
import { dotProducts, gramMatrix, transposed } from "./dot-products.js";
import { symmetricEigen } from "./symmetric-eigen.js";

/**
 * Coordinates of the rows, about their mean, on the fewest principal components that together hold `share` of the
 * variance; from the covariance of the columns or the dot products of the rows, whichever is smaller.
 * `[rows][components]`
 *
 * @param share above 0, up to 1.
 * @returns one component of zeros for rows that do not differ.
 */
export function principalCoordinates(matrix: DenseMatrix, share: number): DenseMatrix {
  const centred = minusRow(matrix, meanRow(matrix));
  const { rows, columns } = centred;
  const byColumns = columns <= rows;
  const gram = byColumns ? gramMatrix(transposed(centred)) : gramMatrix(centred);
  const { values, vectors } = symmetricEigen(gram, Math.min(rows, columns));
  const variance = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  let components = 0;
  for (let held = 0; components < values.length && held < share * variance; components++) {
    held += Math.max(0, values[components]!);
  }
  if (components === 0) return { rows, columns: 1, values: new Float64Array(rows) };
  const found = vectors(components);
  const flat = new Float64Array(components * found[0]!.length);
  found.forEach((vector, component) => {
    // An eigenvector of the rows' dot products is the coordinates themselves but for its length.
    const length = byColumns ? 1 : Math.sqrt(Math.max(0, values[component]!));
    flat.set(
      vector.map((value) => length * value),
      component * vector.length,
    );
  });
  const axes: DenseMatrix = { rows: components, columns: found[0]!.length, values: flat };
  return byColumns ? { rows, columns: components, values: dotProducts(centred, axes) } : transposed(axes);
}
