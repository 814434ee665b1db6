import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { numpyPermutation } from "./numpy-permutation.js";

interface Fixture {
  readonly samples: readonly { rows: number; n: number; seed: number; drawn: number[] }[];
  readonly checksums: readonly { length: number; seed: number; sum: number }[];
}

// Made by fixtures/numpy_permutation.py with NumPy and pandas.
const fixture: Fixture = JSON.parse(
  readFileSync(new URL("./fixtures/numpy-permutation.json", import.meta.url), "utf8"),
);

it("draws the rows that pandas draws", () => {
  expect(fixture.samples.length).toBeGreaterThan(80);
  for (const { rows, n, seed, drawn } of fixture.samples) {
    expect(numpyPermutation(rows, seed).slice(0, n), `${n} of ${rows}, seed ${seed}`).toEqual(drawn);
  }
});

it("gives NumPy's whole permutations", () => {
  for (const { length, seed, sum } of fixture.checksums) {
    const order = numpyPermutation(length, seed);
    const found = order.reduce((before, number, i) => (before + number * i) % 2 ** 31, 0);
    expect(found, `${length}, seed ${seed}`).toBe(sum);
  }
});

it("permutes nothing, and refuses other seeds", () => {
  expect(numpyPermutation(0, 42)).toEqual([]);
  for (const seed of [-1, 0.5, 2 ** 32, Number.NaN])
    expect(() => numpyPermutation(3, seed)).toThrow(RangeError);
});
