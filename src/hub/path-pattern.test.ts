import { describe, expect, it } from "vitest";
import { pathPattern } from "./path-pattern.js";

describe("pathPattern", () => {
  it.each([
    ["data/train-*", "data/train-00000-of-00002.parquet", true],
    ["data/*", "data/de/x.csv", false],
    ["data/**", "data/de/x.csv", true],
    ["**/x.csv", "x.csv", true],
    ["**/x.csv", "a/b/x.csv", true],
    ["**/x.csv", "ax.csv", false],
    ["a/**/x.csv", "a/x.csv", true],
    ["a/**/x.csv", "a/b/c/x.csv", true],
    ["a/**/x.csv", "b/x.csv", false],
    ["**.parquet", "a/b.parquet", true],
    ["x-?.csv", "x-1.csv", true],
    ["x-?.csv", "x-12.csv", false],
    ["x?y", "x/y", false],
    ["[0-9][0-9].csv", "07.csv", true],
    ["[!0-9].csv", "7.csv", false],
    ["[!0-9].csv", "a.csv", true],
    ["a+b(c).csv", "a+b(c).csv", true],
    ["a.csv", "abcsv", false],
    ["?.csv", "😀.csv", true],
    ["", "", true],
    ["[", "[", true],
  ])("%s of %s: %s", (pattern, path, expected) => {
    expect(pathPattern(pattern)(path)).toBe(expected);
  });

  it("takes a hostile pattern in its stride", () => {
    // By trying all ways one after the other this would not end.
    const matches = pathPattern(`${"*a".repeat(200)}b`);
    expect(matches(`${"a".repeat(2000)}c`)).toBe(false);
    expect(pathPattern(`${"**/".repeat(20_000)}x`)("x")).toBe(true);
  });
});
