import { expect, test } from "vitest";
import {
  allowedValues,
  alternatives,
  foundValue,
  knownKeys,
  placesOf,
  repairHint,
  schemaAt,
} from "./allowed.js";
import { recipeJsonSchema } from "./json-schema.js";

const schema = recipeJsonSchema();
const allowed = (...path: (string | number)[]) => allowedValues(schemaAt(schema, path)!);

test("what a key allows, in words", () => {
  expect(allowed("model", "sequences")).toBe("a whole number from 1 to 64");
  expect(allowed("model", "gpuLayers")).toBe("a whole number of at least 0");
  expect(allowed("decoding", "topP")).toBe("a number above 0 and up to 1");
  expect(allowed("decoding", "minP")).toBe("a number of at least 0 and below 1");
  expect(allowed("steering", "method")).toMatch(/^mean-difference, language, .* or random$/);
  expect(allowed("format")).toBe("1");
  expect(allowed("filters", "loops")).toBe("true or false");
  expect(allowed("task", "labels")).toMatch(/^a list of at least 2 class names, .*: sentiment, /);
  expect(allowed("task", "labels", 3)).toBe("text that is not empty");
  expect(allowed("samples")).toBe(
    "a map with the keys perLabel, pilotPerLabel, attempts, perCall, separator",
  );
  expect(allowed("steering", "layers", 0)).toMatch(/^a block's 0-based number, .*; or all$/);
  expect(allowed("steering", "layers", 0, 1)).toMatch(/^a block's 0-based number, .*\)$/);
});

test("the schema at a path goes through lists and alternatives, and nowhere else", () => {
  expect(schemaAt(schema, ["task", "prompt", "fewShot"])?.description).toMatch(/examples/);
  expect(schemaAt(schema, ["task", "constructor"])).toBeUndefined();
  expect(schemaAt(schema, ["name", "x", 0])).toBeUndefined();
  expect(knownKeys(schemaAt(schema, ["task", "prompt"]))).toEqual(["zeroShot", "fewShot"]);
  expect(placesOf("temperature", schema)).toEqual(["decoding.temperature"]);
  expect(placesOf("file", schema)).toEqual([
    "contrast.file",
    "guidance.negatives.file",
    "demonstrations.file",
  ]);
});

test("what was found, in words", () => {
  expect(foundValue(7, "007")).toBe("the number 007");
  expect(foundValue(Number.NaN, ".nan")).toBe("the number .nan");
  expect(foundValue("", "''")).toBe("empty text");
  expect(foundValue(null, "")).toBe("nothing");
  expect(foundValue(null, "~")).toBe('nothing ("~")');
  expect(foundValue([1], undefined)).toBe("a list of 1 item");
  expect(foundValue({}, undefined)).toBe("a map");
});

test("a repair is offered where it is plain", () => {
  const hint = (path: (string | number)[], value: unknown, written: string) =>
    repairHint(schemaAt(schema, path)!, value, written);
  expect(hint(["task", "labels", 0], 7, "007")).toBe('Put it in quotes: "007".');
  expect(hint(["seed"], "42", '"42"')).toBe("Write it without quotes: 42.");
  expect(hint(["decoding", "topP"], "0,9", "0,9")).toBe("Write a decimal point: 0.9.");
  expect(hint(["task", "languages"], "no", "no")).toBe("Write a list: [no].");
  expect(hint(["steering", "method"], 1, "1")).toBe("");
});

test("alternatives", () => {
  expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map((list) => alternatives(list))).toEqual([
    "",
    "a",
    "a or b",
    "a, b or c",
  ]);
});
