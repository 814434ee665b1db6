import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { RecipeError } from "../errors.js";
import { quoted } from "../recipe/problem.js";
import { MOST_LINE_BYTES, readDecodedLines } from "./decoded-lines.js";
import { NO_CLASS_NAMES, type SourceRow, type SourceTable } from "./source-row.js";

export interface DelimitedOptions {
  /** Character between fields. */
  readonly delimiter: string;
  /** False: double quotes are part of the text. */
  readonly quotes?: boolean | undefined;
}

interface FileRecord {
  readonly fields: readonly string[];
  /** Line that it begins on. */
  readonly line: number;
}

/**
 * CSV (RFC 4180) or TSV, whose first line names the columns. A quoted field may hold delimiters and line breaks.
 *
 * @throws RecipeError naming the line: the header is not usable, a record has another number of fields than the
 *   header, a quote is not closed
 */
export async function openDelimited(
  file: string,
  name: string,
  options: DelimitedOptions,
): Promise<SourceTable> {
  const records = readRecords(file, name, options);
  const first = await records.next();
  if (first.done === true) throw new RecipeError(`${name}: is empty. Its first line must name the columns.`);
  const columns = first.value.fields.map((field) => field.normalize("NFC").trim());
  const where = `${name}:${first.value.line}`;
  checkHeader(columns, first.value.fields, where, options);
  return {
    columns,
    classNames: NO_CLASS_NAMES,
    mayLackText: true,
    rows: tableRows(records, columns, name, options),
  };
}

const DELIMITERS = [",", ";", "\t", "|"];

function checkHeader(
  columns: readonly string[],
  written: readonly string[],
  where: string,
  { delimiter }: DelimitedOptions,
): void {
  if (written.some((field) => field.includes("\r"))) {
    throw new RecipeError(
      `${where}: the lines end in carriage returns alone. Save the file with line feeds (Unix) or both (Windows).`,
    );
  }
  if (columns.length === 1) {
    const header = written[0]!;
    const parts = DELIMITERS.map((other) => ({ other, fields: header.split(other) }));
    const best = parts.reduce((a, b) => (b.fields.length > a.fields.length ? b : a));
    if (best.fields.length > 1) {
      const found = best.fields.slice(0, 8).map((field) => quoted(field.trim(), 30));
      throw new RecipeError(
        `${where}: with the delimiter ${quoted(delimiter)} there is only one column. With ${quoted(best.other)} there ` +
          `would be ${best.fields.length}: ${found.join(", ")}. Give delimiter: ${quoted(best.other)}.`,
      );
    }
  }
  const twice = columns.find((column, index) => column !== "" && columns.indexOf(column) !== index);
  if (twice !== undefined) {
    throw new RecipeError(`${where}: two columns are called ${quoted(twice)}. Rename one of them.`);
  }
}

async function* tableRows(
  records: AsyncGenerator<FileRecord>,
  columns: readonly string[],
  name: string,
  { delimiter, quotes }: DelimitedOptions,
): AsyncGenerator<SourceRow> {
  const header = `the header has ${columns.length} (${columns.map((column) => quoted(column, 30)).join(", ")})`;
  for await (const { fields, line } of records) {
    const where = `${name}:${line}`;
    if (fields.length !== columns.length) {
      const advice =
        quotes === false
          ? `A field cannot hold the delimiter ${quoted(delimiter)} without quotes.`
          : `A field that holds the delimiter ${quoted(delimiter)} must stand in double quotes.`;
      throw new RecipeError(
        `${where}: has ${fields.length} ${fields.length === 1 ? "field" : "fields"}, and ${header}. ${advice}`,
      );
    }
    yield { where, values: Object.fromEntries(columns.map((column, index) => [column, fields[index]!])) };
  }
}

/** Lines are handed to the parser in blocks: a call for each would be slow. */
const BLOCK_CHARACTERS = 1 << 16;

async function* lineBlocks(file: string, name: string): AsyncGenerator<string> {
  let block = "";
  for await (const { line, number } of readDecodedLines(file, name)) {
    if (number === 1 && /^\s*\[?\s*\{\s*"/.test(line)) {
      throw new RecipeError(`${name}:1: looks like JSON. Give the file a name that ends in .jsonl.`);
    }
    block += `${line}\n`;
    if (block.length < BLOCK_CHARACTERS) continue;
    yield block;
    block = "";
  }
  yield block;
}

async function* readRecords(
  file: string,
  name: string,
  { delimiter, quotes }: DelimitedOptions,
): AsyncGenerator<FileRecord> {
  let lastLine = 0;
  const parser = parse({
    delimiter,
    quote: quotes === false ? null : '"',
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    max_record_size: MOST_LINE_BYTES,
    // The only place that knows the line; it travels as a field.
    on_record: (fields, { lines }) => {
      const line = lastLine + 1;
      lastLine = lines;
      return [String(line), ...fields];
    },
  });
  // The parser passes the error on to its reader below.
  const feeding = pipeline(Readable.from(lineBlocks(file, name)), parser).catch(() => {});
  try {
    for await (const [line, ...fields] of parser as AsyncIterable<string[]>) {
      const isBlankLine = fields.length === 1 && fields[0]!.trim() === "";
      if (!isBlankLine) yield { fields, line: Number(line) };
    }
  } catch (error) {
    throw error instanceof CsvError ? brokenRecord(error, name, lastLine + 1) : error;
  }
  await feeding;
}

function brokenRecord(error: CsvError, name: string, line: number): RecipeError {
  const where = `${name}:${line}`;
  const asText = "If quotes are part of the texts, give quotes: false.";
  const messages: Readonly<Record<string, string>> = {
    CSV_QUOTE_NOT_CLOSED: `a double quote opens a field here, and none closes it up to the end of the file. ${asText}`,
    CSV_MAX_RECORD_SIZE: `the record has more than ${MOST_LINE_BYTES / 2 ** 20} MiB; a double quote that opens here may not be closed. ${asText}`,
    CSV_INVALID_CLOSING_QUOTE: `after the double quote that closes a field, more text follows. Write a quote within a field twice: "". ${asText}`,
    INVALID_OPENING_QUOTE: `a double quote stands within a field that does not begin with one. Put the field in quotes, and write the inner ones twice: "". ${asText}`,
  };
  return new RecipeError(`${where}: ${messages[error.code] ?? error.message}`, { cause: error });
}
