import { mkdir, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { HubError } from "../errors.js";
import { explainDiskError } from "../models/disk-error.js";
import { acquireLock } from "../models/lock.js";
import { PartialFile } from "../models/partial-file.js";
import type { ReportProgress } from "../models/progress.js";
import { fileSha256, rememberSha256 } from "../models/sha256.js";
import { gitBlobId } from "./content-id.js";
import { type DataFile, listed } from "./data-files.js";
import type { DatasetCache } from "./dataset-cache.js";
import { type DatasetSource, isPlainPath } from "./dataset-source.js";
import type { HubTarget } from "./explain-failure.js";
import { fetchFile } from "./fetch-file.js";
import type { RepositoryFile, RepositoryListing } from "./repository-listing.js";

/** What the work on one data set carries along. */
export interface DatasetContext {
  readonly source: DatasetSource;
  /** The source as it was asked for. */
  readonly text: string;
  readonly hubUrl: string;
  readonly token: string | undefined;
  readonly home: string;
  readonly cache: DatasetCache;
  /** Why the network is not to be used; undefined if it is. */
  readonly offline: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly report: ReportProgress;
  /** What the user should know, gathered on the way. */
  readonly notes: string[];
}

/**
 * Fetches those of the chosen files that the cache lacks, one after the other, each verified against the listing.
 *
 * @returns paths of all chosen files on this machine, in their order.
 * @throws HubError, ModelError of the disk, InterruptedError
 */
export async function fetchMissing(
  listing: RepositoryListing,
  chosen: readonly DataFile[],
  context: DatasetContext,
): Promise<string[]> {
  const { cache, text, offline, signal } = context;
  const byPath = new Map(listing.files.map((file) => [file.path, file]));
  const files = chosen.map(({ path }) => byPath.get(path)!);
  const hostile = files.find(({ path }) => !isPlainPath(path));
  if (hostile) {
    throw new HubError(
      `${text} lists a file ${JSON.stringify(hostile.path)}, which is no plain path inside a repository. Nothing was fetched; do not trust this data set.`,
    );
  }
  const missing: RepositoryFile[] = [];
  for (const file of files) if (!(await isInCache(file, context))) missing.push(file);
  if (missing.length > 0 && offline !== undefined) {
    throw new HubError(
      `Of ${text} these files are not in the cache (${context.home}), and ${offline}: ${listed(missing.map(({ path }) => path))}. Fetch them once with the network on.`,
    );
  }
  if (missing.length > 0) {
    await using lock = await acquireLock(cache.lockPath, { signal });
    const sum = (some: readonly RepositoryFile[]) => some.reduce((bytes, { size }) => bytes + size, 0);
    const totalBytes = sum(missing);
    for (const [index, file] of missing.entries()) {
      // Another process may have fetched it while this one waited for the lock.
      if (await isInCache(file, context)) continue;
      const laterBytes = sum(missing.slice(index + 1));
      const before = totalBytes - laterBytes - file.size;
      const report: ReportProgress = (phase, bytes) => context.report(phase, before + bytes, totalBytes);
      await fetchOne(file, listing.commit, { ...context, report }, laterBytes, () => lock.assertHeld());
    }
  }
  return files.map((file) => cache.filePath(file));
}

async function fetchOne(
  file: RepositoryFile,
  commit: string,
  context: DatasetContext,
  laterBytes: number,
  assertHeld: () => Promise<void>,
): Promise<void> {
  const path = context.cache.filePath(file);
  await mkdir(dirname(path), { recursive: true }).catch((error) => {
    throw explainDiskError(error, path);
  });
  const what = `${file.path} of ${context.source.repository} at ${commit.slice(0, 7)}`;
  await using partial = await PartialFile.open(`${path}.part`);
  const { signal, report } = context;
  await fetchFile(datasetTarget(what, commit, context), file.path, partial, { signal, report, laterBytes });
  const [expected, found] =
    file.sha256 === undefined ? [file.gitId, await gitBlobId(partial.path)] : [file.sha256, partial.sha256()];
  if (found !== expected) {
    await partial.discard();
    throw new HubError(
      `${what} is not the file that the Hub lists: expected ${expected}, found ${found}. The file was removed. Run again if the download may be damaged.`,
    );
  }
  await assertHeld();
  await partial.commit(path);
  if (file.sha256 !== undefined) await rememberSha256(path, file.sha256, context.home);
}

/** True if the file is there and whole; a damaged one is removed. */
async function isInCache(file: RepositoryFile, context: DatasetContext): Promise<boolean> {
  const path = context.cache.filePath(file);
  if (!(await stat(path).catch(() => undefined))) return false;
  const { home, signal, report } = context;
  const found =
    file.sha256 === undefined
      ? await gitBlobId(path)
      : await fileSha256(path, { home, signal, onProgress: (done, total) => report("verify", done, total) });
  if (found === (file.sha256 ?? file.gitId)) return true;
  await rm(path, { force: true });
  context.notes.push(`${file.path} was damaged in the cache and is fetched anew.`);
  return false;
}

/** A data set as the Hub is asked for it. */
export function datasetTarget(what: string, revision: string, context: DatasetContext): HubTarget {
  const { source, hubUrl, token } = context;
  return {
    kind: "dataset",
    hubUrl,
    token,
    repository: source.repository,
    revision,
    what,
    again: "the download continues where it stopped",
    Failure: HubError,
  };
}
