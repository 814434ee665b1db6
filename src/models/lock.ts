import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ModelError } from "../errors.js";
import { explainDiskError } from "./disk-error.js";
import { errorCode, throwIfInterrupted } from "./retry.js";

const HEARTBEAT_MS = 2_000;
const POLL_MS = 250;
/**
 * A dead owner's lock is taken over after this long without a heartbeat. Not at once: in a container that shares its
 * host's name, a living owner's process number may look dead.
 */
const STALE_DEAD_MS = 6_000;
/** So is the lock of an owner that cannot be asked: on another machine, or a process number that was reused. */
const STALE_SILENT_MS = 120_000;

const ownerSchema = z.object({ host: z.string(), pid: z.int(), token: z.string() });

/** A lock on one model or data set in the cache, between processes and within one. */
export interface Lock extends AsyncDisposable {
  /** @throws ModelError if another process has taken the lock over, because this one slept too long. */
  assertHeld(): Promise<void>;
}

/**
 * Takes the lock at `path`, a file that names its owner and is touched every 2 s. A lock whose owner has ended is
 * taken over.
 *
 * @param options `onWait` is called at each look at a lock that another owner holds; `wait: false` throws instead.
 * @throws ModelError, InterruptedError
 */
export async function acquireLock(
  path: string,
  options: { signal?: AbortSignal | undefined; wait?: boolean; onWait?: () => Promise<void> | void } = {},
): Promise<Lock> {
  const token = randomUUID();
  await mkdir(dirname(path), { recursive: true }).catch((error) => {
    throw explainDiskError(error, path);
  });
  while (!(await tryCreate(path, token))) {
    throwIfInterrupted(options.signal);
    if (await removeIfStale(path)) continue;
    if (options.wait === false) {
      throw new ModelError(`Another process is fetching this (${path}). Wait for it, or stop it.`);
    }
    await options.onWait?.();
    await sleep(POLL_MS, undefined, { signal: options.signal }).catch(() => {});
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A lock that is gone is found out by assertHeld.
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref();
  const isHeld = async () => (await readOwner(path))?.token === token;
  return {
    async assertHeld() {
      if (await isHeld()) return;
      throw new ModelError(
        "Another process took over fetching this, because this one stood still too long. Run again.",
      );
    },
    async [Symbol.asyncDispose]() {
      clearInterval(heartbeat);
      if (await isHeld()) await rm(path, { force: true });
    },
  };
}

async function tryCreate(path: string, token: string): Promise<boolean> {
  try {
    const handle = await open(path, "wx");
    try {
      await handle.writeFile(JSON.stringify({ host: hostname(), pid: process.pid, token }));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    // Windows answers EPERM while a removed file is still open somewhere.
    if (errorCode(error) === "EEXIST" || (process.platform === "win32" && errorCode(error) === "EPERM")) {
      return false;
    }
    throw explainDiskError(error, path);
  }
}

async function readOwner(path: string): Promise<z.output<typeof ownerSchema> | undefined> {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** True if the lock is gone now, so that it is worth trying to take it. */
async function removeIfStale(path: string): Promise<boolean> {
  const owner = await readOwner(path);
  let silentMs: number;
  try {
    silentMs = Date.now() - (await stat(path)).mtimeMs;
  } catch {
    return true;
  }
  const dead = owner?.host === hostname() && !isAlive(owner.pid);
  if (silentMs < (dead ? STALE_DEAD_MS : STALE_SILENT_MS)) return false;
  // Two processes may both find the lock stale. Moving it aside shows which file was really removed: if it is a
  // newer lock than the one looked at, its owner is told so by assertHeld, and at worst fetches once more.
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return true;
  }
  const moved = await readOwner(aside);
  if (moved?.token !== owner?.token) await rename(aside, path).catch(() => {});
  await rm(aside, { force: true });
  return true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== "ESRCH";
  }
}
