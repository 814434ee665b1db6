import { isUtf8 } from "node:buffer";

/** Kinds of files by their first bytes, each with what to do about it. */
const KINDS: readonly [magic: string, advice: string][] = [
  ["PAR1", "a Parquet file. Give it a name that ends in .parquet."],
  ["\x1f\x8b", "compressed with gzip. Unpack it first: `gunzip FILE`."],
  ["\x28\xb5\x2f\xfd", "compressed with Zstandard. Unpack it first: `unzstd FILE`."],
  ["BZh", "compressed with bzip2. Unpack it first: `bunzip2 FILE`."],
  ["PK\x03\x04", "a zip archive or a spreadsheet. Unpack it, or save the sheet as CSV in UTF-8."],
  ["\xd0\xcf\x11\xe0", "an old spreadsheet or document. Save it as CSV in UTF-8."],
  ["%PDF-", "a PDF. Save its text as .txt in UTF-8."],
  ["SQLite format 3\0", "an SQLite database. Export the table as CSV."],
  ["ARROW1", "an Arrow file. Save it as Parquet."],
  [
    "version https://git-lfs.github.com/spec/",
    "a pointer of Git LFS, not the data. Run `git lfs pull` in its folder.",
  ],
];

/**
 * What a file is that should be UTF-8 text or Parquet and is not, with advice.
 *
 * @param head the file's first bytes
 * @returns undefined if it may be text
 */
export function foreignContent(head: Uint8Array): string | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const known = KINDS.find(([magic]) => bytes.subarray(0, magic.length).equals(Buffer.from(magic, "latin1")));
  if (known !== undefined) return known[1];
  if (!bytes.includes(0)) return undefined;
  const zeros = (offset: number) => bytes.filter((byte, index) => index % 2 === offset && byte === 0).length;
  const [even, odd] = [zeros(0), zeros(1)];
  const wide = Math.max(even, odd) > bytes.length / 4 && Math.min(even, odd) === 0;
  if (wide) return "probably UTF-16 without a byte order mark. Save it with the encoding UTF-8.";
  return isUtf8(bytes)
    ? "text with zero bytes. Remove them, or export the file again."
    : "binary data of an unknown kind.";
}
