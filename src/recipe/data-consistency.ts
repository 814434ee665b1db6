import { extname } from "node:path";
import { DATA_ENDINGS, isHubSource } from "../data/endings.js";
import { RecipeError } from "../errors.js";
import { alternatives } from "./allowed.js";
import {
  type DataOptions,
  type DataSource,
  dataOptions,
  dataSourceSchema,
  sourceName,
} from "./data-source-schema.js";
import { type Inconsistency, type KeyPath, quoted } from "./problem.js";

/**
 * What does not fit together in a source of texts.
 * @param endings of the files that can be read for this key
 */
export function dataProblems(
  data: DataSource | undefined,
  path: KeyPath,
  endings: readonly string[],
): Inconsistency[] {
  if (data === undefined) return [];
  const name = sourceName(data);
  const at = typeof data === "string" ? path : [...path, "source"];
  return [
    ...(isHubSource(name) ? hubProblems(name, at) : endingProblems(name, at, endings)),
    ...(typeof data === "string" ? [] : optionProblems(dataOptions(data), name, path)),
  ];
}

/** A name without an ending, or with a slash at its end, is a folder's. */
function endingProblems(name: string, path: KeyPath, endings: readonly string[]): Inconsistency[] {
  const ending = extname(name).toLowerCase();
  if (ending === "" || /[/\\]$/.test(name) || endings.includes(ending)) return [];
  const message = `found ${quoted(name)}; allowed: a file whose name ends in ${alternatives(endings)}, or a folder (end its name in /).`;
  return [{ path, message }];
}

function hubProblems(name: string, path: KeyPath): Inconsistency[] {
  if (name.startsWith("hf:datasets/")) return [];
  const message = `found ${quoted(name)}; allowed: hf:datasets/OWNER/NAME for a data set of the Hub.`;
  return [{ path, message }];
}

function optionProblems(options: DataOptions, name: string, path: KeyPath): Inconsistency[] {
  const problems: Inconsistency[] = [];
  const add = (key: keyof DataOptions, message: string) =>
    problems.push({ path: [...path, key], at: "key", message });
  for (const key of ["split", "config"] as const) {
    if (options[key] === undefined || isHubSource(name)) continue;
    add(key, `found ${key} of a file; allowed: for hf:datasets/OWNER/NAME alone. Leave it out.`);
  }
  if (options.language !== undefined && options.languageCode !== undefined) {
    add("languageCode", "found languageCode together with language; allowed: one of the two.");
  }
  if (options.seed !== undefined && options.sample === undefined && options.balance !== true) {
    add("seed", "found a seed, and nothing is drawn; give sample or balance, or leave seed out.");
  }
  if (options.delimiter !== undefined && /["\r\n]/.test(options.delimiter)) {
    add("delimiter", "found a quote or a line break; allowed: a character such as ; or a tab.");
  }
  return problems;
}

/**
 * Checks a source that stands in no recipe.
 * @throws RecipeError naming the option that is not allowed
 */
export function parseDataSource(value: unknown): DataSource {
  const result = dataSourceSchema.safeParse(value);
  const problems = result.success
    ? dataProblems(result.data, [], DATA_ENDINGS)
    : result.error.issues
        .flatMap((issue) => (issue.code === "invalid_union" ? issue.errors.flat() : issue))
        .filter(({ path }) => path.length > 0);
  if (result.success && problems.length === 0) return result.data;
  const lines = problems.map(({ path, message }) => `${path.join(".") || "source"}: ${message}`);
  throw new RecipeError(
    lines.join("\n") || "source: found no name; allowed: a file, a folder or a data set.",
  );
}
