import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  Parser,
  type YAMLError,
} from "yaml";
import { type KeyPath, LISTED_PROBLEMS, quoted, type RecipeProblem, recipeError } from "./problem.js";
import { type YamlValues, yamlValues } from "./yaml-values.js";

/** A recipe's text as plain values, with the way back from a key path to a place in the text. */
export interface YamlSource {
  readonly value: unknown;
  /** What YAML allows and a recipe does not: keys given twice, tags, too many aliases. */
  readonly problems: readonly RecipeProblem[];
  /** A problem of the value at `path`, or of its key; of a key that is not there, at the map it belongs in. */
  problem(path: KeyPath, message: string, at?: "key" | "value"): RecipeProblem;
  /** The scalar at `path` as it is written, such as `007` for the number 7. */
  written(path: KeyPath): string | undefined;
}

export const MAX_RECIPE_BYTES = 1024 * 1024;
/** A recipe needs 6. More is refused before composing, where regular expressions deep in the stack can abort V8. */
const MAX_NESTING = 64;
/** Pieces of text outside the document: comments above it, or what could not be read as part of it. */
const MAX_TOP_LEVEL = 10_000;

/**
 * Reads YAML 1.2 (core schema: `no` is text), of which JSON is a part.
 * @param file Name of the file, for messages.
 * @throws RecipeError if the text is not one well-formed document, or too large or too deeply nested.
 */
export function readYaml(text: string, file: string): YamlSource {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_RECIPE_BYTES) {
    throw recipeError(file, [{ path: [], line: 1, column: 1, message: tooLarge(bytes) }]);
  }
  const lines = new LineCounter();
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line, column: col };
  };
  const fail = (offset: number, message: string): never => {
    throw recipeError(file, [{ path: [], ...place(offset), message }]);
  };

  const tokens = syntaxTokens(text, lines, fail);
  const composer = new Composer({
    schema: "core",
    version: "1.2",
    resolveKnownTags: false,
    // Its own test compares every key with every other; yaml-values.ts finds duplicates in one pass.
    uniqueKeys: false,
    prettyErrors: false,
  });
  const [document] = composer.compose(tokens, true, text.length);
  const root: unknown = document?.contents ?? null;
  const errors: readonly YAMLError[] = document?.errors ?? [];
  if (errors.length > 0) throw syntaxError(file, errors, root, place);
  if (root === null || (isScalar(root) && root.value === null)) {
    return fail(0, "the recipe is empty; allowed: a map with the keys name, model, task and so on.");
  }
  return located(yamlValues(root), root, place);
}

/** Why a recipe of so many bytes is refused. */
export function tooLarge(bytes: number): string {
  return (
    `found ${bytes} bytes; a recipe has at most ${MAX_RECIPE_BYTES} (1 MiB). ` +
    "Move long lists of texts into files and name them with `file`."
  );
}

function syntaxTokens(
  text: string,
  lines: LineCounter,
  fail: (offset: number, message: string) => never,
): CST.Token[] {
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  const keep = (token: CST.Token): void => {
    if (
      token.type === "directive" &&
      /^%YAML/.test(token.source) &&
      !/^%YAML\s+1\.2\s*$/.test(token.source)
    ) {
      fail(token.offset, `found ${quoted(token.source)}; recipes are YAML 1.2: leave this line out.`);
    }
    if (token.type === "document" && tokens.some(({ type }) => type === "document")) {
      fail(
        token.offset,
        "a second document begins here; allowed: one recipe in a file. Remove `---`, or split the file.",
      );
    }
    tokens.push(token);
    if (tokens.length > MAX_TOP_LEVEL) {
      fail(
        token.offset,
        `found more than ${MAX_TOP_LEVEL} comments or stray signs outside the recipe's map.`,
      );
    }
  };
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) keep(token);
    if (parser.stack.length > MAX_NESTING) {
      fail(
        parser.offset,
        `found more than ${MAX_NESTING} lists and maps inside each other; a recipe needs 6.`,
      );
    }
  }
  for (const token of parser.end()) keep(token);
  return tokens;
}

