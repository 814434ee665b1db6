import { InterruptedError, RecipeError } from "../errors.js";
import { type DataOptions, type DataSource, dataOptions, sourceName } from "../recipe/data-source-schema.js";
import { quoted } from "../recipe/problem.js";
import { normalizeLanguage } from "../tasks/languages.js";
import { deduplicate, drawRows } from "./draw-rows.js";
import { type DataAccess, locateSource } from "./locate-source.js";
import { type ColumnRole, missingColumn } from "./missing-column.js";
import { openTables } from "./open-source.js";
import type { SourceRow, SourceTable } from "./source-row.js";

/** A row of a source, under the names that Tiller gives its columns. */
export interface DataRecord {
  /** Where it stands, for messages: `FILE:LINE`, or `FILE, row 7` where there are no lines. */
  readonly where: string;
  /** NFC, without white space at its ends. Empty only where `keepBlank` keeps the row's place. */
  readonly text: string;
  /** Undefined where the source has no labels. */
  readonly label: string | undefined;
  /** Canonical short code; undefined where the source names none. */
  readonly language: string | undefined;
}

export interface ReadRecordsOptions extends DataAccess {
  /** Seed of the draw, where the source has none of its own. Default 42. */
  readonly seed?: number | undefined;
  /** Refuse rows without a label. */
  readonly needLabels?: boolean | undefined;
  /** Columns that nobody asks for: what they hold need not be right. */
  readonly ignore?: readonly ("label" | "language")[] | undefined;
  /** Rows without a text keep their place, so that the rows of two sources stay pairs; not if rows are drawn. */
  readonly keepBlank?: boolean | undefined;
  /** Told what was left out, and why. */
  readonly onNote?: ((note: string) => void) | undefined;
}

const DEFAULT_SEED = 42;

/**
 * The rows of a source: a .jsonl, .csv, .tsv, .parquet or .txt file, a folder of .txt files or a data set of the
 * Hugging Face Hub. Columns and labels are mapped; then copies are left out, and then rows are drawn, where the
 * source asks for it.
 *
 * @param data paths are absolute, or relative to the working directory
 * @throws RecipeError naming file and line of what cannot be read, of a missing column, of a label that the
 *   source's `labels` lack, and of an unknown language; and if there is no text
 */
export async function readRecords(data: DataSource, options: ReadRecordsOptions = {}): Promise<DataRecord[]> {
  const name = sourceName(data);
  const how = dataOptions(data);
  const draws = how.balance === true || how.sample !== undefined;
  const keepBlank = options.keepBlank === true && !draws && how.deduplicate !== true;
  const note = (text: string) => options.onNote?.(`${name}: ${text}`);
  const located = await locateSource(name, how, options);
  if (located.kind === "files") for (const text of located.notes ?? []) note(text);
  const ignored = draws || how.deduplicate === true ? [] : (options.ignore ?? []);
  const columns = (["text", "label", "language"] as const).map((role) => how[role] ?? role);
  let records: DataRecord[] = [];
  const blank: string[] = [];
  for await (const table of openTables(located, how, columns)) {
    const map = rowMapper(table, how, { needLabels: options.needLabels === true, ignored });
    for await (const row of table.rows) {
      throwIfInterrupted(options.signal);
      const record = map(row);
      if (record === undefined) continue;
      if (record.text === "" && row.isBlank !== true && !keepBlank) blank.push(row.where);
      if (record.text !== "" || keepBlank) records.push(record);
    }
  }
  if (records.length === 0) throw new RecipeError(`${name}: holds no text.`);
  if (blank.length > 0) {
    note(`${rows(blank.length)} without a text ${were(blank.length)} left out, the first at ${blank[0]}.`);
  }
  if (how.deduplicate === true) {
    const { rows: kept, copies, contradictions } = deduplicate(records);
    const other = contradictions === 0 ? "" : ` (${contradictions} under another label)`;
    if (copies > 0) note(`${rows(copies)} repeating an earlier one${other} ${were(copies)} left out.`);
    records = [...kept];
  }
  if (!draws) return records;
  const { balance, sample, seed = options.seed ?? DEFAULT_SEED } = how;
  const drawn = drawRows(records, { balance, sample, seed });
  if (drawn.length < records.length) note(`${drawn.length} of ${records.length} rows were drawn.`);
  return drawn;
}

/** @throws InterruptedError once the signal is given */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InterruptedError("Reading was interrupted.");
}

const rows = (count: number) => `${count} ${count === 1 ? "row" : "rows"}`;
const were = (count: number) => (count === 1 ? "was" : "were");

