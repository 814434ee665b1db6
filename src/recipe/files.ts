import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { isHubSource } from "../data/endings.js";
import { type DataSource, dataOptions, sourceName } from "./data-source-schema.js";
import type { KeyPath } from "./problem.js";
import type { Recipe } from "./schema.js";

/** sha256 (hexadecimal) of files, folders and data sets by their {@link sourceKey}. */
export type FileHashes = ReadonlyMap<string, string>;

/** The recipe's keys that name a file, a folder or a data set besides the model, as they are written. */
export function fileReferences(recipe: Recipe): { path: KeyPath; file: DataSource }[] {
  const { contrast, demonstrations, classifier, steering, guidance } = recipe;
  return [
    ...contrast.flatMap(({ file }, index) =>
      file === undefined ? [] : [{ path: ["contrast", index, "file"], file }],
    ),
    ...(demonstrations === undefined
      ? []
      : [{ path: ["demonstrations", "file"], file: demonstrations.file }]),
    ...(classifier === undefined ? [] : [{ path: ["classifier", "test"], file: classifier.test }]),
    ...(classifier?.train === undefined ? [] : [{ path: ["classifier", "train"], file: classifier.train }]),
    ...(classifier?.validation === undefined
      ? []
      : [{ path: ["classifier", "validation"], file: classifier.validation }]),
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

/** What a source is known by: its absolute path, or a data set's name with its split and configuration. */
export function sourceKey(data: DataSource, directory: string): string {
  const name = sourceName(data);
  if (!isHubSource(name)) return resolve(directory, name);
  const { split, config } = dataOptions(data);
  const chosen = Object.entries({ config, split }).filter(([, value]) => value !== undefined);
  return [name, ...chosen.map(([key, value]) => `${key} ${value}`)].join(", ");
}

/**
 * The {@link sourceKey} of all that a recipe names, each once, in its order; the model is not among them. Paths are
 * relative to the recipe's directory.
 */
export function recipeFiles({ recipe, directory }: { recipe: Recipe; directory: string }): string[] {
  return [...new Set(fileReferences(recipe).map(({ file }) => sourceKey(file, directory)))];
}

/** @throws the file system's error if the file cannot be read. */
export async function fileSha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
