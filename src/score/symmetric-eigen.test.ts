import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gramMatrix } from "./dot-products.js";
import { symmetricEigen } from "./symmetric-eigen.js";
import { embeddingFixture, numbers, repeated } from "./test-embeddings.js";

function symmetric(size: number, seed: number): Float64Array {
  const { values } = numbers(size, size, seed, 0, 0);
  return Float64Array.from(
    values,
    (value, at) => value + values[(at % size) * size + Math.floor(at / size)]!,
  );
}

/** Largest entry of AV − VΛ, and of VVᵀ − I, over the largest eigenvalue. */
function errors(matrix: Float64Array, size: number): { residual: number; orthogonality: number } {
  const { values, vectors } = symmetricEigen(matrix, size);
  const found = vectors(size);
  const scale = Math.max(...values.map(Math.abs), Number.MIN_VALUE);
  let [residual, orthogonality] = [0, 0];
  found.forEach((vector, k) => {
    for (let i = 0; i < size; i++) {
      let product = 0;
      for (let j = 0; j < size; j++) product += matrix[i * size + j]! * vector[j]!;
      residual = Math.max(residual, Math.abs(product - values[k]! * vector[i]!) / scale);
    }
    found.forEach((other, l) => {
      const dot = vector.reduce((sum, value, i) => sum + value * other[i]!, 0);
      orthogonality = Math.max(orthogonality, Math.abs(dot - (k === l ? 1 : 0)));
    });
  });
  return { residual, orthogonality };
}

describe("symmetricEigen", () => {
  test.each(Object.entries(embeddingFixture().eigen))(
    "SciPy's eigenvalues of matrix %s",
    (name, expected) => {
      const [size, seed] = name.split(" ").map(Number) as [number, number];
      const { values } = symmetricEigen(symmetric(size, seed), size);
      expected.forEach((value, i) => {
        expect(values[i]).toBeCloseTo(value, 12);
      });
      expect(values.length).toBe(expected.length);
    },
  );

  test("eigenvectors are orthonormal and belong to their values, also where values are equal or zero", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.constantFrom(1, 1e-160, 1e150),
        (size, rank, seed, scale) => {
          // Of low rank, and with entries of few values, so that eigenvalues repeat.
          const { values: x } = numbers(size, rank, seed, 0, 0);
          const matrix = new Float64Array(size * size);
          for (let i = 0; i < size; i++) {
            for (let j = 0; j < size; j++) {
              for (let k = 0; k < rank; k++) {
                matrix[i * size + j]! +=
                  Math.round(2 * x[i * rank + k]!) * Math.round(2 * x[j * rank + k]!) * scale;
              }
            }
          }
          const { residual, orthogonality } = errors(matrix, size);
          expect(residual).toBeLessThan(1e-12);
          expect(orthogonality).toBeLessThan(1e-12);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  test("knows diagonals, multiples of the identity, and pairs of values that almost meet", () => {
    const diagonal = (...entries: number[]) =>
      Float64Array.from({ length: entries.length ** 2 }, (_, at) =>
        at % (entries.length + 1) === 0 ? entries[at / (entries.length + 1)]! : 0,
      );
    expect([...symmetricEigen(diagonal(3, -1, 7), 3).values]).toEqual([7, 3, -1]);
    expect(errors(diagonal(2, 2, 2, 2), 4).orthogonality).toBeLessThan(1e-14);
    expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
    expect(errors(new Float64Array(9), 3).orthogonality).toBeLessThan(1e-14);
    // Wilkinson's W21+: its two largest values agree in 14 digits.
    const size = 21;
    const wilkinson = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      wilkinson[i * size + i] = Math.abs(10 - i);
      if (i > 0) wilkinson[i * size + i - 1] = wilkinson[(i - 1) * size + i] = 1;
    }
    const { values } = symmetricEigen(wilkinson, size);
    expect(values[0]).toBeCloseTo(10.746194182903393, 12);
    expect(values[1]).toBeCloseTo(10.746194182903322, 12);
    const { residual, orthogonality } = errors(wilkinson, size);
    expect(Math.max(residual, orthogonality)).toBeLessThan(1e-13);
  });

  test("finds the many zeros of rows with few different ones", () => {
    const { values: x } = repeated(numbers(20, 40, 5, 0, 0), 6);
    const gram = gramMatrix({ rows: 120, columns: 40, values: x });
    const { values } = symmetricEigen(gram, 120);
    const once = symmetricEigen(gramMatrix(numbers(20, 40, 5, 0, 0)), 20).values;
    values.forEach((value, i) => {
      expect(value / values[0]!).toBeCloseTo((6 * (once[i] ?? 0)) / values[0]!, 13);
    });
    expect(errors(gram, 120).orthogonality).toBeLessThan(1e-12);
  });

  test("refuses what is no matrix of numbers", () => {
    expect(() => symmetricEigen(Float64Array.of(1, 2, 3), 2)).toThrow(RangeError);
    expect(() => symmetricEigen(Float64Array.of(Number.NaN), 1)).toThrow(RangeError);
    expect(() => symmetricEigen(Float64Array.of(1), 1).vectors(2)).toThrow(RangeError);
    expect(symmetricEigen(new Float64Array(0), 0).values.length).toBe(0);
  });
});
