import { expect, test } from "vitest";
import { filterThreshold, laterFilters, withoutLaterFilters } from "./filter-schema.js";

const defaults = Object.fromEntries(
  Object.entries(laterFilters).map(([key, schema]) => [key, schema.parse(undefined)]),
);

test("a filter is off for false, and has its usual threshold for true", () => {
  expect(filterThreshold("nearDuplicates", false)).toBeUndefined();
  expect(filterThreshold("nearDuplicates", undefined)).toBeUndefined();
  expect(filterThreshold("nearDuplicates", true)).toBe(0.8);
  expect(filterThreshold("nearDuplicates", 0.65)).toBe(0.65);
});

test("what is as if it were left out does not count", () => {
  const old = { minCharacters: 8, language: true, loops: true, echo: true };
  expect(withoutLaterFilters({ ...old, ...defaults })).toEqual(old);
  expect(withoutLaterFilters({ ...old, ...defaults, nearDuplicates: 0.8, memorised: 0.8 })).toEqual(old);
});

test.each([
  { maxCharacters: 500 },
  { templateResidue: false },
  { codeMixing: true },
  { codeMixing: 0.3 },
  { duplicates: false },
  { nearDuplicates: 0.7 },
  { nearDuplicates: false },
  { copiedDemonstrations: false },
  { memorised: 1 },
])("%o counts", (change) => {
  expect(withoutLaterFilters({ ...defaults, ...change })).toEqual(change);
});
