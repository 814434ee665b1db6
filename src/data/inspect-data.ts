import { RecipeError } from "../errors.js";
import { type DataSource, dataOptions, sourceName } from "../recipe/data-source-schema.js";
import { deduplicate } from "./draw-rows.js";
import { askingOnce, type DataAccess, locateSource } from "./locate-source.js";
import { openTables } from "./open-source.js";
import { type DataRecord, readRecords, throwIfInterrupted, writtenLabel } from "./read-records.js";

/** What is in a column. */
export interface InspectedColumn {
  readonly name: string;
  /** What its values are: text, number, boolean, date, list, object; in the order in which they were met. */
  readonly kinds: readonly string[];
  /** Rows in which it is missing, null or empty. */
  readonly empty: number;
  /** Names of the classes that its numbers stand for, where the file has them. */
  readonly classes?: readonly string[];
}

export interface Counted {
  readonly name: string;
  readonly rows: number;
}

/** What a source holds, and what a recipe would make of it. */
export interface DataInspection {
  readonly source: string;
  readonly files: readonly string[];
  /** Rows of the source, before any are left out or drawn. */
  readonly rows: number;
  readonly columns: readonly InspectedColumn[];
  /** Labels as the source writes them; empty without a column of labels. */
  readonly writtenLabels: readonly Counted[];
  /** Why a recipe could not read it so; undefined if it could, and then what follows is there. */
  readonly problem?: string;
  readonly read?: {
    readonly rows: number;
    readonly labels: readonly Counted[];
    readonly languages: readonly Counted[];
    /** Rows that repeat an earlier one of the language but for case and white space. */
    readonly copies: number;
    /** Copies under another label. */
    readonly contradictions: number;
    /** UTF-16 code units of a text. */
    readonly characters: { readonly least: number; readonly median: number; readonly most: number };
    readonly first: readonly DataRecord[];
  };
  readonly notes: readonly string[];
}

export interface InspectDataOptions extends DataAccess {
  /** Rows to show. Default 3. */
  readonly first?: number | undefined;
}

/**
 * Reads a source twice, as it is and as a recipe would read it, and tells what is there.
 *
 * @throws RecipeError naming file and line, if it cannot be read at all
 */
export async function inspectData(
  data: DataSource,
  options: InspectDataOptions = {},
): Promise<DataInspection> {
  const { first = 3, ...given } = options;
  const access = { ...given, resolveDataset: askingOnce(given.resolveDataset) };
  const raw = await inspectTables(data, access);
  const notes: string[] = [];
  try {
    const records = await readRecords(data, { ...access, onNote: (note) => notes.push(note) });
    return { ...raw, read: { ...measure(records), first: records.slice(0, first) }, notes };
  } catch (error) {
    if (!(error instanceof RecipeError)) throw error;
    return { ...raw, problem: error.message, notes };
  }
}

/** Other values are counted as one: a column of thousands is no column of labels. */
const MOST_LABELS = 1000;
const OTHERS = "(others)";

async function inspectTables(
  data: DataSource,
  access: DataAccess,
): Promise<Pick<DataInspection, "source" | "files" | "rows" | "columns" | "writtenLabels">> {
  const source = sourceName(data);
  const how = dataOptions(data);
  const located = await locateSource(source, how, access);
  const columns = new Map<string, { kinds: Set<string>; filled: number; classes?: readonly string[] }>();
  const labels = new Map<string, number>();
  const labelColumn = how.label ?? "label";
  let rows = 0;
  for await (const table of openTables(located, how)) {
    const columnOf = (name: string) => {
      const known = columns.get(name);
      if (known !== undefined) return known;
      const classes = table.classNames.get(name);
      const column = { kinds: new Set<string>(), filled: 0, ...(classes === undefined ? {} : { classes }) };
      columns.set(name, column);
      return column;
    };
    for (const name of table.columns ?? []) columnOf(name);
    for await (const { values, isBlank, where } of table.rows) {
      throwIfInterrupted(access.signal);
      if (isBlank) continue;
      rows += 1;
      for (const [name, value] of Object.entries(values)) {
        const column = columnOf(name);
        const kind = kindOf(value);
        if (kind === undefined) continue;
        column.kinds.add(kind);
        column.filled += 1;
      }
      if (!["text", "number", "boolean"].includes(kindOf(values[labelColumn]) ?? "")) continue;
      const { written, name } = writtenLabel(
        values[labelColumn],
        labelColumn,
        where,
        table.classNames.get(labelColumn),
      );
      const shown = name === undefined ? written : `${written} (${name})`;
      const counted = labels.has(shown) || labels.size < MOST_LABELS ? shown : OTHERS;
      labels.set(counted, (labels.get(counted) ?? 0) + 1);
    }
  }
  return {
    source,
    files: located.kind === "folder" ? [located.folder] : located.files.map(({ name }) => name),
    rows,
    columns: Array.from(columns, ([name, { kinds, filled, ...rest }]) => ({
      name,
      kinds: [...kinds],
      empty: rows - filled,
      ...rest,
    })),
    writtenLabels: sortedCounts(labels),
  };
}

/** Undefined for what is empty. */
function kindOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "string") return value.trim() === "" ? undefined : "text";
  if (typeof value === "number" || typeof value === "bigint") return "number";
  if (typeof value === "boolean") return "boolean";
  if (value instanceof Date) return "date";
  if (ArrayBuffer.isView(value)) return "bytes";
  return Array.isArray(value) ? "list" : "object";
}

function measure(records: readonly DataRecord[]): Omit<NonNullable<DataInspection["read"]>, "first"> {
  const { copies, contradictions } = deduplicate(records);
  const lengths = records.map(({ text }) => text.length).sort((a, b) => a - b);
  return {
    rows: records.length,
    labels: sortedCounts(countsOf(records, "label")),
    languages: sortedCounts(countsOf(records, "language")),
    copies,
    contradictions,
    characters: {
      least: lengths[0]!,
      median: lengths[Math.floor((lengths.length - 1) / 2)]!,
      most: lengths.at(-1)!,
    },
  };
}

function countsOf(records: readonly DataRecord[], column: "label" | "language"): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { [column]: value } of records) {
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** The most frequent first. */
function sortedCounts(counts: ReadonlyMap<string, number>): Counted[] {
  return Array.from(counts, ([name, rows]) => ({ name, rows })).sort((a, b) => b.rows - a.rows);
}
