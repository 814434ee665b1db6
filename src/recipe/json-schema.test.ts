import { expect, test } from "vitest";
import { type JsonSchema, recipeJsonSchema } from "./json-schema.js";

const schema = recipeJsonSchema();

/** Paths of all keys below a schema, with the key's own schema. */
function keys(node: JsonSchema, path = ""): [string, JsonSchema][] {
  const below = Object.entries(node.properties ?? {}).flatMap(([key, child]): [string, JsonSchema][] => [
    [path + key, child as JsonSchema],
    ...keys(child as JsonSchema, `${path + key}.`),
  ]);
  const inside = [node.items, ...(node.anyOf ?? [])].filter((child) => typeof child === "object");
  return [...below, ...inside.flatMap((child) => keys(child as JsonSchema, path))];
}

test("it is draft 2020-12, and every key has a description", () => {
  expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
  const all = keys(schema);
  expect(all.length).toBeGreaterThan(50);
  expect(all.filter(([, { description }]) => !description).map(([path]) => path)).toEqual([]);
});

test("it describes what is written, so that keys with a default are not required", () => {
  expect(schema.required).toEqual(["name", "model", "task", "contrast", "samples"]);
  expect(schema.additionalProperties).toBe(false);
});

test("every pattern is a regular expression as JSON Schema reads it", () => {
  const patterns = JSON.stringify(schema).match(/"pattern":"(?:[^"\\]|\\.)*"/g) ?? [];
  expect(patterns.length).toBeGreaterThan(3);
  for (const pattern of patterns) {
    const source: string = JSON.parse(`{${pattern}}`).pattern;
    expect(() => new RegExp(source, "u")).not.toThrow();
  }
});