/** Gives a row the names that Tiller uses; undefined for a row whose label is left out. */
function rowMapper(
  table: SourceTable,
  how: DataOptions,
  { needLabels, ignored }: { readonly needLabels: boolean; readonly ignored: readonly ColumnRole[] },
): (row: SourceRow) => DataRecord | undefined {
  const fixed = how.languageCode === undefined ? undefined : normalizeLanguage(how.languageCode);
  const mapLabel = labelMapper(how, table);
  const mapsLabels = needLabels || how.labels !== undefined;
  const none = () => undefined;
  const labelColumn =
    mapsLabels || !ignored.includes("label") ? columnReader(table, "label", how.label, mapsLabels) : none;
  const textColumn = columnReader(table, "text", how.text, true);
  const languageColumn =
    fixed === undefined && !ignored.includes("language")
      ? columnReader(table, "language", how.language, false)
      : none;
  return (row) => {
    const { where } = row;
    const text = stringValue(textColumn(row), how.text ?? "text", where, row.isBlank ?? table.mayLackText);
    if (row.isBlank) return { where, text, label: undefined, language: fixed };
    const found = labelColumn(row);
    const label = found === undefined ? undefined : mapLabel(found, where);
    if (label === null) return undefined;
    return { where, text, label, language: fixed ?? languageOf(languageColumn(row), how, table, where) };
  };
}

/** Reads a column of a row: undefined if the row has none and need not. */
function columnReader(
  { columns }: SourceTable,
  role: ColumnRole,
  chosen: string | undefined,
  needed: boolean,
): (row: SourceRow) => unknown {
  const column = (chosen ?? role).normalize("NFC");
  return ({ where, values }) => {
    // A field that was not written is null in Parquet.
    if (Object.hasOwn(values, column)) return values[column] ?? null;
    const other = Object.keys(values).find((name) => name.normalize("NFC") === column);
    if (other !== undefined) return values[other] ?? null;
    if (!needed && chosen === undefined) return undefined;
    throw new RecipeError(`${where}: ${missingColumn(role, column, columns ?? Object.keys(values))}`);
  };
}

function stringValue(value: unknown, column: string, where: string, mayBeEmpty: boolean): string {
  if (value === null && mayBeEmpty) return "";
  if (typeof value !== "string") {
    throw new RecipeError(`${where}: the field ${quoted(column)} is ${shown(value)}; it must be a string.`);
  }
  const text = value.normalize("NFC").trim();
  if (text === "" && !mayBeEmpty) throw new RecipeError(`${where}: the field ${quoted(column)} is empty.`);
  return text;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** A label as the source writes it, and what its file calls the class of that number. */
export function writtenLabel(
  value: unknown,
  column: string,
  where: string,
  names: readonly string[] | undefined,
): { written: string; name: string | undefined } {
  const isNumber = typeof value === "number" || typeof value === "bigint";
  const written =
    isNumber || typeof value === "boolean" ? String(value) : stringValue(value, column, where, true);
  return { written, name: isNumber ? names?.[Number(value)]?.normalize("NFC").trim() : undefined };
}

/**
 * Looks labels up by what is written or by their class's name. Where classes are called by numbers, as stars are (class
 * 0 is "1"), a key is one or the other, and never both: names, if all of the keys that could be numbers of classes are
 * names of classes.
 */
function classMapper(
  map: ReadonlyMap<string, string | null>,
  names: readonly string[] = [],
): (written: string, name: string | undefined) => string | null | undefined {
  const called = new Set(names.map((name) => name.normalize("NFC").trim()));
  const isNumber = (key: string) => /^\d+$/.test(key) && Number(key) < names.length;
  const byName = [...map.keys()].every((key) => !isNumber(key) || called.has(key));
  return (written, name) => {
    if (name === undefined) return map.get(written);
    if (byName) return map.get(name);
    return map.has(written) || isNumber(name) ? map.get(written) : map.get(name);
  };
}

function labelMapper(
  { label: column = "label", labels }: DataOptions,
  { classNames }: SourceTable,
): (value: unknown, where: string) => string | null {
  const names = classNames.get(column);
  const map = labels && new Map(Object.entries(labels).map(([from, to]) => [from.normalize("NFC"), to]));
  const mapped = map && classMapper(map, names);
  return (value, where) => {
    const { written, name } = writtenLabel(value, column, where, names);
    if (map !== undefined) {
      const to = mapped?.(written, name);
      if (to !== undefined) return to;
      const known = [...map.keys()].map((key) => quoted(key)).join(", ");
      const also = name === undefined ? "" : ` (${quoted(name)})`;
      throw new RecipeError(
        `${where}: the label ${quoted(written)}${also} is not among those that \`labels\` maps: ${known}. Add it, or map it to null to leave its rows out.`,
      );
    }
    if (name === undefined && names !== undefined) {
      throw new RecipeError(
        `${where}: the label ${quoted(written)} is none of the file's classes: ${names.map((of, index) => `${index} ${of}`).join(", ")}. Map all of them with \`labels\`; null leaves rows out.`,
      );
    }
    if (written !== "") return name ?? written;
    throw new RecipeError(
      `${where}: the field ${quoted(column)} is empty. Fill it in, or map "" to null with \`labels\` to leave such rows out.`,
    );
  };
}

function languageOf(
  value: unknown,
  { language: column = "language" }: DataOptions,
  { classNames, mayLackText }: SourceTable,
  where: string,
): string | undefined {
  if (value === undefined) return undefined;
  const named = typeof value === "string" || value === null ? value : classNames.get(column)?.[Number(value)];
  const code = stringValue(named ?? value, column, where, mayLackText);
  if (code === "") return undefined;
  try {
    return normalizeLanguage(code);
  } catch (error) {
    throw new RecipeError(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
