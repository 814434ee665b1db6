import { VERSION } from "../version.js";
import type { ExportRow } from "./export-row.js";

/** Rows of a row group: readers take one at a time, and few are needed for a preview. */
const ROW_GROUP = [1_000, 50_000];

/** How `datasets` describes a column. */
export type Feature =
  | { readonly dtype: "string" | "int64"; readonly _type: "Value" }
  | { readonly names: readonly string[]; readonly _type: "ClassLabel" };

const STRING: Feature = { dtype: "string", _type: "Value" };

/** The columns of an exported Parquet file, in their order, as `datasets` describes them. */
export function featuresOf(labels: readonly string[]): Record<string, Feature> {
  return {
    text: STRING,
    label: { names: labels, _type: "ClassLabel" },
    label_text: STRING,
    language: STRING,
    id: STRING,
    configuration: STRING,
    seed: { dtype: "int64", _type: "Value" },
  };
}

/**
 * Rows as a Parquet file: Snappy, strings as UTF-8, no nulls. `label` is the label's number in `labels`, which
 * `datasets` shows by its name (the key `huggingface` of the file's metadata says so), and `label_text` the name.
 *
 * @throws RangeError for a row of another label
 */
export async function parquetRows(
  rows: readonly ExportRow[],
  labels: readonly string[],
): Promise<Uint8Array> {
  // Loaded by the first file: no other command should wait for it.
  const { ByteWriter, parquetWrite } = await import("hyparquet-writer");
  const numbers = new Map(labels.map((label, number) => [label, BigInt(number)]));
  const label = (row: ExportRow) => {
    const number = numbers.get(row.label);
    if (number === undefined) throw new RangeError(`${JSON.stringify(row.label)} is none of the labels.`);
    return number;
  };
  const strings = (name: string, of: (row: ExportRow) => string) =>
    ({ name, type: "STRING", nullable: false, data: rows.map(of) }) as const;
  const integers = (name: string, of: (row: ExportRow) => bigint) =>
    ({ name, type: "INT64", nullable: false, data: rows.map(of) }) as const;
  const writer = new ByteWriter();
  parquetWrite({
    writer,
    columnData: [
      strings("text", (row) => row.text),
      integers("label", label),
      strings("label_text", (row) => row.label),
      strings("language", (row) => row.language),
      strings("id", (row) => row.id),
      strings("configuration", (row) => row.configuration),
      integers("seed", (row) => BigInt(row.seed)),
    ],
    rowGroupSize: ROW_GROUP,
    kvMetadata: [{ key: "huggingface", value: JSON.stringify({ info: { features: featuresOf(labels) } }) }],
    createdBy: `tillerlm ${VERSION}`,
  });
  return writer.getBytes();
}

/** Length of the rows in memory as Arrow has them, in bytes: what `datasets` calls `num_bytes`. */
export function arrowBytes(rows: readonly ExportRow[]): number {
  const string = (value: string) => Buffer.byteLength(value) + 4;
  return rows.reduce(
    (sum, { text, label, language, id, configuration }) =>
      sum + string(text) + string(label) + string(language) + string(id) + string(configuration) + 16,
    0,
  );
}
