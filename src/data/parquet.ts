import { open } from "node:fs/promises";
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { z } from "zod";
import { RecipeError, TillerError } from "../errors.js";
import { foreignContent } from "./foreign-content.js";
import type { SourceRow, SourceTable } from "./source-row.js";
import { unreadable } from "./unreadable.js";

const MAGIC = "PAR1";
/** Magic at both ends and the footer's length. */
const LEAST_BYTES = 12;

/**
 * A Parquet file, read a row group at a time. Class names are those that the `datasets` library writes into the
 * file's metadata (key `huggingface`).
 *
 * @param columns the columns to read; those that the file lacks are passed over. All, if undefined.
 * @throws RecipeError: the file is no Parquet file, is cut off or damaged
 */
export async function openParquet(
  file: string,
  name: string,
  columns?: readonly string[],
): Promise<SourceTable> {
  try {
    await checkMagic(file, name);
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer);
    const grouped = metadata.row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
    if (grouped !== metadata.num_rows) throw new Error("its parts have other numbers of rows than the whole");
    const present = parquetSchema(metadata).children.map(({ element }) => element.name);
    const read = columns === undefined ? present : present.filter((column) => columns.includes(column));
    return {
      columns: present,
      classNames: classNamesOf(metadata),
      mayLackText: true,
      rows: parquetRows(buffer, metadata, read, name),
    };
  } catch (error) {
    throw damaged(error, name);
  }
}

async function checkMagic(file: string, name: string): Promise<void> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(512);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    const tail = Buffer.alloc(MAGIC.length);
    if (size >= LEAST_BYTES) await handle.read(tail, 0, tail.length, size - tail.length);
    if (bytesRead === 0) throw new RecipeError(`${name}: is empty.`);
    if (head.toString("latin1", 0, MAGIC.length) !== MAGIC) {
      const kind = foreignContent(head.subarray(0, bytesRead)) ?? "probably text; name it .jsonl or .csv.";
      throw new RecipeError(`${name}: is not a Parquet file: it is ${kind}`);
    }
    if (tail.toString("latin1") === MAGIC) return;
    throw new RecipeError(`${name}: is cut off: a Parquet file ends in ${MAGIC}. Fetch or write it again.`);
  } finally {
    await handle.close();
  }
}

async function* parquetRows(
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: string[],
  name: string,
): AsyncGenerator<SourceRow> {
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await readRows({ file, metadata, columns, rowStart, rowEnd, compressors }, name);
    if (rows.length !== rowEnd - rowStart) throw damaged(new Error("rows are missing"), name);
    for (const [index, values] of rows.entries()) {
      yield { where: `${name}, row ${rowStart + index + 1}`, values };
    }
    rowStart = rowEnd;
  }
}

async function readRows(
  options: Parameters<typeof parquetReadObjects>[0],
  name: string,
): Promise<Record<string, unknown>[]> {
  try {
    return await parquetReadObjects(options);
  } catch (error) {
    throw damaged(error, name);
  }
}

function damaged(error: unknown, name: string): unknown {
  if (error instanceof TillerError) return error;
  const known = unreadable(name, error);
  if (known !== error) return known;
  return new RecipeError(
    `${name}: cannot be read as Parquet: ${(error as Error).message}. It may be damaged; fetch or write it again.`,
    { cause: error },
  );
}

const featuresSchema = z.object({
  info: z.object({ features: z.record(z.string(), z.unknown()) }),
});
const classLabelSchema = z.object({ _type: z.literal("ClassLabel"), names: z.array(z.string()) });

function classNamesOf({ key_value_metadata: entries = [] }: FileMetaData): SourceTable["classNames"] {
  const text = entries.find(({ key }) => key === "huggingface")?.value;
  const features = featuresSchema.safeParse(jsonOf(text)).data?.info.features ?? {};
  const named = Object.entries(features).flatMap(([column, feature]): [string, string[]][] => {
    const names = classLabelSchema.safeParse(feature).data?.names;
    return names === undefined ? [] : [[column, names]];
  });
  return new Map(named);
}

/** Metadata that cannot be read names no classes; the rows can be read without. */
function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
