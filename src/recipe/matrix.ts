import { alternatives } from "./allowed.js";
import { type Inconsistency, type KeyPath, quoted } from "./problem.js";
import type { YamlSource } from "./yaml-source.js";

/** One recipe of several that a matrix makes: one override of each dimension. */
export interface Variant {
  /** The overrides' names in the order of the dimensions, such as `small.rude`: also the run folder's name. */
  readonly name: string;
  readonly overrides: readonly { readonly dimension: string; readonly name: string }[];
}

/** Names become names of folders, which some file systems do not tell apart by case. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
/** Each is a run of its own. */
const MOST_VARIANTS = 1000;

type PlainMap = Readonly<Record<string, unknown>>;

/** What is wrong with a recipe's matrix, apart from what its overrides say. */
export function matrixProblems(matrix: unknown): Inconsistency[] {
  const path = ["matrix"];
  if (!isMap(matrix) || Object.keys(matrix).length === 0) {
    return [
      { path, message: "allowed: a map from a dimension, such as model, to a map of named overrides." },
    ];
  }
  const problems = Object.entries(matrix).flatMap(([dimension, values]): Inconsistency[] => {
    const at = [...path, dimension];
    if (!isMap(values) || Object.keys(values).length === 0) {
      return [{ path: at, message: "allowed: a map from a name to the keys that it overrides." }];
    }
    return [
      ...nameProblems(dimension, at),
      ...Object.entries(values).flatMap(([name, override]) => [
        ...nameProblems(name, [...at, name]),
        ...overrideProblems(override, [...at, name]),
      ]),
    ];
  });
  if (problems.length > 0) return problems;
  const count = Object.values(matrix).reduce<number>(
    (product, values) => product * Object.keys(values as PlainMap).length,
    1,
  );
  if (count <= MOST_VARIANTS) return [];
  return [{ path, message: `makes ${count} variants; allowed: at most ${MOST_VARIANTS}.` }];
}

function nameProblems(name: string, path: KeyPath): Inconsistency[] {
  if (NAME.test(name)) return [];
  const message = `found the name ${quoted(name)}; allowed: at most 40 small letters, digits, dashes and underscores, as it becomes the name of a folder.`;
  return [{ path, message, at: "key" }];
}

function overrideProblems(override: unknown, path: KeyPath): Inconsistency[] {
  if (!isMap(override)) {
    return [{ path, message: "allowed: a map of the recipe's keys, such as {model: {source: tinyllama}}." }];
  }
  if (!("matrix" in override)) return [];
  return [{ path: [...path, "matrix"], at: "key", message: "a matrix cannot stand in a matrix; remove it." }];
}

/** Every combination of one override of each dimension; the last dimension changes fastest. */
export function matrixVariants(matrix: PlainMap): Variant[] {
  return Object.entries(matrix).reduce<Variant[]>(
    (variants, [dimension, values]) =>
      variants.flatMap((variant) =>
        Object.keys(values as PlainMap).map((name) => ({
          name: variant.name === "" ? name : `${variant.name}.${name}`,
          overrides: [...variant.overrides, { dimension, name }],
        })),
      ),
    [{ name: "", overrides: [] }],
  );
}

/** The variant of a name, or what to say where there is none. */
export function findVariant(variants: readonly Variant[], name: string | undefined): Variant | string {
  const found = variants.find((variant) => variant.name === name);
  if (found) return found;
  const shown = variants.slice(0, 10).map((variant) => variant.name);
  const names = alternatives(
    variants.length > 10 ? [...shown, `one of ${variants.length - 10} more`] : shown,
  );
  return name === undefined
    ? `the recipe's matrix makes ${variants.length} variants; name the one that is meant: ${names}.`
    : `the recipe has no variant ${quoted(name)}; it has ${names}.`;
}

/**
 * A variant's recipe: the text's keys with the overrides merged into them, one after the other. Maps are merged key
 * by key; everything else, lists too, is replaced; null takes a key out. A problem is placed where its value stands:
 * in the override that has it, or in the rest of the recipe.
 */
export function variantSource(source: YamlSource, { overrides }: Variant): YamlSource {
  const { matrix, ...base } = source.value as PlainMap;
  const parts = overrides.map(({ dimension, name }) => ({
    path: ["matrix", dimension, name],
    value: (matrix as Record<string, PlainMap>)[dimension]![name],
  }));
  const value = parts.reduce<unknown>((merged, part) => mergedWith(merged, part.value), base);
  // Later overrides hide earlier ones.
  const owners = [...parts].reverse();
  const placeOf = (path: KeyPath): KeyPath => {
    for (let length = path.length; length > 0; length--) {
      const owner = owners.find((part) => has(part.value, path.slice(0, length)));
      if (owner) return [...owner.path, ...path];
      if (has(base, path.slice(0, length))) return path;
    }
    return path;
  };
  return {
    value,
    problems: source.problems,
    problem: (path, message, at) => source.problem(placeOf(path), message, at),
    written: (path) => source.written(placeOf(path)),
  };
}

function isMap(value: unknown): value is PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mergedWith(base: unknown, override: unknown): unknown {
  if (!isMap(base) || !isMap(override)) return override;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(override)) {
    if (value === null) delete merged[key];
    else merged[key] = mergedWith(merged[key], value);
  }
  return merged;
}

function has(value: unknown, path: KeyPath): boolean {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) return false;
    current = (current as Record<string | number, unknown>)[step];
  }
  return true;
}
