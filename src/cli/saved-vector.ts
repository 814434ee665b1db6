import { lstatSync } from "node:fs";
import { RecipeError, type SteeringVector, StoreError, TillerError, writeVectorFile } from "../index.js";

/** What a person does about the error codes of a file that cannot be written. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "a part of its path is a file and not a folder",
  EISDIR: "it is a folder",
  EACCES: "permission was denied",
  EPERM: "permission was denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENAMETOOLONG: "its name is too long",
};

/** StoreError for a failure of the file system; any other error as it is. */
export function writeFailure(error: unknown, path: string): unknown {
  if (error instanceof TillerError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = (code !== undefined && REASONS[code]) || message;
  return new StoreError(`${path} cannot be written: ${reason}. Choose another place.`, { cause: error });
}

function exists(file: string): boolean {
  try {
    // A link that leads nowhere is something, too.
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw writeFailure(error, file);
  }
}

/**
 * Refuses names under which something lies already, before any work is done.
 * @throws RecipeError; StoreError if the place cannot be looked at
 */
export function refuseExisting(files: readonly string[], force: boolean): void {
  const taken = force ? undefined : files.find(exists);
  if (taken === undefined) return;
  throw new RecipeError(`${taken} exists already. Choose another name, or --force to overwrite it.`);
}

/** Writes a vector file. Its name was checked with `refuseExisting`. */
export function saveVector(path: string, vector: SteeringVector): void {
  try {
    writeVectorFile(path, vector);
  } catch (error) {
    throw writeFailure(error, path);
  }
}

/** A vector file, for `--json`. */
export function describeVector(file: string, vector: SteeringVector) {
  return {
    file,
    method: vector.method,
    origin: vector.origin,
    class: vector.class,
    language: vector.language,
    texts: vector.texts,
    layers: vector.layers.map(({ layer, residualNorm, differenceNorm }) => ({
      layer,
      residualNorm,
      differenceNorm,
    })),
  };
}

/** A vector file, for people. */
export function vectorText(file: string, vector: SteeringVector): string {
  const { method, origin, class: steered, language, texts, layers } = vector;
  const made = method !== "imported" && method !== "combined";
  const source = made
    ? `${method} towards ${steered} (${language}), from ${texts} texts`
    : `${method}: ${origin}`;
  const lines = layers.map(({ layer, residualNorm, differenceNorm }) => {
    const norm = residualNorm?.toFixed(2) ?? "unknown";
    const length = made
      ? `difference of the means ${differenceNorm.toFixed(2)}`
      : `length ${differenceNorm.toPrecision(4)}`;
    return `  layer ${String(layer).padStart(2)}: mean residual norm ${norm}, ${length}`;
  });
  return [file, `  ${source}`, ...lines].join("\n");
}
