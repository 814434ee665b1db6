import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InterruptedError, ModelError } from "../errors.js";
import { acquireLock } from "./lock.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-lock-"));
  path = join(folder, "model.lock");
});
afterEach(() => rm(folder, { recursive: true }));

/** A lock file of a process that has ended, last touched this long ago. */
async function abandon(host: string, ageSeconds: number): Promise<void> {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  await writeFile(path, JSON.stringify({ host, pid, token: "old" }));
  const time = Date.now() / 1000 - ageSeconds;
  await utimes(path, time, time);
}

describe("acquireLock", () => {
  it("lets one in at a time and leaves nothing behind", async () => {
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        await using lock = await acquireLock(path);
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 5));
        await lock.assertHeld();
        inside--;
      }),
    );
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it("waits, says so, and stops waiting when asked", async () => {
    await using _held = await acquireLock(path);
    const controller = new AbortController();
    const waiting = acquireLock(path, { signal: controller.signal, onWait: () => controller.abort() });
    await expect(waiting).rejects.toThrow(InterruptedError);
    await expect(acquireLock(path, { wait: false })).rejects.toThrow(ModelError);
  });

  it("takes over the lock of a process that has ended", async () => {
    await abandon(hostname(), 20);
    await using lock = await acquireLock(path, { wait: false });
    await lock.assertHeld();
  });

  it("lets one of many take over", async () => {
    await abandon(hostname(), 20);
    const attempts = Array.from({ length: 8 }, () => acquireLock(path, { wait: false }));
    const settled = await Promise.allSettled(attempts);
    const taken = settled.filter((one) => one.status === "fulfilled").map((one) => one.value);
    expect(taken).toHaveLength(1);
    await taken[0]![Symbol.asyncDispose]();
  });

  it("respects a lock of another machine until it has been silent for long", async () => {
    await abandon("another-machine", 20);
    await expect(acquireLock(path, { wait: false })).rejects.toThrow(ModelError);
    await abandon("another-machine", 300);
    await using lock = await acquireLock(path, { wait: false });
    await lock.assertHeld();
  });

  it("notices that it was taken over, and then leaves the new owner's lock alone", async () => {
    const lock = await acquireLock(path);
    await writeFile(path, JSON.stringify({ host: hostname(), pid: process.pid, token: "new" }));
    await expect(lock.assertHeld()).rejects.toThrow(ModelError);
    await lock[Symbol.asyncDispose]();
    expect((await stat(path)).isFile()).toBe(true);
  });
});
