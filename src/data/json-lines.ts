import { RecipeError } from "../errors.js";
import { readDecodedLines } from "./decoded-lines.js";
import { NO_CLASS_NAMES, type SourceRow, type SourceTable } from "./source-row.js";

/** JSON Lines: an object on each line. Blank lines are skipped. */
export function openJsonLines(file: string, name: string): SourceTable {
  return { columns: undefined, classNames: NO_CLASS_NAMES, mayLackText: false, rows: jsonRows(file, name) };
}

async function* jsonRows(file: string, name: string): AsyncGenerator<SourceRow> {
  let first = true;
  for await (const { line, number } of readDecodedLines(file, name)) {
    const text = line.trim();
    if (text === "") continue;
    const where = `${name}:${number}`;
    yield { where, values: parseRow(text, where, first) };
    first = false;
  }
}

function parseRow(line: string, where: string, first: boolean): SourceRow["values"] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    const advice = first && /^[[{]\s*$/.test(line) ? " Write each object on a line of its own." : "";
    throw new RecipeError(`${where}: is not JSON: ${(error as Error).message}${advice}`, { cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as SourceRow["values"];
  }
  throw new RecipeError(`${where}: is not a JSON object. Write {"text": "…"} on each line.`);
}
