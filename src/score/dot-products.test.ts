import { expect, test } from "vitest";
import { dotProducts, gramMatrix, transposed } from "./dot-products.js";
import { numbers, reordered } from "./test-embeddings.js";

const naive = (a: ReturnType<typeof numbers>, b: ReturnType<typeof numbers>): number[] =>
  Array.from({ length: a.rows * b.rows }, (_, at) => {
    const [i, j] = [Math.floor(at / b.rows), at % b.rows];
    let sum = 0;
    for (let k = 0; k < a.columns; k++) sum += a.values[i * a.columns + k]! * b.values[j * b.columns + k]!;
    return sum;
  });

test.each([
  [1, 1],
  [3, 2],
  [5, 33],
  [64, 67],
  [0, 4],
])("every product of %i rows with %i rows, to the bit", (rows, others) => {
  const [a, b] = [numbers(rows, 7, 1, 0, 0), numbers(others, 7, 2, 0, 0)];
  expect([...dotProducts(a, b)]).toEqual(naive(a, b));
  expect([...gramMatrix(a)]).toEqual(naive(a, a));
});

test("a product has the same bits wherever its rows stand", () => {
  const a = numbers(37, 11, 3, 0, 0.3);
  const order = [...new Array(37).keys()].reverse();
  const [before, after] = [gramMatrix(a), gramMatrix(reordered(a, order))];
  order.forEach((row, i) => {
    order.forEach((other, j) => {
      expect(after[i * 37 + j]).toBe(before[row * 37 + other]);
    });
  });
});

test("refuses rows of different widths, and turns a matrix", () => {
  expect(() => dotProducts(numbers(1, 2, 1, 0, 0), numbers(1, 3, 1, 0, 0))).toThrow(RangeError);
  const turned = transposed({ rows: 2, columns: 3, values: Float64Array.of(1, 2, 3, 4, 5, 6) });
  expect(turned).toEqual({ rows: 3, columns: 2, values: Float64Array.of(1, 4, 2, 5, 3, 6) });
});
