import { StoreError } from "../errors.js";
import { editDistance } from "../recipe/nearest-key.js";
import type { Sample } from "../store/sample.js";

/** So many ids are shown of those that may be meant. */
const SHOWN = 8;

/**
 * Position of the row that is meant by its id, by a part of its id (whole parts between slashes before any other), or
 * by the beginning of its text, in this order.
 *
 * @throws StoreError if no row or more than one is meant, with the nearest ids
 */
export function findRow(rows: readonly Sample[], query: string): number {
  const exact = rows.findIndex((row) => row.id === query);
  if (exact >= 0) return exact;
  const beginning = plain(query);
  const ways: ((row: Sample) => boolean)[] = [
    (row) => `/${row.id}/`.includes(`/${query}/`),
    (row) => row.id.includes(query),
    (row) => plain(row.text).startsWith(beginning),
  ];
  for (const means of beginning === "" ? [] : ways) {
    const found = rows.flatMap((row, at) => (means(row) ? [at] : []));
    if (found.length === 1) return found[0]!;
    if (found.length > 1) {
      const ids = found.slice(0, SHOWN).map((at) => rows[at]!.id);
      const more = found.length > SHOWN ? `, and ${found.length - SHOWN} more` : "";
      throw new StoreError(
        `${JSON.stringify(query)} may mean ${found.length} rows: ${ids.join(", ")}${more}. Give the whole id.`,
      );
    }
  }
  if (rows.length === 0) {
    throw new StoreError("The run has no texts yet: run the recipe first.");
  }
  throw new StoreError(
    `No row has the id ${JSON.stringify(query)}, or a text that begins so. The nearest ids: ${nearest(rows, query).join(", ")}.`,
  );
}

function nearest(rows: readonly Sample[], query: string): string[] {
  return rows
    .map(({ id }) => ({ id, distance: editDistance(query.slice(0, 100), id) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, SHOWN)
    .map(({ id }) => id);
}

function plain(text: string): string {
  return text.normalize("NFC").replace(/\s+/gu, " ").trim();
}
