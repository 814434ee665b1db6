import { describe, expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import { namedLayerSets, resolveLayerSets, resolveLayers } from "./layers.js";

describe("resolveLayers", () => {
  // Paper A's layers; for 32 blocks the late one is given as 23 to 24.
  test.each([
    [42, [9, 20, 31]],
    [46, [10, 22, 34]],
    [32, [7, 15, 24]],
    [80, [17, 38, 59]],
  ])("finds paper A's layers among %i blocks", (blocks, expected) => {
    expect(resolveLayers(["early", "middle", "late"], blocks)).toEqual(expected);
    expect(resolveLayers([0.21, 0.48, 0.74], blocks)).toEqual(expected);
  });

  test("sorts, and gives each block once", () => {
    expect(resolveLayers(["late", 5, "early", 5, 0.21], 22)).toEqual([5, 16]);
  });

  test("keeps fractions near 1 and tiny models within the model", () => {
    expect(resolveLayers([0.999, 0.001], 22)).toEqual([0, 21]);
    expect(resolveLayers(["early", "middle", "late"], 1)).toEqual([0]);
  });

  test("takes the first and the last block, and refuses the one after", () => {
    expect(resolveLayers([0, 21], 22)).toEqual([0, 21]);
    expect(() => resolveLayers([3, 22], 22)).toThrow(RecipeError);
    expect(() => resolveLayers([3, 22], 22)).toThrow(
      /steering\.layers\[1\]: found 22; the model has 22 blocks: allowed are 0 to 21/,
    );
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses %d", (layer) => {
    expect(() => resolveLayers([layer], 22)).toThrow(RecipeError);
  });
});

describe("resolveLayerSets", () => {
  const names = (...entries: Parameters<typeof resolveLayerSets>[0]) =>
    resolveLayerSets(entries, 22).map(({ name }) => name);

  test("a list in the list is steered together; sets are sorted, and each comes once", () => {
    expect(names([8, 5], "early", 5, [5, "early", 8], 0.21)).toEqual(["5", "5+8"]);
    expect(resolveLayerSets([[8, 5]], 22)).toEqual([{ name: "5+8", layers: [5, 8] }]);
  });

  test("all is every block, however it is said", () => {
    const every = Array.from({ length: 22 }, (_, block) => block);
    expect(resolveLayerSets(["all", every], 22)).toEqual([{ name: "all", layers: every }]);
    expect(resolveLayerSets(["all", 0], 1)).toEqual([{ name: "0", layers: [0] }]);
  });

  test("a block that the model lacks is named with its place", () => {
    expect(() => resolveLayerSets([3, [5, 22]], 22)).toThrow(
      /steering\.layers\[1\]\[1\]: found 22; the model/,
    );
  });

  test("without a model, sets are named as the recipe names them", () => {
    expect(namedLayerSets(["early", [5, "late"], "all", 0.21]).map(({ name }) => name)).toEqual([
      "0.21",
      "5+late",
      "all",
    ]);
  });
});
