import { isUtf8 } from "node:buffer";
import { access, constants, readFile, stat } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { DATA_ENDINGS, isHubSource } from "../data/endings.js";
import { absoluteSource, type DataAccess } from "../data/locate-source.js";
import { sourceSha256 } from "../data/source-hash.js";
import { RecipeError } from "../errors.js";
import { sourceName } from "./data-source-schema.js";
import { type FileHashes, fileReferences, sourceKey } from "./files.js";
import { recipeFingerprint } from "./fingerprint.js";
import { findVariant, matrixProblems, matrixVariants, type Variant, variantSource } from "./matrix.js";
import { quoted, type RecipeProblem, recipeError } from "./problem.js";
import type { Recipe } from "./schema.js";
import { validateRecipe } from "./validate.js";
import { MAX_RECIPE_BYTES, readYaml, tooLarge, type YamlSource } from "./yaml-source.js";

export interface LoadedRecipe {
  readonly recipe: Recipe;
  /** Which variant of a matrix it is. */
  readonly variant?: string;
  /** The file's text, without a byte order mark. */
  readonly text: string;
  /** Absolute path of the recipe. */
  readonly file: string;
  /** Absolute path of its folder, which the recipe's file names are relative to. */
  readonly directory: string;
  /** sha256 of each source of texts that it names, by `sourceKey`; empty from `parseRecipe`. */
  readonly hashes: FileHashes;
  /** See `recipeFingerprint`. From `loadRecipe` it covers the contents of the recipe's files. */
  readonly fingerprint: string;
}

/** Which recipe of a file with a matrix is meant. */
export interface VariantChoice {
  /** Needed for a recipe with a matrix, and not for any other. */
  readonly variant?: string | undefined;
}

/**
 * Reads a recipe, YAML or JSON, with its defaults filled in, and hashes the texts that it names; data sets of the Hub
 * are fetched.
 * @throws RecipeError that lists every problem with file, line, column and key path; also if the recipe, or
 * a file that it names, cannot be read, or the choice of a variant does not fit it.
 */
export async function loadRecipe(
  path: string,
  choice: VariantChoice = {},
  access: DataAccess = {},
): Promise<LoadedRecipe> {
  const { loaded, source } = parse(decode(await readRecipe(path), path), path, choice);
  const hashes = new Map<string, string>();
  const problems: RecipeProblem[] = [];
  for (const { path: key, file } of fileReferences(loaded.recipe)) {
    const known = sourceKey(file, loaded.directory);
    const name = sourceName(file);
    const at = typeof file === "string" ? key : [...key, "source"];
    const isTexts = key[0] !== "steering";
    const problem =
      isTexts && isHubSource(name) ? undefined : await fileProblem(resolve(loaded.directory, name), isTexts);
    if (problem !== undefined) problems.push(source.problem(at, problem));
    else if (!hashes.has(known)) {
      try {
        hashes.set(known, await sourceSha256(absoluteSource(file, loaded.directory), access));
      } catch (error) {
        if (!(error instanceof RecipeError)) throw error;
        problems.push(source.problem(at, error.message));
      }
    }
  }
  if (problems.length > 0) throw recipeError(path, problems);
  return {
    ...loaded,
    hashes,
    fingerprint: recipeFingerprint(loaded.recipe, { directory: loaded.directory, hashes }),
  };
}

/**
 * The names of the variants that a recipe's matrix makes; none for a recipe without a matrix.
 * @throws RecipeError if the file cannot be read, or its matrix is none.
 */
export async function recipeVariants(path: string): Promise<string[]> {
  const source = readYaml(withoutMark(decode(await readRecipe(path), path)), path);
  return (variantsOf(source, path) ?? []).map(({ name }) => name);
}

/**
 * Reads several variants of a recipe, so that a mistake in the last is found before the first is run.
 * @throws RecipeError that lists the problems of all of them, each once.
 */
export async function loadVariants(path: string, names: readonly string[]): Promise<LoadedRecipe[]> {
  const loaded: LoadedRecipe[] = [];
  const problems = new Set<string>();
  for (const variant of names) {
    try {
      loaded.push(await loadRecipe(path, { variant }));
    } catch (error) {
      if (!(error instanceof RecipeError)) throw error;
      problems.add(error.message);
    }
  }
  if (problems.size > 0) throw new RecipeError([...problems].join("\n"));
  return loaded;
}

