import { extname } from "node:path";
import { RecipeError } from "../errors.js";
import type { DataOptions } from "../recipe/data-source-schema.js";
import { openDelimited } from "./delimited.js";
import { DATA_ENDINGS } from "./endings.js";
import { openJsonLines } from "./json-lines.js";
import type { LocatedSource } from "./locate-source.js";
import { openParquet } from "./parquet.js";
import type { SourceTable } from "./source-row.js";
import { openTextFolder } from "./text-folder.js";
import { openTextLines } from "./text-lines.js";

/**
 * Opens the tables of a source, one for each file.
 *
 * @param columns the columns to read where a format can leave the others out; all, if undefined
 * @throws RecipeError naming the file, and its line where there is one
 */
export async function* openTables(
  located: LocatedSource,
  options: Pick<DataOptions, "delimiter" | "quotes">,
  columns?: readonly string[],
): AsyncGenerator<SourceTable> {
  if (located.kind === "folder") yield await openTextFolder(located.folder);
  else for (const { path, name } of located.files) yield await openFile(path, name, options, columns);
}

async function openFile(
  path: string,
  name: string,
  { delimiter, quotes }: Pick<DataOptions, "delimiter" | "quotes">,
  columns: readonly string[] | undefined,
): Promise<SourceTable> {
  // A file of a cache may be called otherwise than in its repository.
  const ending = extname(name).toLowerCase();
  switch (ending) {
    case ".jsonl":
    case ".ndjson":
    case ".json":
      return openJsonLines(path, name);
    case ".txt":
      return openTextLines(path, name);
    case ".csv":
      return openDelimited(path, name, { delimiter: delimiter ?? ",", quotes });
    case ".tsv":
      return openDelimited(path, name, { delimiter: delimiter ?? "\t", quotes });
    case ".parquet":
      return openParquet(path, name, columns);
    default:
      throw new RecipeError(
        `${name}: cannot be read as texts; give a file that ends in ${DATA_ENDINGS.join(", ")}, or a folder of .txt files.`,
      );
  }
}
