import { RecipeError } from "../errors.js";

/** Keys and list positions from the recipe's root. */
export type KeyPath = readonly (string | number)[];

/** One thing that is wrong in a recipe, and where. `line` and `column` count from 1. */
export interface RecipeProblem {
  readonly path: KeyPath;
  readonly line: number;
  readonly column: number;
  /** What was found and what is allowed, without the place. */
  readonly message: string;
}

/** A problem among values that are each allowed. It stands at the value of `path`, unless `at` is its key. */
export interface Inconsistency {
  readonly path: KeyPath;
  readonly message: string;
  readonly at?: "key" | "value";
}

/** A message lists this many problems: the rest of a file that is no recipe at all helps nobody. */
export const LISTED_PROBLEMS = 50;

/** `steering.layers[1]`; a key that is no plain name is quoted: `task["my key"]`. */
export function keyPath(path: KeyPath): string {
  let written = "";
  for (const step of path) {
    if (typeof step === "number") written += `[${step}]`;
    else if (step.length > 60 || !/^[\p{L}_$][\p{L}\p{M}\p{N}_$-]*$/u.test(step))
      written += `[${quoted(step)}]`;
    else written += written === "" ? step : `.${step}`;
  }
  return written;
}

/** Text between quotes on one line, cut to a length that fits a message; control characters are escaped. */
export function quoted(text: string, length = 60): string {
  const characters = Array.from(text.slice(0, 4 * length));
  const cut =
    characters.length > length || text.length > 4 * length
      ? `${characters.slice(0, length).join("")}…`
      : text;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * One error for all problems of a recipe, in the order of the file. A single problem is one line; several
 * are a heading and a line each.
 */
export function recipeError(file: string, problems: readonly RecipeProblem[]): RecipeError {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const lines = [...new Set(sorted.map(problemLine))];
  if (lines.length === 1) return new RecipeError(`${file}, ${lines[0]}`);
  const listed = lines.slice(0, LISTED_PROBLEMS).map((line) => `\n  ${line}`);
  const rest = lines.length > LISTED_PROBLEMS ? `\n  … and ${lines.length - LISTED_PROBLEMS} more.` : "";
  return new RecipeError(`${file} has ${lines.length} problems:${listed.join("")}${rest}`);
}

function problemLine({ path, line, column, message }: RecipeProblem): string {
  const place = `line ${line}, column ${column}`;
  return path.length === 0 ? `${place}: ${message}` : `${place}: ${keyPath(path)}: ${message}`;
}