/**
 * A recipe from text. Reads no file: those that it names count in the fingerprint by name.
 * @param file Where the text is from, for messages and for the folder of the files that it names.
 * @throws RecipeError that lists every problem with file, line, column and key path.
 */
export function parseRecipe(text: string, file: string, choice: VariantChoice = {}): LoadedRecipe {
  return parse(text, file, choice).loaded;
}

function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** The variants of a recipe's matrix; undefined if it has none. */
function variantsOf(source: YamlSource, path: string): Variant[] | undefined {
  const { value } = source;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "matrix")) return undefined;
  const { matrix } = value as { matrix: unknown };
  const problems = matrixProblems(matrix);
  if (problems.length === 0) return matrixVariants(matrix as Record<string, unknown>);
  throw recipeError(
    path,
    problems.map((problem) => source.problem(problem.path, problem.message, problem.at)),
  );
}

/** The recipe that is meant: the text's own, or a variant of it. */
function chosenSource(source: YamlSource, path: string, { variant }: VariantChoice): YamlSource {
  const variants = variantsOf(source, path);
  if (variants === undefined) {
    if (variant === undefined) return source;
    const message = `there is no variant ${quoted(variant)}, as the recipe has no matrix.`;
    throw recipeError(path, [source.problem([], message)]);
  }
  const found = findVariant(variants, variant);
  if (typeof found === "string") throw recipeError(path, [source.problem(["matrix"], found, "key")]);
  return variantSource(source, found);
}

function parse(
  written: string,
  path: string,
  choice: VariantChoice,
): { loaded: LoadedRecipe; source: YamlSource } {
  const text = withoutMark(written);
  const source = chosenSource(readYaml(text, path), path, choice);
  const { recipe, problems } = validateRecipe(source);
  if (recipe === undefined) throw recipeError(path, problems);
  const file = resolve(path);
  const fingerprint = recipeFingerprint(recipe);
  const { variant } = choice;
  const chosen = variant === undefined ? {} : { variant };
  const loaded = { recipe, ...chosen, text, file, directory: dirname(file), hashes: new Map(), fingerprint };
  return { loaded, source };
}

async function readRecipe(path: string): Promise<Buffer> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) {
      throw new RecipeError(`${path}: found a folder; allowed: a recipe file. Name the file in it.`);
    }
    if (!status.isFile()) throw new RecipeError(`${path}: found a device or a pipe; allowed: a recipe file.`);
    if (status.size > MAX_RECIPE_BYTES) throw new RecipeError(`${path}: ${tooLarge(status.size)}`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof RecipeError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" || code === "ENOTDIR"
        ? `there is no such file (${resolve(path)}). \`tiller init\` writes a recipe to begin with.`
        : code === "EACCES" || code === "EPERM"
          ? "the file may not be read. Change its permissions."
          : `the file cannot be read: ${message}`;
    throw new RecipeError(`${path}: ${reason}`, { cause: error });
  }
}

function decode(bytes: Buffer, path: string): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const at = invalidByte(bytes);
  const before = bytes.subarray(0, at);
  const line = before.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 1);
  const column = before.subarray(before.lastIndexOf(0x0a) + 1).toString("utf8").length + 1;
  const found = `0x${bytes[at]!.toString(16).padStart(2, "0")}`;
  const message = `found the byte ${found}, which is not UTF-8; allowed: text in UTF-8. Save the file with that encoding.`;
  throw recipeError(path, [{ path: [], line, column, message }]);
}

/** Where the first sequence of bytes begins that is not UTF-8. */
function invalidByte(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const length = [1, 2, 3, 4].find((length) => isUtf8(bytes.subarray(at, at + length)));
    if (length === undefined) return at;
    at += length;
  }
  return at;
}

async function fileProblem(path: string, mayBeFolder: boolean): Promise<string | undefined> {
  try {
    const status = await stat(path);
    const isFolder =
      mayBeFolder && status.isDirectory() && !DATA_ENDINGS.includes(extname(path).toLowerCase());
    if (!status.isFile() && !isFolder)
      return `found ${quoted(path, 200)}, which is no file; allowed: a file of texts.`;
    await access(path, constants.R_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "EACCES" || code === "EPERM"
      ? `the file ${quoted(path, 200)} may not be read. Change its permissions.`
      : `there is no file ${quoted(path, 200)}; allowed: the name of a file, relative to the recipe's folder.`;
  }
}
