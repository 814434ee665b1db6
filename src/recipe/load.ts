import { isUtf8 } from "node:buffer";
import { access, constants, readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { RecipeError } from "../errors.js";
import { type FileHashes, fileReferences, fileSha256 } from "./files.js";
import { recipeFingerprint } from "./fingerprint.js";
import { quoted, type RecipeProblem, recipeError } from "./problem.js";
import type { Recipe } from "./schema.js";
import { validateRecipe } from "./validate.js";
import { MAX_RECIPE_BYTES, readYaml, tooLarge, type YamlSource } from "./yaml-source.js";

export interface LoadedRecipe {
  readonly recipe: Recipe;
  /** The file's text, without a byte order mark. */
  readonly text: string;
  /** Absolute path of the recipe. */
  readonly file: string;
  /** Absolute path of its folder, which the recipe's file names are relative to. */
  readonly directory: string;
  /** sha256 of each file of texts that it names, by absolute path; empty from `parseRecipe`. */
  readonly hashes: FileHashes;
  /** See `recipeFingerprint`. From `loadRecipe` it covers the contents of the recipe's files. */
  readonly fingerprint: string;
}

/**
 * Reads a recipe, YAML or JSON, with its defaults filled in, and hashes the files of texts that it names.
 * @throws RecipeError that lists every problem with file, line, column and key path; also if the recipe, or
 * a file that it names, cannot be read.
 */
export async function loadRecipe(path: string): Promise<LoadedRecipe> {
  const { loaded, source } = parse(decode(await readRecipe(path), path), path);
  const hashes = new Map<string, string>();
  const problems: RecipeProblem[] = [];
  for (const { path: key, file } of fileReferences(loaded.recipe)) {
    const absolute = resolve(loaded.directory, file);
    const problem = await fileProblem(absolute);
    if (problem !== undefined) problems.push(source.problem(key, problem));
    else if (!hashes.has(absolute)) hashes.set(absolute, await fileSha256(absolute));
  }
  if (problems.length > 0) throw recipeError(path, problems);
  return {
    ...loaded,
    hashes,
    fingerprint: recipeFingerprint(loaded.recipe, { directory: loaded.directory, hashes }),
  };
}

/**
 * A recipe from text. Reads no file: those that it names count in the fingerprint by name.
 * @param file Where the text is from, for messages and for the folder of the files that it names.
 * @throws RecipeError that lists every problem with file, line, column and key path.
 */
export function parseRecipe(text: string, file: string): LoadedRecipe {
  return parse(text, file).loaded;
}

function parse(written: string, path: string): { loaded: LoadedRecipe; source: YamlSource } {
  const text = written.startsWith("\ufeff") ? written.slice(1) : written;
  const source = readYaml(text, path);
  const { recipe, problems } = validateRecipe(source);
  if (recipe === undefined) throw recipeError(path, problems);
  const file = resolve(path);
  const fingerprint = recipeFingerprint(recipe);
  return { loaded: { recipe, text, file, directory: dirname(file), hashes: new Map(), fingerprint }, source };
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

async function fileProblem(path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isFile())
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
