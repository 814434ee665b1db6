import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadVariants, parseRecipe, recipeVariants } from "./load.js";

const RECIPE = `name: grid
model:
  source: tinyllama
  context: 300
task:
  labels: [a, b]
  prompt: paper-a/sentiment
contrast:
  - {class: a, texts: [one, two]}
  - {class: b, texts: [three, four]}
steering:
  method: mean-difference
  strengths: [0.1, 0.2]
samples: {perLabel: 4, pilotPerLabel: 2}
matrix:
  model:
    small: {}
    big:
      model: {source: "hf:o/r/m.gguf"}
  concept:
    ab: {}
    cd:
      task: {labels: [c, d]}
      contrast:
        - {class: c, texts: [five, six]}
        - {class: d, texts: [seven, eight]}
      steering: {strengths: null, operation: ablate}
`;

/** The matrix of the recipe, to be replaced. */
const MATRIX = /matrix:[\s\S]*/;

const parse = (variant?: string, text = RECIPE) => parseRecipe(text, "grid.yaml", { variant });

async function written(text: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), "tiller-matrix-")), "grid.yaml");
  await writeFile(path, text);
  return path;
}

test("a matrix makes every combination, in order", async () => {
  const path = await written(RECIPE);
  const names = await recipeVariants(path);
  expect(names).toEqual(["small.ab", "small.cd", "big.ab", "big.cd"]);
  const loaded = await loadVariants(path, names);
  expect(loaded.map(({ variant, recipe }) => [variant, recipe.model.source, recipe.task.labels])).toEqual([
    ["small.ab", "tinyllama", ["a", "b"]],
    ["small.cd", "tinyllama", ["c", "d"]],
    ["big.ab", "hf:o/r/m.gguf", ["a", "b"]],
    ["big.cd", "hf:o/r/m.gguf", ["c", "d"]],
  ]);
});

test("maps are merged, lists are replaced, null takes a key out", () => {
  const { recipe } = parse("big.cd");
  expect(recipe.model).toMatchObject({ source: "hf:o/r/m.gguf", context: 300 });
  expect(recipe.contrast.map((set) => set.class)).toEqual(["c", "d"]);
  expect(recipe.steering).toMatchObject({ method: "mean-difference", operation: "ablate" });
  expect(recipe.steering?.strengths).toBeUndefined();
  expect(recipe).not.toHaveProperty("matrix");
});

test("a variant is the recipe that one would write for it, with its fingerprint", () => {
  const alone = RECIPE.replace(MATRIX, "");
  expect(parse("small.ab").fingerprint).toBe(parse(undefined, alone).fingerprint);
  expect(parse("small.ab").recipe).toEqual(parse(undefined, alone).recipe);
  expect(parse(undefined, alone)).not.toHaveProperty("variant");
});

test("a variant must be named, and be one", () => {
  expect(() => parse()).toThrow(
    "grid.yaml, line 15, column 1: matrix: the recipe's matrix makes 4 variants; name the one that is meant: small.ab, small.cd, big.ab or big.cd.",
  );
  expect(() => parse("small.ef")).toThrow(/the recipe has no variant "small\.ef"; it has small\.ab/);
  expect(() => parse("x", RECIPE.replace(MATRIX, ""))).toThrow(/no variant "x", as the recipe has no/);
});

test("a problem is placed where its value stands: in the override, or in the rest", () => {
  const inOverride = RECIPE.replace("labels: [c, d]", "labels: [c, 4]");
  expect(() => parse("big.cd", inOverride)).toThrow(
    /^grid\.yaml, line 23, column 26: matrix\.concept\.cd\.task\.labels\[1\]: found the number 4; .*Put it in quotes/,
  );
  expect(() => parse("big.ab", inOverride)).not.toThrow();
  const inBase = RECIPE.replace("context: 300", "context: 3");
  expect(() => parse("big.ab", inBase)).toThrow(/^grid\.yaml, line 4, column 12: model\.context: found/);
  const between = RECIPE.replace("labels: [c, d]", "labels: [c, e]");
  expect(() => parse("small.cd", between)).toThrow(
    /line 26, column 19: matrix\.concept\.cd\.contrast\[1\]\.class: found "d"/,
  );
  const unknown = RECIPE.replace("operation: ablate", "operatoin: ablate");
  expect(() => parse("small.cd", unknown)).toThrow(/matrix\.concept\.cd\.steering\.operatoin: unknown key/);
});

test("problems of all variants are found before any is run, each once", async () => {
  const path = await written(RECIPE.replace("context: 300", "context: 3").replace("[c, d]", "[c, c]"));
  const error = await loadVariants(path, await recipeVariants(path)).catch((caught: Error) => caught);
  const lines = (error as Error).message.split("\n").map((line) => line.replace(/^.*?(?=line )/, ""));
  expect(lines.filter((line) => line.includes("model.context"))).not.toEqual([]);
  expect((error as Error).message).toContain("matrix.concept.cd.task.labels[1]");
});

test.each([
  ["matrix: 3", /^grid\.yaml, line 15, column 9: matrix: allowed: a map from a dimension/],
  ["matrix: {}", /matrix: allowed: a map from a dimension/],
  ["matrix: {model: {}}", /matrix\.model: allowed: a map from a name/],
  ["matrix: {model: {small: 3}}", /matrix\.model\.small: allowed: a map of the recipe's keys/],
  ["matrix: {model: {Big.One: {}}}", /matrix\.model\["Big\.One"\]: found the name "Big\.One"; allowed/],
  ["matrix: {../x: {a: {}}}", /found the name "\.\.\/x"/],
  ["matrix: {model: {a: {matrix: {}}}}", /matrix\.model\.a\.matrix: a matrix cannot stand in a matrix/],
])("%s is refused", (matrix, message) => {
  expect(() => parse("a", RECIPE.replace(MATRIX, matrix))).toThrow(message);
});

test("a matrix of too many variants is refused before they are made", () => {
  const values = (prefix: string) =>
    Object.fromEntries(Array.from({ length: 32 }, (_, i) => [prefix + i, {}]));
  const matrix = {
    a: values("a"),
    b: values("b"),
    c: values("c"),
    d: values("d"),
    e: values("e"),
    f: values("f"),
  };
  const text = RECIPE.replace(MATRIX, `matrix: ${JSON.stringify(matrix)}`);
  expect(() => parse("a", text)).toThrow(/makes 1073741824 variants; allowed: at most 1000/);
});
