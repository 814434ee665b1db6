import { readDecodedLines } from "./decoded-lines.js";
import { NO_CLASS_NAMES, type SourceRow, type SourceTable } from "./source-row.js";

/** A .txt file: a text a line, in the column `text`. */
export function openTextLines(file: string, name: string): SourceTable {
  const columns = ["text"];
  return { columns, classNames: NO_CLASS_NAMES, mayLackText: false, rows: textRows(file, name) };
}

/** Blank lines are rows of their own kind, but for those at the end, which hold no place. */
async function* textRows(file: string, name: string): AsyncGenerator<SourceRow> {
  let written = 0;
  for await (const { line, number } of readDecodedLines(file, name)) {
    if (line.trim() === "") continue;
    for (; written < number - 1; written++) {
      yield { where: `${name}:${written + 1}`, values: { text: "" }, isBlank: true };
    }
    written = number;
    yield { where: `${name}:${number}`, values: { text: line } };
  }
}
