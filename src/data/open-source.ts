import { extname } from "node:path";
import { RecipeError } from "../errors.js";
import type { DataOptions } from "../recipe/data-source-schema.js";
import { DATA_ENDINGS } from "./endings.js";
import { openJsonLines } from "./json-lines.js";
import type { LocatedSource } from "./locate-source.js";
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
  // Loaded when they are needed: no command should wait for the libraries of formats that it does not read.
  const delimited = async (fallback: string) => {
    const { openDelimited } = await import("./delimited.js");
    return openDelimited(path, name, { delimiter: delimiter ?? fallback, quotes });
  };
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
      return delimited(",");
    case ".tsv":
      return delimited("\t");
    case ".parquet":
      return (await import("./parquet.js")).openParquet(path, name, columns);
    default:
      throw new RecipeError(
        `${name}: cannot be read as texts; give a file that ends in ${DATA_ENDINGS.join(", ")}, or a folder of .txt files.`,
      );
  }
}
