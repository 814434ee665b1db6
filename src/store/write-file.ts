import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { storeError } from "./failure.js";
import { syncFolder } from "./sync-folder.js";

/** Matches what a killed {@link writeFileAtomic} can leave behind; the first group is its process. */
export const TEMPORARY_NAME = /^\.tiller-([0-9]+)-[0-9a-f]{16}\.tmp$/;

/**
 * Writes a whole file or nothing: the data go to a file beside it, are synced, and take its name in one
 * step, so that a reader sees the old file or the new one, never a part.
 *
 * @throws StoreError naming the file, when the disk is full or read-only or the folder is missing; the old
 *   file, if there was one, is then unchanged and nothing is left behind
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | Iterable<string>,
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.tiller-${process.pid}-${randomBytes(8).toString("hex")}.tmp`);
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, "wx");
    // Each call goes on where the last one ended.
    for (const part of typeof data === "string" || data instanceof Uint8Array ? [data] : data) {
      await file.writeFile(part);
    }
    await file.sync();
    await file.close();
    file = undefined;
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await file?.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
    throw storeError(error, `write ${path}`);
  }
}
