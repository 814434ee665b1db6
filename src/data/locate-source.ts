import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { RecipeError } from "../errors.js";
import type { ResolveDatasetOptions, ResolvedDataset } from "../hub/resolve-dataset.js";
import type { DownloadProgress } from "../models/progress.js";
import type { DataOptions, DataSource } from "../recipe/data-source-schema.js";
import { sourceName } from "../recipe/data-source-schema.js";
import { isHubSource } from "./endings.js";
import { unreadable } from "./unreadable.js";

/** Fetches a data set of the Hub, or finds it in the cache. */
export type ResolveDataset = (
  source: string,
  options?: ResolveDatasetOptions,
) => Promise<Pick<ResolvedDataset, "repository" | "revision" | "files" | "notes">>;

/** What reading a source may use. */
export interface DataAccess {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** In place of the Hub, for tests. */
  readonly resolveDataset?: ResolveDataset | undefined;
}

/** Where a source's bytes are. */
export type LocatedSource =
  | { readonly kind: "folder"; readonly folder: string }
  | {
      readonly kind: "files";
      /** With the name for messages, and the name by which a file counts in a hash. */
      readonly files: readonly { readonly path: string; readonly name: string; readonly part: string }[];
      /** What is to be known of a data set of the Hub; undefined for a file. */
      readonly notes?: readonly string[];
    };

/** The name of a source with paths absolute: local ones are relative to `directory`. */
export function absoluteSource(data: DataSource, directory: string): DataSource {
  const name = sourceName(data);
  const source = isHubSource(name) ? name : resolve(directory, name);
  return typeof data === "string" ? source : { ...data, source };
}

/**
 * Finds a source's files; those of a data set of the Hub are fetched.
 *
 * @param source `hf:datasets/OWNER/NAME[@REVISION][/PATH]`, or the path of a file or folder
 * @throws RecipeError: there is no such file, or it is not clear which split or configuration is meant; HubError
 */
export async function locateSource(
  source: string,
  { split, config }: Pick<DataOptions, "split" | "config">,
  access: DataAccess = {},
): Promise<LocatedSource> {
  if (isHubSource(source)) return locateDataset(source, { split, config }, access);
  if (split !== undefined || config !== undefined) {
    const key = split === undefined ? "config" : "split";
    throw new RecipeError(`${source}: ${key} is for hf: data sets; a file is its own. Leave ${key} out.`);
  }
  const status = await stat(source).catch((error: unknown) => {
    throw unreadable(source, error);
  });
  if (status.isDirectory()) return { kind: "folder", folder: source };
  if (!status.isFile()) throw new RecipeError(`${source}: is a device or a pipe. Give a file or a folder.`);
  return { kind: "files", files: [{ path: source, name: source, part: "" }] };
}

async function locateDataset(
  source: string,
  chosen: { readonly split: string | undefined; readonly config: string | undefined },
  { signal, onProgress, resolveDataset }: DataAccess,
): Promise<LocatedSource> {
  const resolve = resolveDataset ?? (await hubResolver());
  const { repository, revision, files, notes } = await resolve(source, { signal, onProgress, ...chosen });
  return {
    kind: "files",
    notes: [`the revision is ${revision}.`, ...notes],
    files: files.map(({ path, name }) => ({
      path,
      name: `hf:datasets/${repository}/${name}`,
      part: name,
    })),
  };
}

/** A resolver that asks for each data set once, so that one revision serves all who read it. */
export function askingOnce(resolve?: ResolveDataset): ResolveDataset {
  const asked = new Map<string, ReturnType<ResolveDataset>>();
  const ask: ResolveDataset = async (source, options) => (resolve ?? (await hubResolver()))(source, options);
  return (source, options = {}) => {
    const key = JSON.stringify([source, options.split, options.config]);
    const known = asked.get(key) ?? ask(source, options);
    asked.set(key, known);
    return known;
  };
}

async function hubResolver(): Promise<ResolveDataset> {
  // What calls the Hub is loaded where a source is there, and only there.
  const { resolveDataset } = await import("../hub/resolve-dataset.js");
  return resolveDataset;
}
