/** A row of a source, as it is there. */
export interface SourceRow {
  /** Where it stands, for messages: `FILE:LINE`, or `FILE, row 7` where there are no lines. */
  readonly where: string;
  /** By column. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Stands for a blank line, which is a row only where lines are pairs. */
  readonly isBlank?: true;
}

/** What is in a file, or in several that hold the same table. */
export interface SourceTable {
  /** Columns that are known before a row is read; undefined if each row has its own. */
  readonly columns: readonly string[] | undefined;
  /** Names of a column's classes, at their numbers, where the file has them. */
  readonly classNames: ReadonlyMap<string, readonly string[]>;
  /** Whether a row may lack its text: a table has no other way to leave one out. */
  readonly mayLackText: boolean;
  readonly rows: AsyncIterable<SourceRow>;
}

export const NO_CLASS_NAMES: SourceTable["classNames"] = new Map();
