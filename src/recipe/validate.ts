import type { z } from "zod";
import { allowedValues, foundValue, knownKeys, placesOf, repairHint, schemaAt } from "./allowed.js";
import { consistencyProblems, WHOLE_RECIPE } from "./consistency.js";
import { type JsonSchema, recipeJsonSchema } from "./json-schema.js";
import { nearestKey } from "./nearest-key.js";
import { type KeyPath, quoted, type RecipeProblem } from "./problem.js";
import { type Recipe, recipeSchema } from "./schema.js";
import type { YamlSource } from "./yaml-source.js";

type Issue = z.core.$ZodIssue;

/**
 * Checks each value against the schema and the values against each other, and fills in the defaults.
 * A problem in one top-level key does not keep the checks among the others from running.
 */
export function validateRecipe(
  source: YamlSource,
): { recipe: Recipe; problems: [] } | { recipe: undefined; problems: RecipeProblem[] } {
  const { value } = source;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const allowed = allowedValues(recipeJsonSchema());
    const message = `found ${foundValue(value, source.written([]))}; allowed: ${allowed}.`;
    return { recipe: undefined, problems: [source.problem([], message)] };
  }
  const result = recipeSchema.safeParse(value);
  const broken = new Set(
    result.success ? [] : result.error.issues.map(({ path }) => String(path[0] ?? WHOLE_RECIPE)),
  );
  const sound = result.success ? result.data : soundPart(value, broken);
  const problems = [
    ...source.problems,
    ...(result.success ? [] : issueProblems(result.error.issues, source)),
    ...consistencyProblems(sound, broken).map(({ path, message, at }) => source.problem(path, message, at)),
  ];
  return result.success && problems.length === 0
    ? { recipe: result.data, problems: [] }
    : { recipe: undefined, problems };
}

/** The top-level keys without an issue, parsed. */
function soundPart(value: object, broken: ReadonlySet<string>): Partial<Recipe> {
  const keys = Object.keys(recipeSchema.shape).filter((key) => !broken.has(key));
  const kept = Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)));
  const mask = Object.fromEntries(keys.map((key) => [key, true])) as { [Key in keyof Recipe]: true };
  const result = recipeSchema.pick(mask).safeParse(kept);
  return result.success ? (result.data as Partial<Recipe>) : {};
}

function issueProblems(issues: readonly Issue[], source: YamlSource): RecipeProblem[] {
  const schema = recipeJsonSchema();
  const problems = new Map<string, RecipeProblem>();
  const meant = new Set<string>();
  for (const issue of issues.flatMap((issue) => innermost(issue, []))) {
    const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
    if (issue.code === "unrecognized_keys") {
      const known = knownKeys(schemaAt(schema, path));
      for (const key of issue.keys) {
        const near = nearestKey(key, known);
        const unknown = [...path, key];
        if (near !== undefined) meant.add(JSON.stringify([...path, near]));
        const message = unknownKey(key, known, near, schema);
        problems.set(JSON.stringify(unknown), source.problem(unknown, message, "key"));
      }
    } else if (!problems.has(JSON.stringify(path))) {
      // A value can break several rules; one sentence tells all that is allowed.
      problems.set(JSON.stringify(path), wrongValue(path, schema, source));
    }
  }
  // A misspelt key is one problem, not an unknown key and a missing one.
  for (const [path, problem] of problems) {
    if (meant.has(path) && !valueAt(source.value, problem.path).present) problems.delete(path);
  }
  return [...problems.values()];
}

/**
 * The issues of the one alternative that the value was meant for (its type is right), with whole paths; of a
 * value that fits the type of none or of several, the issue itself.
 */
function innermost(issue: Issue, parent: readonly PropertyKey[]): Issue[] {
  const path = [...parent, ...issue.path];
  if (issue.code === "invalid_union") {
    const meant = issue.errors.filter((issues) =>
      issues.some((inner) => inner.path.length > 0 || inner.code === "unrecognized_keys"),
    );
    if (meant.length === 1) return meant[0]!.flatMap((inner) => innermost(inner, path));
  }
  return [{ ...issue, path }];
}

function unknownKey(
  key: string,
  known: readonly string[],
  near: string | undefined,
  schema: JsonSchema,
): string {
  const elsewhere = near === undefined ? placesOf(key, schema) : [];
  const meant = near ?? (elsewhere.length === 1 ? elsewhere[0] : undefined);
  const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
  return `unknown key ${quoted(key)}.${hint} Allowed: ${known.join(", ")}.`;
}

function wrongValue(path: KeyPath, schema: JsonSchema, source: YamlSource): RecipeProblem {
  const expected = schemaAt(schema, path) ?? {};
  const { present, value } = valueAt(source.value, path);
  const about =
    expected.description === undefined || expected.anyOf !== undefined ? "" : ` ${expected.description}`;
  if (!present) return source.problem(path, `the key is missing; give ${allowedValues(expected)}.${about}`);
  const written = source.written(path);
  const hint = repairHint(expected, value, written);
  const parts = [`found ${foundValue(value, written)}; allowed: ${allowedValues(expected)}.`, hint];
  const key = path.at(-1);
  const required =
    typeof key === "number" || schemaAt(schema, path.slice(0, -1))?.required?.includes(key ?? "");
  if (value === null && required !== true) parts.push("Or leave the key out.");
  // The pattern's meaning stands in the description alone.
  if (hint === "" && expected.pattern !== undefined) parts.push(about.trim());
  return source.problem(path, parts.filter((part) => part !== "").join(" "));
}

function valueAt(root: unknown, path: KeyPath): { present: boolean; value: unknown } {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) {
      return { present: false, value: undefined };
    }
    value = (value as Record<string | number, unknown>)[step];
  }
  return { present: true, value };
}
