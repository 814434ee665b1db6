import { createReadStream } from "node:fs";
import { RecipeError } from "../errors.js";
import { foreignContent } from "./foreign-content.js";
import { unreadable } from "./unreadable.js";

/** A longer line is refused: it is no text, and would have to be held in memory. */
export const MOST_LINE_BYTES = 64 * 2 ** 20;

export interface DecodedLine {
  /** Without its line feed; white space and a carriage return at its end belong to it. */
  readonly line: string;
  /** From 1. */
  readonly number: number;
}

interface Encoding {
  readonly name: "utf-8" | "utf-16le" | "utf-16be";
  readonly lineFeed: Uint8Array;
  /** Bytes of the byte order mark. */
  readonly mark: number;
}

const MARKS: readonly [readonly number[], Encoding][] = [
  [[0xef, 0xbb, 0xbf], { name: "utf-8", lineFeed: Uint8Array.of(0x0a), mark: 3 }],
  [[0xff, 0xfe], { name: "utf-16le", lineFeed: Uint8Array.of(0x0a, 0), mark: 2 }],
  [[0xfe, 0xff], { name: "utf-16be", lineFeed: Uint8Array.of(0, 0x0a), mark: 2 }],
];
const PLAIN: Encoding = { ...MARKS[0]![1], mark: 0 };
/** Enough to know a file's kind by. */
const HEAD_BYTES = 512;

/** {@link decodeLines} of a file. */
export function readDecodedLines(file: string, name: string): AsyncGenerator<DecodedLine> {
  return decodeLines(fileBytes(file, name), name);
}

async function* fileBytes(file: string, name: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file) as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(name, error);
  }
}

/**
 * The lines of text in UTF-8, or in UTF-16 with a byte order mark. Only line feeds end a line: U+2028 and U+0085
 * belong to the text. Bytes are split before they are decoded, so that a wrong byte is reported with its line.
 *
 * @param name what the text is called in messages
 * @throws RecipeError naming line and byte: another encoding, something that is no text, or a line of more than
 *   64 MiB, of which no more is read
 */
export async function* decodeLines(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<DecodedLine> {
  let encoding: Encoding | undefined;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let number = 0;
  const finish = (encoding: Encoding): DecodedLine => {
    number += 1;
    const line = decode(Buffer.concat(pending), encoding, `${name}:${number}`);
    // The file's head was looked at; a zero further down is no more text than one there.
    if (line.includes("\0")) {
      throw new RecipeError(`${name}:${number}: holds a zero byte. Remove it, or export the file again.`);
    }
    pending = [];
    pendingBytes = 0;
    return { line, number };
  };
  for await (const chunk of evenChunks(chunks)) {
    let start = 0;
    if (encoding === undefined) {
      encoding = encodingOf(chunk, name);
      start = encoding.mark;
    }
    for (let end = lineEnd(chunk, encoding, start); end >= 0; end = lineEnd(chunk, encoding, start)) {
      pending.push(chunk.subarray(start, end));
      yield finish(encoding);
      start = end + encoding.lineFeed.length;
    }
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > MOST_LINE_BYTES) throw tooLong(`${name}:${number + 1}`);
  }
  yield finish(encoding ?? PLAIN);
}

function tooLong(where: string): RecipeError {
  return new RecipeError(
    `${where}: the line has more than ${MOST_LINE_BYTES / 2 ** 20} MiB. Write one row on each line; texts of that length cannot be used.`,
  );
}

/** The same bytes, in buffers of even length but for the last; the first holds a file's head. */
async function* evenChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    if (isFirst && rest.length < HEAD_BYTES) continue;
    isFirst = false;
    const even = rest.length - (rest.length % 2);
    yield rest.subarray(0, even);
    rest = rest.subarray(even);
  }
  if (rest.length > 0) yield rest;
}

function encodingOf(chunk: Buffer, name: string): Encoding {
  const marked = MARKS.find(([mark]) => mark.every((byte, index) => chunk[index] === byte));
  if (marked !== undefined) return marked[1];
  const foreign = foreignContent(chunk.subarray(0, HEAD_BYTES));
  if (foreign !== undefined) throw new RecipeError(`${name}: is not text: it is ${foreign}`);
  return PLAIN;
}

/** Where the next line feed begins; -1 if there is none. Lines begin at even bytes of a chunk in UTF-16. */
function lineEnd(chunk: Buffer, { lineFeed }: Encoding, from: number): number {
  let at = chunk.indexOf(lineFeed, from);
  while (lineFeed.length === 2 && at % 2 === 1) at = chunk.indexOf(lineFeed, at + 1);
  return at;
}

function decode(bytes: Buffer, { name }: Encoding, where: string): string {
  try {
    return new TextDecoder(name, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new RecipeError(
      name === "utf-8"
        ? `${where}: ${wrongByte(bytes)}`
        : `${where}: is not ${name.toUpperCase()}, which the file's byte order mark promises. Save the file with the encoding UTF-8.`,
      { cause: error },
    );
  }
}

const REPLACEMENT = Buffer.from("\ufffd");

function wrongByte(bytes: Buffer): string {
  const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  let at = 0;
  for (let index = decoded.indexOf("\ufffd"); index >= 0; index = decoded.indexOf("\ufffd", index + 1)) {
    at = Buffer.byteLength(decoded.slice(0, index));
    // What stands before is as it was written, or this would be the second one.
    if (!bytes.subarray(at, at + REPLACEMENT.length).equals(REPLACEMENT)) break;
  }
  const found = `0x${bytes[at]!.toString(16).padStart(2, "0")}`;
  return (
    `byte ${at + 1} of the line is ${found}, which is not UTF-8. Save the file with the encoding UTF-8; if it is in ` +
    "Latin-1 or Windows-1252, `iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW` converts it."
  );
}
