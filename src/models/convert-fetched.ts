import { createHash } from "node:crypto";
import { open, readFile, rm } from "node:fs/promises";
import { encodeGguf } from "../gguf/write.js";
import { explainDiskError } from "./disk-error.js";
import { convertLlama2c, mayBeLlama2c } from "./llama2c.js";
import type { PartialFile } from "./partial-file.js";

const HEADER_BYTES = 64;

type Fetched = Pick<PartialFile, "path" | "bytes" | "requireSpace">;

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
export async function convertFetched(fetched: Fetched): Promise<Converted | undefined> {
  const { path, bytes } = fetched;
  if (!mayBeLlama2c(await readHeader(path), bytes)) return undefined;
  const content = convertLlama2c(await readFile(path));
  if (!content) return undefined;
  const gguf = encodeGguf(content);
  await fetched.requireSpace(bytes + gguf.length);
  const target = `${path}.gguf`;
  try {
    await using file = await open(target, "w");
    await file.writeFile(gguf);
    await file.sync();
  } catch (error) {
    await rm(target, { force: true });
    throw explainDiskError(error, target);
  }
  return { path: target, bytes: gguf.length, sha256: createHash("sha256").update(gguf).digest("hex") };
}

async function readHeader(path: string): Promise<Uint8Array> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(new Uint8Array(HEADER_BYTES), 0, HEADER_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}
