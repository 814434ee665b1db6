import type { ExportRow } from "./export-row.js";
import type { PutFile } from "./new-folder.js";
import { parquetRows } from "./parquet-rows.js";
import type { ExportSet, ExportSplit } from "./provenance.js";

/** Writes a set's splits as `data/SPLIT-00000-of-0000N.parquet`, or in a folder of its own where there are several. */
export async function putShards(
  set: ExportSet,
  options: {
    readonly labels: readonly string[];
    /** Whether the export has several sets. */
    readonly several: boolean;
    /** A file holds about so many bytes of text. */
    readonly shardBytes: number;
  },
  put: PutFile,
): Promise<ExportSet> {
  const { labels, several, shardBytes } = options;
  const splits: ExportSplit[] = [];
  for (const split of set.splits) {
    const shards = shardsOf(split.rows, shardBytes);
    const files = shards.map((_, at) => {
      const name = `${split.name}-${digits(at)}-of-${digits(shards.length)}.parquet`;
      return several ? `data/${set.name}/${name}` : `data/${name}`;
    });
    for (const [at, rows] of shards.entries()) await put(files[at]!, await parquetRows(rows, labels));
    splits.push({ ...split, files });
  }
  return { ...set, splits };
}

function digits(number: number): string {
  return String(number).padStart(5, "0");
}

function shardsOf(rows: readonly ExportRow[], bytes: number): ExportRow[][] {
  const shards: ExportRow[][] = [[]];
  let size = 0;
  for (const row of rows) {
    const length = Buffer.byteLength(row.text);
    if (size > 0 && size + length > bytes) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)!.push(row);
    size += length;
  }
  return shards;
}
