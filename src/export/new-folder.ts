import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { z } from "zod";
import { StoreError } from "../errors.js";
import { errorCode, storeError } from "../store/failure.js";
import { mayRun } from "../store/process-identity.js";
import { readJson } from "../store/read-json.js";
import { syncFolder } from "../store/sync-folder.js";
import { writeFileAtomic } from "../store/write-file.js";

/** The file that says that a folder is an export, and which files it is made of. */
export const PROVENANCE = "provenance.json";

/** What makes a folder one that may be replaced. */
const exportSchema = z.object({
  tool: z.literal("tillerlm"),
  kind: z.literal("export"),
  files: z.record(z.string(), z.unknown()),
});

/** Puts one file into a folder that is being written; the name has `/` between its parts. */
export type PutFile = (name: string, data: string | Uint8Array) => Promise<void>;

/**
 * Refuses a place that must not be written to, before any work is done: a folder that is no earlier export, one with
 * files that the earlier export has not written, or, without `overwrite`, anything at all.
 *
 * @throws StoreError
 */
export async function checkTarget(
  target: string,
  options: { readonly folder: boolean; readonly overwrite: boolean },
): Promise<void> {
  const status = await lstat(target).catch((error) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw storeError(error, `write ${target}`);
  });
  if (status === undefined) return;
  if (!options.folder) {
    if (!status.isFile()) {
      throw new StoreError(`${target} is there and is no file: choose another output with --output.`);
    }
    if (options.overwrite) return;
    throw new StoreError(
      `${target} is there already. Choose another output with --output, or replace it with --overwrite.`,
    );
  }
  if (!status.isDirectory()) {
    throw new StoreError(`${target} is there and is no folder: choose another output with --output.`);
  }
  const present = await filesIn(target);
  if (present.length === 0) return;
  const path = join(target, PROVENANCE);
  const earlier = existsSync(path) ? await readJson(path, exportSchema).catch(() => undefined) : undefined;
  if (!earlier) {
    throw new StoreError(
      `${target} is not empty and no earlier export, and is left as it is. Choose another output with --output.`,
    );
  }
  if (!options.overwrite) {
    throw new StoreError(
      `${target} holds an earlier export. Choose another output with --output, or replace it with --overwrite.`,
    );
  }
  const foreign = present.find((name) => name !== PROVENANCE && !Object.hasOwn(earlier.files, name));
  if (foreign !== undefined) {
    throw new StoreError(
      `${target} holds ${JSON.stringify(foreign)}, which no export wrote and which would be lost. Move it away, or choose another output.`,
    );
  }
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .sort();
  } catch (error) {
    throw storeError(error, `read ${folder}`);
  }
}

/**
 * Writes a whole folder or nothing: it is filled under another name beside its place, and takes its name in one
 * step. With `overwrite` what was there before is gone only then; what another process has put there since
 * {@link checkTarget} looked is not.
 *
 * @throws StoreError naming the file, when the disk is full or read-only, or the place is taken; nothing is then left
 *   behind
 */
export async function writeNewFolder(
  target: string,
  options: { readonly overwrite: boolean },
  fill: (add: PutFile) => Promise<void>,
): Promise<void> {
  const parent = dirname(target);
  const mark = `${process.pid}-${randomBytes(8).toString("hex")}`;
  const temporary = join(parent, `.tiller-${mark}.tmp`);
  let made: string | undefined;
  try {
    made = await mkdir(parent, { recursive: true });
    await removeAbandoned(parent).catch(() => {});
    await mkdir(temporary);
    await fill(async (name, data) => {
      const file = join(temporary, ...name.split("/"));
      await mkdir(dirname(file), { recursive: true });
      await writeFileAtomic(file, data);
    });
    await checkTarget(target, { ...options, folder: true });
    await takeName(temporary, target, options.overwrite ? join(parent, `.tiller-${mark}.old`) : undefined);
    await syncFolder(parent);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    if (made !== undefined) await removeEmpty(parent, made);
    // A mistake of the recipe's or of a vector file's is none of the disk's.
    if (!(error instanceof StoreError) && errorCode(error) === undefined) throw error;
    const failure = storeError(error, `write ${target}`);
    // The name beside its place means nothing to the reader.
    throw new StoreError(failure.message.replaceAll(temporary, target), { cause: error });
  }
}

/** @param old where to put what is there; undefined if only an empty folder may go */
async function takeName(temporary: string, target: string, old: string | undefined): Promise<void> {
  const replaces = existsSync(target);
  if (replaces) await (old === undefined ? rmdir(target) : rename(target, old));
  try {
    await rename(temporary, target);
  } catch (error) {
    if (replaces && old !== undefined) await rename(old, target);
    throw error;
  }
  if (replaces && old !== undefined) await rm(old, { recursive: true, force: true });
}

const ABANDONED_NAME = /^(\.tiller-([0-9]+)-[0-9a-f]{16})\.(?:tmp|old)$/;
const HOUR_MS = 3_600_000;

/** Removes what killed exports left in a folder. Another machine's may be at work, so that new ones stay. */
async function removeAbandoned(folder: string): Promise<void> {
  const found = (await readdir(folder)).flatMap((name) => {
    const [, mark, pid] = ABANDONED_NAME.exec(name) ?? [];
    return mark === undefined ? [] : [{ path: join(folder, name), mark, pid: Number(pid) }];
  });
  for (const { path, mark, pid } of found) {
    // Both of them: it was killed between two names, and the old folder is the user's.
    if (found.filter((other) => other.mark === mark).length > 1 || mayRun(pid)) continue;
    const age = Date.now() - (await lstat(path)).mtimeMs;
    if (age > HOUR_MS) await rm(path, { recursive: true, force: true });
  }
}

/** Takes away the folders from `folder` up to `first`, which were made for nothing. */
async function removeEmpty(folder: string, first: string): Promise<void> {
  for (let path = folder; path.length >= first.length; path = dirname(path)) {
    try {
      await rmdir(path);
    } catch {
      return;
    }
  }
}
