import { expect, test } from "vitest";
import { gramMatrix } from "./dot-products.js";
import { principalCoordinates } from "./principal-coordinates.js";
import { matrixOf, numbers, repeated } from "./test-embeddings.js";

test.each([
  [12, 30],
  [30, 12],
  [9, 9],
])("all components keep the dot products of %i centred rows of %i columns", (rows, columns) => {
  const matrix = numbers(rows, columns, 1, 0, 0.4);
  const means = Array.from({ length: columns }, (_, column) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += matrix.values[row * columns + column]!;
    return sum / rows;
  });
  const centred = {
    ...matrix,
    values: Float64Array.from(matrix.values, (value, at) => value - means[at % columns]!),
  };
  const found = gramMatrix(principalCoordinates(matrix, 1));
  gramMatrix(centred).forEach((product, at) => {
    expect(found[at]).toBeCloseTo(product, 10);
  });
});

test("keeps the fewest components that hold the share, largest first, uncorrelated", () => {
  const half = principalCoordinates(numbers(50, 20, 2, 0, 0), 0.5);
  const products = gramMatrix({
    rows: half.columns,
    columns: 50,
    values: Float64Array.from(
      { length: half.columns * 50 },
      (_, at) => half.values[(at % 50) * half.columns + Math.floor(at / 50)]!,
    ),
  });
  const variances = Array.from({ length: half.columns }, (_, i) => products[i * half.columns + i]!);
  expect(variances).toEqual([...variances].sort((a, b) => b - a));
  products.forEach((product, at) => {
    if (at % (half.columns + 1) !== 0) expect(product).toBeCloseTo(0, 10);
  });
  let all = 0;
  for (const value of principalCoordinates(numbers(50, 20, 2, 0, 0), 1).values) all += value * value;
  const held = variances.reduce((sum, value) => sum + value, 0);
  expect(held / all).toBeGreaterThanOrEqual(0.5);
  expect((held - variances.at(-1)!) / all).toBeLessThan(0.5);
});

test("rows that do not differ have one coordinate, 0", () => {
  const { rows, columns, values } = principalCoordinates(repeated(matrixOf([1, 2, 3]), 4), 0.9);
  expect([rows, columns]).toEqual([4, 1]);
  values.forEach((value) => {
    expect(value).toBeCloseTo(0, 12);
  });
});