const SYNTAX_HINTS: Partial<Record<YAMLError["code"], string>> = {
  TAB_AS_INDENT: "Found a tab; allowed: spaces.",
  BLOCK_AS_IMPLICIT_KEY: "Put text that holds a colon and a space in quotes.",
  BAD_SCALAR_START: "Put text that begins with a special character in quotes.",
  MULTILINE_IMPLICIT_KEY: "A key and its colon stand on one line, with a space after the colon.",
  MISSING_CHAR: "A quote, bracket or colon is missing here or above.",
  BAD_INDENT: "Keys of one map begin in the same column.",
  BAD_DQ_ESCAPE:
    'Between double quotes a backslash is written twice ("\\\\"); single quotes keep it as it is.',
};

function syntaxError(
  file: string,
  errors: readonly YAMLError[],
  root: unknown,
  place: (offset: number) => { line: number; column: number },
): Error {
  // One slip often makes several errors on its line; the first names the cause.
  const first = new Map<number, RecipeProblem>();
  for (const { pos, code, message } of errors) {
    const at = place(pos[0]);
    if (first.has(at.line)) continue;
    const hint = SYNTAX_HINTS[code];
    const sentence = `this is not valid YAML: ${message.replace(/\s+/g, " ")}.${hint === undefined ? "" : ` ${hint}`}`;
    // Finding a path reads the document: no more often than somebody will see it.
    const path = first.size < LISTED_PROBLEMS ? pathAt(root, pos[0]) : [];
    first.set(at.line, { path, ...at, message: sentence });
  }
  return recipeError(file, [...first.values()]);
}

/** Keys down to the last value that begins before `offset`. */
function pathAt(root: unknown, offset: number): KeyPath {
  const path: (string | number)[] = [];
  let node = root;
  for (;;) {
    if (isMap(node)) {
      const pair = node.items.findLast(({ key }) => offsetOf(key) <= offset);
      if (pair === undefined || !isScalar(pair.key)) return path;
      path.push(String(pair.key.value));
      node = pair.value;
    } else if (isSeq(node)) {
      const index = node.items.findLastIndex((item) => offsetOf(item) <= offset);
      if (index < 0) return path;
      path.push(index);
      node = node.items[index];
    } else {
      return path;
    }
  }
}

function located(
  { value, pairs, aliases, problems }: YamlValues,
  root: unknown,
  place: (offset: number) => { line: number; column: number },
): YamlSource {
  const target = (node: unknown): unknown => (isAlias(node) ? aliases.get(node) : node);
  const child = (node: unknown, step: string | number): { key: unknown; value: unknown } | undefined => {
    if (isMap(node)) {
      const pair: Pair | undefined = pairs.get(node)?.get(String(step));
      return pair && { key: pair.key, value: target(pair.value) };
    }
    if (isSeq(node) && typeof step === "number" && step in node.items) {
      return { key: node.items[step], value: target(node.items[step]) };
    }
    return undefined;
  };
  const find = (path: KeyPath): { key: unknown; value: unknown; complete: boolean } => {
    let current: { key: unknown; value: unknown } = { key: root, value: root };
    for (const step of path) {
      const next = child(current.value, step);
      if (next === undefined) return { ...current, complete: false };
      current = next;
    }
    return { ...current, complete: true };
  };
  const problem: YamlSource["problem"] = (path, message, at = "value") => {
    const { key, value, complete } = find(path);
    const empty = isScalar(value) && value.source === "";
    const node = at === "key" || !complete || empty ? key : value;
    return { path, ...place(offsetOf(node)), message };
  };
  return {
    value,
    problems: problems.map(({ path, node, message, earlier }) => {
      const first =
        earlier === undefined ? "" : ` It is first given on line ${place(offsetOf(earlier)).line}.`;
      return { path, ...place(offsetOf(node)), message: message + first };
    }),
    problem,
    written(path) {
      const { value, complete } = find(path);
      return complete && isScalar(value) ? value.source : undefined;
    },
  };
}

function offsetOf(node: unknown): number {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0] ?? 0;
}
