import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeLines, MOST_LINE_BYTES } from "./decoded-lines.js";
import { failureOf } from "./test-sources.js";

async function* inParts(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function linesOf(bytes: Uint8Array, length = 7): Promise<string[]> {
  const lines: string[] = [];
  for await (const { line } of decodeLines(inParts(bytes, length), "FILE")) lines.push(line);
  return lines;
}

const TEXT = "Café\r\n\nጥሩ ነው።\u2028still\u0a00 👍🏽\nlast";
const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();

test.each([
  ["UTF-8", Buffer.from(TEXT)],
  ["UTF-8 with a mark", Buffer.from(`\ufeff${TEXT}`)],
  ["UTF-16 LE", Buffer.from(`\ufeff${TEXT}`, "utf16le")],
  ["UTF-16 BE", utf16be(`\ufeff${TEXT}`)],
])("lines of %s, however the bytes are cut", async (_, bytes) => {
  for (const length of [1, 2, 3, 5, 512, 10_000]) {
    expect(await linesOf(bytes, length)).toEqual(TEXT.split("\n"));
  }
});

test("any text, in any of the three encodings", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 700 });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 40 }), async (text, length) => {
      if (/^\ufeff|\0/.test(text)) return;
      const expected = text.split("\n");
      expect(await linesOf(Buffer.from(text), length)).toEqual(expected);
      expect(await linesOf(Buffer.from(`\ufeff${text}`, "utf16le"), length)).toEqual(expected);
      expect(await linesOf(utf16be(`\ufeff${text}`), length)).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test("a byte that is not UTF-8 is named with its line and place", async () => {
  const latin1 = Buffer.concat([Buffer.from("a\n\ufffd "), Buffer.from([0xe9]), Buffer.from("t\n")]);
  const message = await failureOf(linesOf(latin1));
  expect(message).toMatch(/^FILE:2: byte 5 of the line is 0xe9, which is not UTF-8\./);
  expect(message).toContain("iconv -f WINDOWS-1252 -t UTF-8");
});

test("half a surrogate pair in UTF-16 is refused", async () => {
  const bytes = Buffer.concat([Buffer.from("\ufeffa\n", "utf16le"), Buffer.from([0x3d, 0xd8, 0x0a, 0x00])]);
  expect(await failureOf(linesOf(bytes))).toMatch(/^FILE:2: is not UTF-16LE/);
});

describe("what is no text is named", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["Parquet", Buffer.from("PAR1\x15\x04"), /a Parquet file\. Give it a name that ends in \.parquet/],
    ["gzip", Buffer.from([0x1f, 0x8b, 8, 0]), /compressed with gzip/],
    ["a spreadsheet", Buffer.from("PK\x03\x04\x14\0"), /zip archive or a spreadsheet/],
    ["a Git LFS pointer", Buffer.from("version https://git-lfs.github.com/spec/v1\n"), /git lfs pull/],
    ["UTF-16 without a mark", Buffer.from("some text\n", "utf16le"), /UTF-16 without a byte order mark/],
    ["zeros", Buffer.from("some\0text\n"), /text with zero bytes/],
    ["binary data", Buffer.from([1, 0, 2, 0xff, 0, 0, 7, 9]), /binary data/],
  ])("%s", async (_, bytes, expected) => {
    expect(await failureOf(linesOf(bytes))).toMatch(expected);
  });
});

test("a zero byte behind the head is named with its line", async () => {
  const late = Buffer.from(`${"some text\n".repeat(100)}so\0me\n`);
  expect(await failureOf(linesOf(late))).toBe(
    "FILE:101: holds a zero byte. Remove it, or export the file again.",
  );
});

test("a line without end is refused before it is in memory", async () => {
  const block = Buffer.alloc(2 ** 20, "x");
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("first\n");
    for (; given < 2048; given++) yield block;
  }
  const read = async () => {
    for await (const { line } of decodeLines(endless(), "FILE")) expect(line).toBe("first");
  };
  expect(await failureOf(read)).toMatch(/^FILE:2: the line has more than 64 MiB/);
  expect(given).toBeLessThanOrEqual(MOST_LINE_BYTES / block.length + 1);
});
