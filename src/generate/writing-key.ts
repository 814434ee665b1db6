import type { Sample } from "../store/sample.js";

/** A configuration that writes one label in one language. */
export interface WritingKey {
  readonly configuration: string;
  readonly language: string;
  readonly label: string;
}

/** A key's rows, in the order in which they were written. */
export function rowsOf(rows: readonly Sample[], { configuration, language, label }: WritingKey): Sample[] {
  return rows.filter(
    (row) => row.configuration === configuration && row.language === language && row.label === label,
  );
}

/** Calls are made in their order, and each leaves a row. */
export function callsMade(own: readonly Sample[], perCall: number): number {
  return own.reduce((made, row) => Math.max(made, Math.floor(row.index / perCall) + 1), 0);
}

/** So many last texts of a key that all were dropped end it: the next ones would be too. */
export const HOPELESS_TEXTS = 64;

/** True if the filters dropped every one of a key's last texts, of which there are {@link HOPELESS_TEXTS} or more. */
export function isHopeless(own: readonly Sample[]): boolean {
  const last = own.slice(-HOPELESS_TEXTS);
  return last.length === HOPELESS_TEXTS && last.every((row) => row.filters.length > 0);
}
