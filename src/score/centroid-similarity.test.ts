import fc from "fast-check";
import { expect, test } from "vitest";
import { centroidCosine, meanCosine } from "./centroid-similarity.js";
import { anyTwoSets, embeddingFixture, matrixOf, numbers } from "./test-embeddings.js";
import { unitRows } from "./unit-rows.js";

test.each(Object.entries(embeddingFixture().matrices))("NumPy, %s", (_, expected) => {
  const [human, set] = expected.shapes.map((shape) => unitRows(numbers(...shape)));
  expect(centroidCosine(human!, set!).value).toBeCloseTo(expected.centroidCosine, 12);
  expect(meanCosine(human!, set!).value).toBeCloseTo(expected.meanCosine, 12);
});

test("is within its range for any rows, or says why it is not there", () => {
  fc.assert(
    fc.property(anyTwoSets, ([a, b]) => {
      for (const measure of [centroidCosine, meanCosine]) {
        const { value, absent } = measure(unitRows(a), unitRows(b));
        if (value === undefined) expect(absent).toBeTruthy();
        else expect(Math.abs(value)).toBeLessThanOrEqual(1);
      }
    }),
    { seed: 1 },
  );
  const [line, cross] = [unitRows(matrixOf([1, 0])), unitRows(matrixOf([0, 2], [0, -3]))];
  expect(centroidCosine(line, cross).absent).toMatch(/cancel/);
  expect(meanCosine(line, cross).value).toBe(0);
  expect(meanCosine(line, unitRows(matrixOf([0, 0]))).absent).toMatch(/no text/);
});
