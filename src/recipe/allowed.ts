import type { JsonSchema } from "./json-schema.js";
import { nearestKey } from "./nearest-key.js";
import { type KeyPath, quoted } from "./problem.js";

/** The part of a JSON Schema that describes the value at `path`; undefined where the schema has no such key. */
export function schemaAt(schema: JsonSchema, path: KeyPath): JsonSchema | undefined {
  let current: JsonSchema | undefined = schema;
  for (const step of path) {
    if (current === undefined) return undefined;
    const choices: JsonSchema[] = [current, ...subschemas(current.anyOf)];
    current = choices.map((choice) => childSchema(choice, step)).find((child) => child !== undefined);
  }
  return current;
}

function childSchema(schema: JsonSchema, step: string | number): JsonSchema | undefined {
  if (typeof step === "number") return subschemas([schema.items])[0];
  const { properties } = schema;
  return properties !== undefined && Object.hasOwn(properties, step)
    ? subschemas([properties[step]])[0]
    : undefined;
}

function subschemas(schemas: unknown): JsonSchema[] {
  if (!Array.isArray(schemas)) return [];
  return schemas.filter((schema) => typeof schema === "object" && schema !== null && !Array.isArray(schema));
}

/** Keys that a map may have. */
export function knownKeys(schema: JsonSchema | undefined): string[] {
  if (schema === undefined) return [];
  return [schema, ...subschemas(schema.anyOf)].flatMap(({ properties }) => Object.keys(properties ?? {}));
}

/** Where in the schema a key of this name belongs, as `decoding.temperature`; list items are passed over. */
export function placesOf(key: string, schema: JsonSchema, path = ""): string[] {
  const here = [schema, ...subschemas(schema.anyOf), ...subschemas([schema.items])];
  return here.flatMap(({ properties }) =>
    Object.entries(properties ?? {}).flatMap(([name, child]) => {
      const place = path === "" ? name : `${path}.${name}`;
      const below = subschemas([child]).flatMap((below) => placesOf(key, below, place));
      return name === key ? [place, ...below] : below;
    }),
  );
}

/** What a schema allows, in words: `a whole number from 1 to 64`. */
export function allowedValues(schema: JsonSchema): string {
  const choices = subschemas(schema.anyOf);
  if (choices.length > 0 && schema.description !== undefined) {
    return schema.description.replace(/^./u, (first) => first.toLowerCase()).replace(/\.$/, "");
  }
  if (choices.length > 0) return alternatives(choices.map(allowedValues), ", or ");
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum !== undefined) return alternatives(schema.enum.map(String));
  switch (schema.type) {
    case "integer":
      return `a whole number${range(schema)}`;
    case "number":
      return `a number${range(schema)}`;
    case "boolean":
      return "true or false";
    case "array": {
      const least = schema.minItems ?? 0;
      return least > 1
        ? `a list of at least ${least} items`
        : least === 1
          ? "a list that is not empty"
          : "a list";
    }
    case "object":
      return `a map with the keys ${alternatives(knownKeys(schema), ", ")}`;
    default:
      return schema.minLength !== undefined || schema.pattern !== undefined
        ? "text that is not empty"
        : "text";
  }
}

function range(schema: JsonSchema): string {
  // The bounds of exact integers say nothing to a reader.
  const exact = (bound: number | undefined) =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined;
  const least = exact(schema.minimum);
  const most = exact(schema.maximum);
  const above = exact(schema.exclusiveMinimum as number | undefined);
  const below = exact(schema.exclusiveMaximum as number | undefined);
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  const bounds = [
    least === undefined ? "" : `of at least ${least}`,
    above === undefined ? "" : `above ${above}`,
    most === undefined ? "" : `up to ${most}`,
    below === undefined ? "" : `below ${below}`,
  ].filter((bound) => bound !== "");
  return bounds.length === 0 ? "" : ` ${bounds.join(" and ")}`;
}

/** `a, b or c` */
export function alternatives(values: readonly string[], last = " or "): string {
  return values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")}${last}${values.at(-1)}`;
}

/** A value that was found, in words: `the text "x"`, `the number 1`, `a list of 2 items`. */
export function foundValue(value: unknown, written: string | undefined): string {
  if (value === null || value === undefined) return written ? `nothing (${quoted(written)})` : "nothing";
  if (typeof value === "string") return value === "" ? "empty text" : `the text ${quoted(value)}`;
  if (typeof value === "number") return `the number ${(written ?? String(value)).slice(0, 60)}`;
  if (typeof value === "boolean") return `the truth value ${value}`;
  if (!Array.isArray(value)) return "a map";
  if (value.length === 0) return "an empty list";
  return `a list of ${value.length} ${value.length === 1 ? "item" : "items"}`;
}

/** How to turn what was written into what is allowed, where one can tell; otherwise empty. */
export function repairHint(schema: JsonSchema, value: unknown, written: string | undefined): string {
  const near = typeof value === "string" && nearestKey(value, (schema.enum ?? []).map(String));
  if (near) return `Did you mean ${near}?`;
  const types = [schema, ...subschemas(schema.anyOf)].map(({ type }) => type);
  const isScalar = value === null || typeof value !== "object";
  if (
    types.includes("string") &&
    isScalar &&
    typeof value !== "string" &&
    written !== undefined &&
    written !== ""
  ) {
    // A choice of fixed words would not accept the number in quotes either.
    return schema.enum === undefined && schema.anyOf === undefined
      ? `Put it in quotes: ${quoted(written)}.`
      : "";
  }
  if (typeof value === "string" && (types.includes("number") || types.includes("integer"))) {
    if (/^[-+]?\d+(?:\.\d+)?$/.test(value)) return `Write it without quotes: ${value}.`;
    if (/^[-+]?\d+,\d+$/.test(value)) return `Write a decimal point: ${value.replace(",", ".")}.`;
  }
  if (
    types.includes("array") &&
    isScalar &&
    value !== null &&
    written !== undefined &&
    written.length <= 60
  ) {
    return `Write a list: [${written}].`;
  }
  return "";
}
