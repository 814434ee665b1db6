import { randomBytes } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { StoreError } from "../errors.js";
import { errorCode, storeError } from "./failure.js";
import { currentProcess, isRunning, type ProcessIdentity } from "./process-identity.js";
import { writeFileAtomic } from "./write-file.js";

/** Matches the files that {@link lockFolder} makes. */
export const LOCK_NAME = /^lock-[0-9]+-[0-9a-f]{16}\.json$/;

/** What a lock file holds. */
export const lockSchema = z.object({
  pid: z.int().min(1),
  host: z.string(),
  startTicks: z.string().nullable(),
  boot: z.string().nullable(),
  /** ISO 8601, for the person who reads it. */
  since: z.string(),
});

export interface FolderLock {
  release(): Promise<void>;
}

const TRIES = 6;

/**
 * Takes a folder for this process alone.
 *
 * Each process that wants the folder first puts a lock file of its own there, with a name that is never used
 * again, and then looks for others. A file of a process that runs means that the folder is taken; a file of
 * a dead one is deleted. Two processes cannot both miss the other's file, because each looks after it has
 * written; and deleting a dead process's file cannot hit a living one's, because names do not come back. One
 * file under a fixed name has neither property: between reading that it is stale and replacing it, another
 * process may have taken it.
 *
 * Works on local disks and on network disks that show new files to everyone at once. A lock of another
 * machine cannot be checked, and is respected.
 *
 * @throws StoreError when the folder is taken (naming the process), or cannot be written
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const self = await currentProcess();
  for (let attempt = 1; ; attempt += 1) {
    const name = `lock-${self.pid}-${randomBytes(8).toString("hex")}.json`;
    const path = join(folder, name);
    const release = () => rm(path, { force: true });
    try {
      await writeFileAtomic(path, `${JSON.stringify({ ...self, since: new Date().toISOString() })}\n`);
    } catch (error) {
      throw storeError((error as Error).cause, `write in the run folder ${folder}`);
    }
    try {
      const holder = await findHolder(folder, name);
      if (holder === undefined) return { release };
      await release();
      // Two that start together see each other and both step back: they try again at different times.
      if (attempt === TRIES) throw taken(folder, holder, self);
    } catch (error) {
      await release().catch(() => {});
      throw storeError(error, `lock ${folder}`);
    }
    await sleep(5 * attempt + (self.pid % 37));
  }
}

interface Holder extends ProcessIdentity {
  readonly file: string;
  readonly since: string;
}

/** A process other than this lock's that holds the folder; files of dead ones are deleted on the way. */
async function findHolder(folder: string, own: string): Promise<Holder | undefined> {
  for (const name of (await readdir(folder)).sort()) {
    if (name === own || !LOCK_NAME.test(name)) continue;
    const file = join(folder, name);
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      if (errorCode(error) === "ENOENT") continue;
      throw error;
    }
    const lock = parseLock(text);
    if (lock === undefined) {
      throw new StoreError(
        `${file} is not a lock of this version of Tiller. If no other Tiller works in this folder, delete the file and run the same command again.`,
      );
    }
    if ((await isRunning(lock)) === false) await rm(file, { force: true });
    else return { ...lock, file };
  }
  return undefined;
}

function parseLock(text: string): z.infer<typeof lockSchema> | undefined {
  try {
    return lockSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function taken(folder: string, holder: Holder, self: ProcessIdentity): StoreError {
  if (holder.host !== self.host) {
    return new StoreError(
      `The run folder ${folder} is in use by process ${holder.pid} on ${holder.host} since ${holder.since}. Wait for it or choose another output. If it no longer runs, delete ${holder.file}.`,
    );
  }
  if (holder.pid === self.pid) {
    return new StoreError(
      `The run folder ${folder} is already open in this process (${self.pid}); close it first.`,
    );
  }
  return new StoreError(
    `The run folder ${folder} is in use by process ${holder.pid} since ${holder.since}. Wait for it, stop it (kill ${holder.pid}), or choose another output.`,
  );
}
