import fc from "fast-check";
import { expect, test } from "vitest";
import { choleskySolve } from "./cholesky.js";
import { type DenseMatrix, meanRow, minusRow, timesVector, transposeTimesVector } from "./dense-matrix.js";
import { firstPrincipalComponent } from "./principal-component.js";

const matrices: fc.Arbitrary<DenseMatrix> = fc
  .tuple(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([rows, columns]) =>
    fc
      .array(fc.double({ min: -100, max: 100, noNaN: true }), {
        minLength: rows * columns,
        maxLength: rows * columns,
      })
      .map((values) => ({ rows, columns, values: Float64Array.from(values) })),
  )
  .filter(
    ({ rows, columns, values }) =>
      values.some((value, at) => Math.abs(value - values[at % columns]!) > 1e-3) && rows > 1,
  );

test("is a unit eigenvector of the covariance, and no eigenvalue is larger", () => {
  fc.assert(
    fc.property(matrices, (matrix) => {
      const { unit, deviation } = firstPrincipalComponent(matrix);
      const { rows, columns } = matrix;
      const centered = minusRow(matrix, meanRow(matrix));
      const value = deviation ** 2 * (rows - 1);
      expect(Math.hypot(...unit)).toBeCloseTo(1, 12);
      transposeTimesVector(centered, timesVector(centered, unit)).forEach((product, i) => {
        expect(Math.abs(product - value * unit[i]!)).toBeLessThan(1e-9 * value);
      });
      // With a little more than the eigenvalue on the diagonal, minus the scatter matrix is positive definite.
      const rest = Float64Array.from({ length: columns * columns }, (_, at) => {
        const [i, j] = [Math.floor(at / columns), at % columns];
        let scatter = 0;
        for (let row = 0; row < rows; row += 1) {
          scatter += centered.values[row * columns + i]! * centered.values[row * columns + j]!;
        }
        return (i === j ? value * (1 + 1e-6) : 0) - scatter;
      });
      expect(choleskySolve(rest, new Float64Array(columns))).toBeDefined();
      const largest = unit.reduce((most, entry) => (Math.abs(entry) > Math.abs(most) ? entry : most), 0);
      expect(largest).toBeGreaterThan(0);
    }),
    { numRuns: 500, seed: 1 },
  );
});

/** Rows ±σ_k e_k, whose principal components are the axes in the order of the σ. */
function axes(sigmas: readonly number[]): DenseMatrix {
  const size = sigmas.length;
  const values = new Float64Array(2 * size * size);
  sigmas.forEach((sigma, k) => {
    values[2 * k * size + k] = sigma;
    values[(2 * k + 1) * size + k] = -sigma;
  });
  return { rows: 2 * size, columns: size, values };
}

/** The transposed problem's shape: more columns than rows, by zeros. */
function widened(matrix: DenseMatrix, columns: number): DenseMatrix {
  const values = new Float64Array(matrix.rows * columns);
  for (let row = 0; row < matrix.rows; row += 1) {
    values.set(matrix.values.subarray(row * matrix.columns, (row + 1) * matrix.columns), row * columns);
  }
  return { rows: matrix.rows, columns, values };
}

test("two directions that vary almost equally are told apart", () => {
  const sigmas = Array.from({ length: 60 }, (_, k) => 1 - k / 100);
  sigmas[37] = 1 + 1e-7;
  for (const matrix of [axes(sigmas), widened(axes(sigmas), 300)]) {
    const { unit, deviation } = firstPrincipalComponent(matrix);
    expect(unit[37]).toBeGreaterThan(1 - 1e-9);
    expect(deviation).toBeCloseTo(Math.sqrt(2 / 119), 6);
  }
});

test("a direction among many equal ones is found, however weak the others and however large the numbers", () => {
  for (const scale of [1e-20, 1, 1e20]) {
    const sigmas = Array.from({ length: 40 }, (_, k) => (k === 5 ? 1.001 : 1) * scale);
    expect(firstPrincipalComponent(axes(sigmas)).unit[5]).toBeGreaterThan(1 - 1e-9);
  }
});

test("of directions that vary equally, it gives the same one each time", () => {
  const matrix = axes(new Array(10).fill(1));
  const { unit } = firstPrincipalComponent(matrix);
  expect(firstPrincipalComponent(matrix).unit).toEqual(unit);
  expect(Math.hypot(...unit)).toBeCloseTo(1, 12);
});
