import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { encodeGguf } from "../gguf/write.js";
import { explainDiskError } from "./disk-error.js";
import { convertLlama2c, mayBeLlama2c } from "./llama2c.js";

const HEADER_BYTES = 64;

export interface Converted {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes a fetched model of llama2.c as GGUF beside the file it is in.
 *
 * @returns undefined for any other file, which is left as it is.
 * @throws ModelError if the disk is full.
 */
export async function convertFetched(path: string, fileBytes: number): Promise<Converted | undefined> {
  if (!mayBeLlama2c(await readHeader(path), fileBytes)) return undefined;
  const content = convertLlama2c(await readFile(path));
  if (!content) return undefined;
  const gguf = encodeGguf(content);
  const target = `${path}.gguf`;
  try {
    await using file = await open(target, "w");
    await file.writeFile(gguf);
    await file.sync();
  } catch (error) {
    throw explainDiskError(error, target);
  }
  return { path: target, bytes: gguf.length, sha256: createHash("sha256").update(gguf).digest("hex") };
}

async function readHeader(path: string): Promise<Uint8Array> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(new Uint8Array(HEADER_BYTES), 0, HEADER_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}
