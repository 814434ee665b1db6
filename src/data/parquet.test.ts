import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import { openParquet } from "./parquet.js";
import { failureOf, sourceFolder } from "./test-sources.js";

const { write } = sourceFolder();
/** Written by pyarrow; see fixtures/reviews.py. */
const REVIEWS = fileURLToPath(new URL("./fixtures/reviews.parquet", import.meta.url));

async function read(path: string, columns?: readonly string[]) {
  const table = await openParquet(path, "FILE", columns);
  const rows = [];
  for await (const row of table.rows) rows.push(row);
  return { ...table, rows };
}

describe("a file that another writer made", () => {
  test("rows of all columns, over row groups and compressions", async () => {
    const { columns, rows } = await read(REVIEWS);
    expect(columns).toEqual(["id", "text", "label", "language", "stars"]);
    expect(rows.map(({ where }) => where)).toEqual([1, 2, 3, 4, 5].map((row) => `FILE, row ${row}`));
    expect(rows.map(({ values }) => values)).toEqual([
      { id: 1n, text: "The bread was warm.", label: 1n, language: "en", stars: 4.5 },
      { id: 2n, text: "Die Suppe war kalt.", label: 0n, language: "de", stars: 1 },
      { id: 3n, text: "ሻዩ ጥሩ ነበር።", label: 1n, language: "am", stars: 5 },
      { id: 4n, text: null, label: 0n, language: "en", stars: null },
      { id: 5n, text: "A long wait\nfor nothing.", label: 0n, language: "en", stars: 1.5 },
    ]);
  });

  test("class names, and the wanted columns alone", async () => {
    const { classNames, columns, rows } = await read(REVIEWS, ["text", "none"]);
    expect([...classNames]).toEqual([["label", ["negative", "positive"]]]);
    expect(columns).toContain("stars");
    expect(rows[0]!.values).toEqual({ text: "The bread was warm." });
  });
});

const columnData = [
  { name: "text", data: Array.from({ length: 100 }, (_, index) => `text ${index}`) },
  { name: "label", data: new Int32Array(100).map((_, index) => index % 2), type: "INT32" as const },
];
const bytesOf = (options = {}) => new Uint8Array(parquetWriteBuffer({ columnData, ...options }));

test("metadata that names no classes is passed over", async () => {
  const kvMetadata = [{ key: "huggingface", value: '{"info": {"features": {"label": {"_type": "Value"}}' }];
  const path = write("metadata.parquet", bytesOf({ kvMetadata, rowGroupSize: 30 }));
  const { classNames, rows } = await read(path);
  expect(classNames.size).toBe(0);
  expect(rows).toHaveLength(100);
  expect(rows[99]).toEqual({ where: "FILE, row 100", values: { text: "text 99", label: 1 } });
});

describe("what cannot be read is refused", () => {
  test("other files", async () => {
    expect(await failureOf(read("/none.parquet"))).toBe("FILE: there is no such file.");
    expect(await failureOf(read(write("empty.parquet", "")))).toBe("FILE: is empty.");
    expect(await failureOf(read(write("text.parquet", "text,label\n")))).toMatch(
      /^FILE: is not a Parquet file: it is probably text/,
    );
    expect(
      await failureOf(read(write("lfs.parquet", "version https://git-lfs.github.com/spec/v1\noid"))),
    ).toMatch(/is not a Parquet file: it is a pointer of Git LFS/);
  });

  test("a file that is cut off anywhere", async () => {
    const whole = readFileSync(REVIEWS);
    for (const length of [4, 8, 11, 13, 1000, whole.length - 8, whole.length - 1]) {
      const path = write("cut.parquet", whole.subarray(0, length));
      expect(await failureOf(read(path))).toMatch(/^FILE: is cut off: a Parquet file ends in PAR1/);
    }
  });

  test("a file with damage within", async () => {
    const whole = bytesOf();
    const footer = whole.slice();
    footer.fill(0xff, whole.length - 60, whole.length - 8);
    expect(await failureOf(read(write("footer.parquet", footer)))).toMatch(
      /^FILE: cannot be read as Parquet: /,
    );
    const longer = whole.slice();
    longer.fill(0x7f, whole.length - 8, whole.length - 4);
    expect(await failureOf(read(write("length.parquet", longer)))).toMatch(
      /^FILE: cannot be read as Parquet: /,
    );
    const pages = whole.slice();
    pages.fill(0xff, 4, 60);
    expect(await failureOf(read(write("pages.parquet", pages)))).toMatch(
      /^FILE: cannot be read as Parquet: /,
    );
  });
});
