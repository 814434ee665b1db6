import { expect, test } from "vitest";
import { recipeSchema } from "../recipe/schema.js";
import { FILTER_NAMES } from "../store/sample.js";
import { FILTERS } from "./filter-list.js";

test("every filter has its place, and every key of the recipe is one's", () => {
  expect(FILTERS.map(({ name }) => name)).toEqual([...FILTER_NAMES]);
  const keys = FILTERS.flatMap(({ key }) => key ?? []);
  const schema = recipeSchema.shape.filters.unwrap();
  expect(keys.toSorted()).toEqual(Object.keys(schema.shape).toSorted());
});
