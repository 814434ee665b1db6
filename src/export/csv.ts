import type { ExportRow } from "./export-row.js";

const COLUMNS = ["text", "label", "language", "id", "configuration", "seed"] as const;

/** What a spreadsheet takes for the beginning of a formula, also after the apostrophes that are put before one. */
const FORMULA = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/u;

/** Fields that RFC 4180 has quoted, and those whose spaces or other line ends a reader may take away. */
const QUOTED = /[",\r\n\u0085\u2028\u2029]|^\s|\s$|^$/u;

/** A CSV file's lines, and how many fields are not what the row has. */
export interface CsvText {
  readonly lines: readonly string[];
  /** Fields with an apostrophe put before them. */
  readonly guarded: number;
  /** Fields with a NUL character, which CSV readers refuse, replaced by U+FFFD. */
  readonly replaced: number;
}

/**
 * Rows as CSV (RFC 4180: UTF-8, comma, CRLF, quotes doubled), with a header.
 *
 * A field that a spreadsheet would run as a formula (it begins with =, +, -, @, a tab or a carriage return) gets an
 * apostrophe before it, and so does one that begins with apostrophes and then one of these: taking one apostrophe
 * away from every field that matches `'+[=+\-@…]` gives the text back.
 */
export function csvText(rows: readonly ExportRow[]): CsvText {
  let guarded = 0;
  let replaced = 0;
  const field = (value: string | number): string => {
    let text = String(value);
    if (text.includes("\0")) {
      replaced++;
      text = text.replaceAll("\0", "\ufffd");
    }
    if (FORMULA.test(text)) {
      guarded++;
      text = `'${text}`;
    }
    return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => `${COLUMNS.map((column) => field(row[column])).join(",")}\r\n`);
  return { lines: [`${COLUMNS.join(",")}\r\n`, ...lines], guarded, replaced };
}
