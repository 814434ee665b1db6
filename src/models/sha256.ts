import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ModelError } from "../errors.js";
import { modelHome } from "./home.js";
import { throwIfInterrupted } from "./retry.js";

/** What must be the same for a file to be taken as unchanged; 64-bit numbers are written as text. */
const entrySchema = z.object({
  bytes: z.string(),
  mtimeNs: z.string(),
  inode: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const cacheSchema = z.object({ format: z.literal(1), files: z.record(z.string(), entrySchema) });

type Entry = z.output<typeof entrySchema>;

const MOST_FILES = 1000;

export interface FileSha256Options {
  /** Folder of the cache of sums; default `modelHome()`. */
  readonly home?: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (hashedBytes: number, totalBytes: number) => void;
}

/**
 * Hex sha256 of a file. The sum is kept in `<home>/sha256.json` and taken from there as long as the file's real
 * path, size, modification time (ns) and inode are the same.
 *
 * @throws ModelError if the file cannot be read or changes meanwhile; InterruptedError.
 */
export async function fileSha256(path: string, options: FileSha256Options = {}): Promise<string> {
  const home = options.home ?? modelHome();
  try {
    const real = await realpath(path);
    const before = await describe(real);
    const known = (await readCache(home)).get(real);
    if (known && isSame(known, before)) return known.sha256;
    const sha256 = await hashFile(real, Number(before.bytes), options);
    if (!isSame(await describe(real), before)) {
      throw new ModelError(`${path} changed while it was read. Wait until it is written, and run again.`);
    }
    await remember(home, real, { ...before, sha256 });
    return sha256;
  } catch (error) {
    throwIfInterrupted(options.signal);
    if (error instanceof ModelError) throw error;
    throw new ModelError(
      `${path} cannot be read: ${(error as Error).message}. Check the file and its rights.`,
      {
        cause: error,
      },
    );
  }
}

/** Notes the sum of a file that was hashed while it was written. */
export async function rememberSha256(path: string, sha256: string, home: string): Promise<void> {
  const real = await realpath(path);
  await remember(home, real, { ...(await describe(real)), sha256 });
}

async function hashFile(path: string, totalBytes: number, options: FileSha256Options): Promise<string> {
  const hash = createHash("sha256");
  let hashedBytes = 0;
  const stream = createReadStream(path, { highWaterMark: 1 << 20, signal: options.signal });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    hashedBytes += chunk.length;
    options.onProgress?.(hashedBytes, totalBytes);
  }
  return hash.digest("hex");
}

async function describe(path: string): Promise<Omit<Entry, "sha256">> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true });
  return { bytes: String(size), mtimeNs: String(mtimeNs), inode: String(ino) };
}

function isSame(a: Omit<Entry, "sha256">, b: Omit<Entry, "sha256">): boolean {
  return a.bytes === b.bytes && a.mtimeNs === b.mtimeNs && a.inode === b.inode;
}

function cachePath(home: string): string {
  return join(home, "sha256.json");
}

async function readCache(home: string): Promise<Map<string, Entry>> {
  try {
    const cache = cacheSchema.parse(JSON.parse(await readFile(cachePath(home), "utf8")));
    return new Map(Object.entries(cache.files));
  } catch {
    // A cache that is missing or damaged costs one more reading of the file.
    return new Map();
  }
}

async function remember(home: string, path: string, entry: Entry): Promise<void> {
  const temporary = `${cachePath(home)}.${randomUUID()}`;
  try {
    // Read again, as another process may have written meanwhile. A lost entry costs one more reading.
    const files = await readCache(home);
    files.delete(path);
    files.set(path, entry);
    const kept = [...files].slice(-MOST_FILES);
    await mkdir(dirname(temporary), { recursive: true });
    await writeFile(temporary, JSON.stringify({ format: 1, files: Object.fromEntries(kept) }, null, 1));
    await rename(temporary, cachePath(home));
  } catch {
    // The sum is right even if it cannot be kept, as in a home that is read-only.
    await rm(temporary, { force: true }).catch(() => {});
  }
}
