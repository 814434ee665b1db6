import { expect, test } from "vitest";
import { timesVector } from "../steering/dense-matrix.js";
import { logisticProbe } from "../steering/logistic-probe.js";
import { separatingDirection } from "./separating-direction.js";
import { matrixOf, numbers, repeated } from "./test-embeddings.js";

// Whether logisticProbe is scikit-learn's is tested where it is; adversarial-auroc.test.ts has AUROCs of scikit-learn.
test.each([1, 30])("is the logistic probe's direction at C = %d", (C) => {
  const [positive, negative] = [numbers(30, 12, 1, 0, 0.3), numbers(41, 12, 2, 0, 0)];
  const expected = logisticProbe(positive, negative, { C }).unit;
  separatingDirection(positive, negative, C).forEach((weight, i) => {
    expect(weight).toBeCloseTo(expected[i]!, 5);
  });
});

test("tells apart what lies apart, and is nothing where there is nothing to tell", () => {
  const far = separatingDirection(numbers(20, 4, 1, 0, 9), numbers(20, 4, 2, 0, 0));
  expect(far[0]).toBeGreaterThan(0.9);
  const apart = separatingDirection(repeated(matrixOf([1, 0]), 6), repeated(matrixOf([0, 1]), 3), 1e6);
  expect(timesVector(matrixOf([1, 0], [0, 1]), apart)[0]).toBeCloseTo(Math.SQRT1_2, 6);
  const same = repeated(matrixOf([1, 2]), 6);
  expect([...separatingDirection(same, same)]).toEqual([0, 0]);
  expect(() => separatingDirection(same, matrixOf())).toThrow(RangeError);
  expect(() => separatingDirection(same, same, 0)).toThrow(RangeError);
});
