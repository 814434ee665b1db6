import { expect, test } from "vitest";
import { expectedMerits, levelsOf } from "./expected-merits.js";

/*
import numpy as np
cells = [("2", "0.1", .8, 2), ("2", "0.3", .6, 6), ("8", "0.1", .9, 2), ("8", "0.3", .75, 6), ("14", "0.1", .7, 2)]
names = sorted({k for l, s, _, _ in cells for k in ("l" + l, "s" + s)})
X = np.array([[1] + [float(n in ("l" + l, "s" + s)) for n in names] for l, s, _, _ in cells])
m, t = (np.array([c[i] for c in cells]) for i in (2, 3))
W = np.diag(t / t.mean())
b = np.linalg.solve(X.T @ W @ X + np.diag([1e-9] + [1] * len(names)), X.T @ W @ m)
print(t / 10 * m + (1 - t / 10) * (X @ b))
*/
test("forecasts are those of the weighted ridge in numpy", () => {
  const known = (
    [
      ["2", "0.1", 0.8, 2],
      ["2", "0.3", 0.6, 6],
      ["8", "0.1", 0.9, 2],
      ["8", "0.3", 0.75, 6],
      ["14", "0.1", 0.7, 2],
    ] as const
  ).map(([layer, strength, merit, texts]) => ({ levels: [layer, strength], merit, texts }));
  const expected = [
    0.7494798917534411, 0.616735195301469, 0.8453419607189584, 0.7446662297842277, 0.7367695959708748,
  ];
  for (const [i, value] of expectedMerits(known, 10).entries()) expect(value).toBeCloseTo(expected[i]!, 9);
});

test("what has all its texts is known, whatever the others reach", () => {
  const levels = ["5", "0.2"];
  const known = [
    { levels, merit: 0.9, texts: 18 },
    { levels: ["5", "0.3"], merit: 0.1, texts: 2 },
  ];
  expect(expectedMerits(known, 18)[0]).toBeCloseTo(0.9, 12);
  expect(expectedMerits([], 18)).toEqual([]);
});

test("few good texts among bad neighbours count for less than as many among good ones", () => {
  const cell = (layer: string, strength: string, merit: number) => ({
    levels: [layer, strength],
    merit,
    texts: 2,
  });
  const known = [
    cell("2", "0.1", 0.9),
    cell("2", "0.2", 0.3),
    cell("2", "0.3", 0.3),
    cell("8", "0.1", 0.9),
    cell("8", "0.2", 0.8),
    cell("8", "0.3", 0.8),
  ];
  const [lucky, , , good] = expectedMerits(known, 18);
  expect(good!).toBeGreaterThan(lucky! + 0.1);
});

test("levels are what configurations share", () => {
  const steering = { method: "mean-difference", operation: "add", layers: [2, 5], strength: 0.3 } as const;
  const levels = levelsOf({ name: "a", prompting: "zero-shot", steering });
  expect(levels).toEqual(["zero-shot", "mean-difference", "add", "2+5", "0.3", "", ""]);
  expect(levelsOf({ name: "b", prompting: "few-shot" })).toHaveLength(levels.length);
});
