import { createHash } from "node:crypto";
import type { DataSource } from "../recipe/data-source-schema.js";
import { dataOptions, sourceName } from "../recipe/data-source-schema.js";
import { fileSha256 } from "../recipe/files.js";
import { type DataAccess, locateSource } from "./locate-source.js";
import { listFolderTexts } from "./text-folder.js";
import { unreadable } from "./unreadable.js";

/**
 * sha256 (hexadecimal) of what a source holds: of a file its content; of a folder or a data set of the Hub, each
 * file's name and the sha256 of its content, in the order in which they are read. So a data set keeps its hash
 * while its files stay the same, whatever else is committed to its repository.
 *
 * @param data paths are absolute, or relative to the working directory
 * @throws RecipeError: it cannot be found or read
 */
export async function sourceSha256(data: DataSource, access: DataAccess = {}): Promise<string> {
  const located = await locateSource(sourceName(data), dataOptions(data), access);
  if (located.kind === "files" && located.notes === undefined) {
    const { path, name } = located.files[0]!;
    return contentSha256(path, name);
  }
  const files =
    located.kind === "folder"
      ? (await listFolderTexts(located.folder)).map(({ file, name }) => ({ path: file, part: name }))
      : located.files;
  const hash = createHash("sha256");
  // A line is a name, which holds no line feed, and a sum of fixed length: no two lists read the same.
  for (const { path, part } of files) hash.update(`${await contentSha256(path, path)} ${part}\n`);
  return hash.digest("hex");
}

async function contentSha256(path: string, name: string): Promise<string> {
  try {
    return await fileSha256(path);
  } catch (error) {
    throw unreadable(name, error);
  }
}
