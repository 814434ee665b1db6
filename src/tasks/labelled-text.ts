import { createReadStream } from "node:fs";
import { extname } from "node:path";
import { RecipeError } from "../errors.js";
import { normalizeLanguage } from "./languages.js";

/** A text of which it is known what it is. */
export interface LabelledText {
  readonly text: string;
  readonly label: string;
  /** Canonical short code; left out where the file names none. */
  readonly language?: string;
}

/** Which rows of a .jsonl file to read. A row that has no such field is read. */
export interface RowSelection {
  readonly label?: string;
  /** ISO 639 code. */
  readonly language?: string;
  /** A blank line within a .txt file is an empty text, so that the lines of two files stay pairs. */
  readonly keepBlank?: boolean;
}

/**
 * The texts of a .txt file, a text a line, or of a .jsonl file, in the field `text`. Blank lines are skipped, a
 * byte order mark and CRLF are understood, and texts are NFC without white space at their ends. Only line feeds
 * end a line: U+2028 and U+0085 belong to the text.
 *
 * @throws RecipeError naming file and line: the file cannot be read, is not UTF-8, has another ending, holds a
 *   line that is no JSON object with a `text`, or holds no (selected) text.
 */
export async function readTexts(file: string, selection: RowSelection = {}): Promise<string[]> {
  const isPlain = extname(file).toLowerCase() === ".txt";
  if (!isPlain) requireJsonLines(file, ".jsonl or .txt");
  const label = selection.label?.normalize("NFC");
  const language = selection.language === undefined ? undefined : normalizeLanguage(selection.language);
  const texts: string[] = [];
  for await (const { where, line, number } of readLines(file)) {
    if (isPlain && selection.keepBlank) while (texts.length < number - 1) texts.push("");
    if (isPlain) texts.push(line.normalize("NFC"));
    else {
      const row = parseRow(line, where);
      const text = stringField(row, "text", where);
      const isOther =
        (label !== undefined && row.label !== undefined && stringField(row, "label", where) !== label) ||
        (language !== undefined && row.language !== undefined && languageField(row, where) !== language);
      if (!isOther) texts.push(text);
    }
  }
  if (texts.length === 0) {
    const wanted = [label && `label "${label}"`, language && `language "${language}"`]
      .filter(Boolean)
      .join(" and ");
    throw new RecipeError(`${file}: holds no text${wanted === "" ? "" : ` for ${wanted}`}.`);
  }
  return texts;
}

/**
 * The rows of a .jsonl file with the fields `text`, `label` and, if there, `language`. Other fields are ignored.
 * Lines are read as `readTexts` reads them.
 *
 * @param options.labels the labels that may occur, if only some may.
 * @throws RecipeError naming file and line, for what `readTexts` throws and for a missing or unknown label and an
 *   unknown language.
 */
export async function readLabelled(
  file: string,
  options: { readonly labels?: readonly string[] } = {},
): Promise<LabelledText[]> {
  requireJsonLines(file, ".jsonl");
  const rows: LabelledText[] = [];
  for await (const { where, line } of readLines(file)) {
    const row = parseRow(line, where);
    const text = stringField(row, "text", where);
    const found = stringField(row, "label", where);
    const label = options.labels === undefined ? found : knownLabel(found, options.labels, where);
    rows.push(
      row.language === undefined ? { text, label } : { text, label, language: languageField(row, where) },
    );
  }
  if (rows.length === 0) throw new RecipeError(`${file}: holds no text.`);
  return rows;
}

function requireJsonLines(file: string, endings: string): void {
  if (extname(file).toLowerCase() === ".jsonl") return;
  throw new RecipeError(`${file}: cannot be read as texts; give a file that ends in ${endings}.`);
}

type Row = Readonly<Record<string, unknown>>;

function parseRow(line: string, where: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new RecipeError(`${where}: is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Row;
  throw new RecipeError(`${where}: is not a JSON object. Write {"text": "…"} on each line.`);
}

function stringField(row: Row, name: string, where: string): string {
  const value = row[name];
  if (value === undefined) throw new RecipeError(`${where}: the field "${name}" is missing.`);
  if (typeof value !== "string") {
    throw new RecipeError(`${where}: the field "${name}" is ${JSON.stringify(value)}; it must be a string.`);
  }
  const text = value.normalize("NFC").trim();
  if (text === "") throw new RecipeError(`${where}: the field "${name}" is empty.`);
  return text;
}

function languageField(row: Row, where: string): string {
  const code = stringField(row, "language", where);
  try {
    return normalizeLanguage(code);
  } catch (error) {
    throw new RecipeError(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

function knownLabel(label: string, labels: readonly string[], where: string): string {
  const known = labels.find((candidate) => candidate.normalize("NFC") === label);
  if (known !== undefined) return known;
  throw new RecipeError(
    `${where}: the label "${label}" is not one of ${labels.map((name) => `"${name}"`).join(", ")}. ` +
      "Add it to task.labels or take the row out.",
  );
}

interface Line {
  /** `FILE:LINE`, for errors. */
  readonly where: string;
  readonly line: string;
  /** From 1. */
  readonly number: number;
}

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = /^\ufeff/;

/**
 * The lines that are not blank. Bytes are split before they are decoded, which UTF-8 allows, so that a wrong byte
 * is reported with its line.
 */
async function* readLines(file: string): AsyncGenerator<Line> {
  let number = 0;
  for await (const bytes of splitAtLineFeeds(file)) {
    number += 1;
    const where = `${file}:${number}`;
    const decoded = decode(bytes, where);
    const line = (number === 1 ? decoded.replace(BYTE_ORDER_MARK, "") : decoded).trim();
    if (line !== "") yield { where, line, number };
  }
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new RecipeError(`${where}: is not UTF-8. Save the file with the encoding UTF-8.`, { cause: error });
  }
}

async function* splitAtLineFeeds(file: string): AsyncGenerator<Uint8Array> {
  let pending: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
        pending.push(chunk.subarray(start, end));
        yield Buffer.concat(pending);
        pending = [];
        start = end + 1;
      }
      pending.push(chunk.subarray(start));
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  yield Buffer.concat(pending);
}

function unreadable(file: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EISDIR: "is a folder, not a file",
    EACCES: "may not be read",
  };
  return new RecipeError(`${file}: ${reasons[code] ?? code}.`, { cause: error });
}
