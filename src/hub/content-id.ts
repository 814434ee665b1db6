import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/**
 * Hex name that Git gives to a file's content: SHA-1 over `blob <bytes>\0` and the content. The Hub lists it for
 * every file that is not stored with Git LFS.
 *
 * @throws what reading the file throws
 */
export async function gitBlobId(path: string): Promise<string> {
  const { size } = await stat(path);
  return hashFile(path, createHash("sha1").update(`blob ${size}\0`));
}

/** Hex sha256 of a file, which the Hub lists for files that are stored with Git LFS. */
export function contentSha256(path: string): Promise<string> {
  return hashFile(path, createHash("sha256"));
}

async function hashFile(path: string, hash: Hash): Promise<string> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
