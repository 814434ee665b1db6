import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { KeyPath } from "./problem.js";
import type { Recipe } from "./schema.js";

/** sha256 (hexadecimal) of files by their absolute path. */
export type FileHashes = ReadonlyMap<string, string>;

/** The recipe's keys that name a file besides the model, with the names as they are written. */
export function fileReferences(recipe: Recipe): { path: KeyPath; file: string }[] {
  const { contrast, demonstrations, classifier, steering, guidance } = recipe;
  return [
    ...contrast.flatMap(({ file }, index) =>
      file === undefined ? [] : [{ path: ["contrast", index, "file"], file }],
    ),
    ...(demonstrations === undefined
      ? []
      : [{ path: ["demonstrations", "file"], file: demonstrations.file }]),
    ...(classifier === undefined ? [] : [{ path: ["classifier", "test"], file: classifier.test }]),
    ...(typeof steering?.vectors === "string"
      ? [{ path: ["steering", "vectors"], file: steering.vectors }]
      : Object.entries(steering?.vectors ?? {}).map(([label, file]) => ({
          path: ["steering", "vectors", label],
          file,
        }))),
    ...(steering?.when?.vector === undefined
      ? []
      : [{ path: ["steering", "when", "vector"], file: steering.when.vector }]),
    ...(guidance?.negatives?.file === undefined
      ? []
      : [{ path: ["guidance", "negatives", "file"], file: guidance.negatives.file }]),
  ];
}

/**
 * Absolute paths of the files that a recipe names, each once, in its order; the model is not among them. Names
 * are relative to the recipe's directory.
 */
export function recipeFiles({ recipe, directory }: { recipe: Recipe; directory: string }): string[] {
  return [...new Set(fileReferences(recipe).map(({ file }) => resolve(directory, file)))];
}

/** @throws the file system's error if the file cannot be read. */
export async function fileSha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
