import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { ModelError, RecipeError } from "../errors.js";
import { aliases } from "./aliases.js";
import { modelHome } from "./home.js";
import { acquireLock } from "./lock.js";
import { expandAlias, formatSource, parseSource, type RemoteSource } from "./source.js";

const RECORD = "model.json";
const recordSchema = z.object({
  format: z.literal(1),
  source: z.string(),
  file: z.string().regex(/^[A-Za-z0-9._-]+\.gguf$/),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Where a model is in the cache, whether or not it is there yet. */
export interface CachePlace {
  /** The source in its normal spelling, aliases expanded. */
  readonly source: string;
  readonly folder: string;
  /** The model file. It has this name only when it is whole and its record is written. */
  readonly path: string;
  /** The model file while it is fetched. */
  readonly partPath: string;
  readonly lockPath: string;
}

/** A model file in the cache. */
export interface CachedModel {
  /** The source in its normal spelling. */
  readonly source: string;
  /** Aliases that stand for this source. */
  readonly aliases: readonly string[];
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Place of a source in the cache: a folder named after the source's hash, with a readable part for people. */
export function cachePlace(source: RemoteSource, home: string): CachePlace {
  const text = formatSource(source);
  const key = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const stem = fileStem(source);
  const folder = join(home, "models", `${stem.slice(0, 60)}-${key}`);
  const path = join(folder, `${stem}.gguf`);
  return { source: text, folder, path, partPath: `${path}.part`, lockPath: `${folder}.lock` };
}

/** The model at this place, if it is whole. */
export async function readCached(place: CachePlace): Promise<CachedModel | undefined> {
  const model = await readFolder(place.folder);
  return model?.path === place.path ? model : undefined;
}

/** Writes what is known of the file that is about to get its final name. */
export async function writeRecord(place: CachePlace, bytes: number, sha256: string): Promise<void> {
  const record = { format: 1, source: place.source, file: basename(place.path), bytes, sha256 };
  const temporary = join(place.folder, `${RECORD}.part`);
  await writeFile(temporary, `${JSON.stringify(record, null, 1)}\n`);
  await rename(temporary, join(place.folder, RECORD));
}

/** The models in the cache, by source. Files that are being fetched are left out. */
export async function listModels(home: string = modelHome()): Promise<CachedModel[]> {
  const folder = join(home, "models");
  const names = await readdir(folder).catch(() => []);
  const models = await Promise.all(names.map((name) => readFolder(join(folder, name))));
  return models
    .filter((model) => model !== undefined)
    .sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : 0));
}

/**
 * Removes a model, and what was fetched of it so far, from the cache.
 *
 * @returns true if there was anything to remove.
 * @throws RecipeError for a `file:` source, which is never in the cache; ModelError while a process fetches it.
 */
export async function removeModel(source: string, home: string = modelHome()): Promise<boolean> {
  const parsed = expandAlias(parseSource(source));
  if (parsed.kind === "file") {
    throw new RecipeError(`${source} is a file of your own and not in the cache. Remove it yourself.`);
  }
  const place = cachePlace(parsed, home);
  if (!(await stat(place.folder).catch(() => undefined))) return false;
  await using _lock = await acquireLock(place.lockPath, { wait: false });
  try {
    await rm(place.folder, { recursive: true });
  } catch (error) {
    throw new ModelError(`${place.folder} cannot be removed: ${(error as Error).message}`, { cause: error });
  }
  return true;
}

async function readFolder(folder: string): Promise<CachedModel | undefined> {
  try {
    const record = recordSchema.parse(JSON.parse(await readFile(join(folder, RECORD), "utf8")));
    const path = join(folder, record.file);
    await stat(path);
    return {
      source: record.source,
      aliases: [...aliases].filter(([, alias]) => alias.source === record.source).map(([name]) => name),
      path,
      bytes: record.bytes,
      sha256: record.sha256,
    };
  } catch {
    return undefined;
  }
}

/** A readable name that every file system takes. */
function fileStem(source: RemoteSource): string {
  const path = source.kind === "hub" ? source.path : source.parts[0]!.path;
  const file = source.kind === "hub" ? basename(path) : `${source.parts[0]!.package}-${basename(path)}`;
  const stem = file.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9._-]+/g, "-");
  return stem.replace(/^[.-]+/, "").slice(0, 100) || "model";
}
