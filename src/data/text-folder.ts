import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { RecipeError } from "../errors.js";
import { quoted } from "../recipe/problem.js";
import { MOST_LINE_BYTES, readDecodedLines } from "./decoded-lines.js";
import { NO_CLASS_NAMES, type SourceRow, type SourceTable } from "./source-row.js";
import { unreadable } from "./unreadable.js";

/** A text of a folder. */
export interface FolderText {
  /** Absolute. */
  readonly file: string;
  /** Within the folder, with slashes. */
  readonly name: string;
  /** Name of the sub-folder that it stands in. */
  readonly label: string | undefined;
}

/**
 * The texts of a folder, in the order of their names' UTF-16 code units: `LABEL/NAME.txt`, or `NAME.txt` for texts
 * without labels. Other files and names that begin with a dot are passed over.
 *
 * @throws RecipeError: there are no texts, some have labels and some not, folders stand within the labels' folders,
 *   a link leads out of the folder, or a name cannot be one of a label
 */
export async function listFolderTexts(folder: string): Promise<FolderText[]> {
  const root = await realpath(folder).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  const entries = await entriesOf(folder, root);
  const plain = entries.filter((entry) => entry.isFile && isText(entry.name));
  const labelled = await Promise.all(
    entries.filter((entry) => !entry.isFile).map((entry) => labelTexts(folder, entry, root)),
  );
  const inFolders = labelled.flat();
  if (plain.length > 0 && inFolders.length > 0) {
    throw new RecipeError(
      `${folder}: holds texts such as ${quoted(plain[0]!.name)} beside folders of texts such as ${quoted(inFolders[0]!.name)}. ` +
        "Put every text into its label's folder, or all into one without labels.",
    );
  }
  const texts = [
    ...plain.map(({ name }) => ({ file: join(folder, name), name, label: undefined })),
    ...inFolders,
  ];
  if (texts.length > 0) return texts;
  const others = entries.filter(({ isFile }) => isFile).map(({ name }) => quoted(name));
  throw new RecipeError(
    others.length === 0
      ? `${folder}: holds no .txt files, and no folders with any.`
      : `${folder}: holds no .txt files. If ${others.slice(0, 3).join(" or ")} holds the texts, give the file's own name.`,
  );
}

/** A folder of texts as a table of `text` and, where there are sub-folders, `label`. */
export async function openTextFolder(folder: string): Promise<SourceTable> {
  const texts = await listFolderTexts(folder);
  const columns = texts[0]!.label === undefined ? ["text"] : ["text", "label"];
  return { columns, classNames: NO_CLASS_NAMES, mayLackText: false, rows: folderRows(folder, texts) };
}

async function* folderRows(folder: string, texts: readonly FolderText[]): AsyncGenerator<SourceRow> {
  for (const { file, name, label } of texts) {
    const where = `${folder}${sep}${name.replaceAll("/", sep)}`;
    const { size } = await stat(file).catch((error: unknown) => {
      throw unreadable(where, error);
    });
    if (size > MOST_LINE_BYTES) {
      throw new RecipeError(
        `${where}: has more than ${MOST_LINE_BYTES / 2 ** 20} MiB; a file of the folder is one text. Give a file with a text a line by its own name.`,
      );
    }
    const lines: string[] = [];
    for await (const { line } of readDecodedLines(file, where)) lines.push(line.replace(/\r$/, ""));
    const text = lines.join("\n");
    yield { where, values: label === undefined ? { text } : { text, label } };
  }
}

interface Entry {
  readonly name: string;
  readonly isFile: boolean;
}

async function labelTexts(folder: string, { name: label }: Entry, root: string): Promise<FolderText[]> {
  const path = join(folder, label);
  const entries = await entriesOf(path, root);
  const inner = entries.find(({ isFile }) => !isFile);
  if (inner !== undefined) {
    throw new RecipeError(
      `${join(path, inner.name)}: is a folder within a label's folder. Texts stand in FOLDER/LABEL/NAME.txt.`,
    );
  }
  return entries
    .filter(({ name }) => isText(name))
    .map(({ name }) => ({ file: join(path, name), name: `${label}/${name}`, label }));
}

/** Files and folders of a folder; links are what they lead to, which must lie within `root`. */
async function entriesOf(folder: string, root: string): Promise<Entry[]> {
  let found: Dirent[];
  try {
    found = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw unreadable(folder, error);
  }
  const entries = await Promise.all(
    found.filter(({ name }) => !name.startsWith(".")).map((entry) => readEntry(folder, entry, root)),
  );
  return entries.filter((entry) => entry !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readEntry(folder: string, entry: Dirent, root: string): Promise<Entry | undefined> {
  const { name } = entry;
  // U+FFFD stands for bytes that are no text, by which the file cannot be opened again.
  if (/[\p{Cc}\p{Zl}\p{Zp}\ufffd]/u.test(name)) {
    throw new RecipeError(
      `${quoted(join(folder, name), 200)}: the name has characters that names of texts and labels cannot have. Rename it.`,
    );
  }
  if (!entry.isSymbolicLink()) {
    return entry.isFile() || entry.isDirectory() ? { name, isFile: entry.isFile() } : undefined;
  }
  const path = join(folder, name);
  try {
    const target = await realpath(path);
    if (target !== root && !target.startsWith(root.endsWith(sep) ? root : root + sep)) {
      throw new RecipeError(`${path}: is a link that leads out of the folder. Put the file itself there.`);
    }
    const status = await stat(path);
    return status.isFile() || status.isDirectory() ? { name, isFile: status.isFile() } : undefined;
  } catch (error) {
    throw unreadable(path, error);
  }
}

function isText(name: string): boolean {
  return extname(name).toLowerCase() === ".txt";
}
