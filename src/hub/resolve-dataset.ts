import { resolve } from "node:path";
import { HubError, ModelError, RecipeError } from "../errors.js";
import { modelHome, offlineVariable } from "../models/home.js";
import { type DownloadProgress, throttleProgress } from "../models/progress.js";
import { throwIfInterrupted } from "../models/retry.js";
import {
  type DataFile,
  isReadable,
  labelDataFiles,
  listed,
  READABLE,
  selectDataFiles,
} from "./data-files.js";
import { datasetCache } from "./dataset-cache.js";
import { DEFAULT_REVISION, parseDatasetSource } from "./dataset-source.js";
import { hubEndpoint, hubToken } from "./endpoint.js";
import { isUnreachable, repositoryPage } from "./explain-failure.js";
import { type DatasetContext, datasetTarget, fetchMissing } from "./fetch-dataset-files.js";
import { pathPattern } from "./path-pattern.js";
import { findCommit, listRepository, type RepositoryListing } from "./repository-listing.js";

export interface ResolveDatasetOptions {
  /** One split, such as `train`; needed if there are several. */
  readonly split?: string | undefined;
  /** One configuration; needed if there are several and the card names no default. */
  readonly config?: string | undefined;
  /** Folder of the cache; default `modelHome()`. */
  readonly home?: string | undefined;
  /** Use only what is in the cache; default is what `TILLER_OFFLINE` or `HF_HUB_OFFLINE` say. */
  readonly offline?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of all files together. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** A file of a data set on this machine. */
export interface DatasetFile {
  /** Absolute path, with the extension of `name`. */
  readonly path: string;
  /** Path in the repository. */
  readonly name: string;
  readonly split: string | undefined;
  readonly config: string | undefined;
}

export interface ResolvedDataset {
  /** `owner/name` */
  readonly repository: string;
  /** Full name of the commit that the files are of. */
  readonly revision: string;
  /** Parquet files; where there are none, JSONL, CSV or TSV files. */
  readonly files: readonly DatasetFile[];
  /** What the user should know of how the files were found, a sentence each. */
  readonly notes: readonly string[];
}

/** The branch on which the Hub keeps Parquet copies of data sets that have another form. */
const CONVERTED = "refs/convert/parquet";
const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Finds the files of a data set on the Hugging Face Hub, and fetches what the cache lacks. The files are those that
 * the repository's card names (`configs:`), else those that look like data, else the Hub's Parquet copies
 * (`refs/convert/parquet`). A branch is looked up each time; when the Hub cannot be reached, what it was last is used
 * and a note says so. A commit that is in the cache asks for no network. `HF_ENDPOINT` names another Hub, `HF_TOKEN`
 * holds a token.
 *
 * @param source `hf:datasets/OWNER/NAME[@REVISION][/PATH]`; PATH is a file, a folder or a pattern with `*`.
 * @throws RecipeError if the source is not well-formed, or several configurations or splits are there and none is
 *   named; HubError if something is missing, refused or damaged; StoreError, InterruptedError.
 */
export async function resolveDataset(
  source: string,
  options: ResolveDatasetOptions = {},
): Promise<ResolvedDataset> {
  const parsed = parseDatasetSource(source);
  throwIfInterrupted(options.signal);
  const home = resolve(options.home ?? modelHome());
  const variable = offlineVariable();
  const offline = options.offline ? "the network is not to be used" : `${variable} is set`;
  const context: DatasetContext = {
    source: parsed,
    text: source.trim(),
    hubUrl: hubEndpoint(),
    token: hubToken(HubError),
    home,
    cache: datasetCache(parsed.repository, home),
    offline: (options.offline ?? variable !== undefined) ? offline : undefined,
    signal: options.signal,
    report: throttleProgress(source.trim(), options.onProgress),
    notes: [],
  };
  try {
    const { listing, chosen } = await chooseFiles(options, context);
    const paths = await fetchMissing(listing, chosen, context);
    return {
      repository: parsed.repository,
      revision: listing.commit,
      files: chosen.map(({ path, split, config }, index) => ({
        path: paths[index]!,
        name: path,
        split,
        config,
      })),
      notes: context.notes,
    };
  } catch (error) {
    // The cache of models, whose parts do the fetching, speaks of the disk with a ModelError.
    if (error instanceof ModelError) throw new HubError(error.message, { cause: error });
    throw error;
  }
}

async function chooseFiles(
  wanted: Pick<ResolveDatasetOptions, "config" | "split">,
  context: DatasetContext,
): Promise<{ listing: RepositoryListing; chosen: DataFile[] }> {
  const { source, text } = context;
  const listing = await findListing(source.revision, context);
  // An empty file has no rows, and cannot be asked for in parts.
  const paths = listing.files.filter(({ size }) => size > 0).map(({ path }) => path);
  const defaultConfig = listing.configs.find(({ isDefault }) => isDefault)?.name;
  const choice = { config: wanted.config, split: wanted.split, defaultConfig };
  if (source.path !== undefined) {
    const inside = pathsInside(source.path, paths, text);
    const files = labelDataFiles(inside, listing.configs);
    if (inside.length === 1) return { listing, chosen: [{ ...files[0]!, path: inside[0]! }] };
    return { listing, chosen: selectDataFiles(text, files, choice) };
  }
  const files = labelDataFiles(paths, listing.configs);
  if (files.length > 0) return { listing, chosen: selectDataFiles(text, files, choice) };
  const page = repositoryPage({ ...context, kind: "dataset", repository: source.repository });
  const nothing = `${text} has no ${READABLE} files`;
  if (source.revision !== DEFAULT_REVISION)
    throw new HubError(`${nothing} at this revision. Look at ${page}.`);
  let converted: RepositoryListing;
  try {
    converted = await findListing(CONVERTED, context);
  } catch (error) {
    if (!(error instanceof HubError) || isUnreachable(error) || context.offline !== undefined) throw error;
    throw new HubError(
      `${nothing}, and the Hub has no Parquet copy of it (${CONVERTED}). Download it from ${page}, and write its texts as JSONL or CSV.`,
      { cause: error },
    );
  }
  context.notes.push(
    `${text} has no ${READABLE} files of its own; the Hub's Parquet copy (${CONVERTED}) is used.`,
  );
  const copies = labelDataFiles(
    converted.files.map(({ path }) => path),
    [],
  );
  if (copies.length === 0)
    throw new HubError(`${nothing}, and the Hub's Parquet copy is empty. Look at ${page}.`);
  const chosen = selectDataFiles(text, copies, choice);
  if (chosen.some(({ path }) => path.includes("/partial-"))) {
    context.notes.push(
      `The Hub has converted only the first part of ${text}: it is larger than the Hub converts.`,
    );
  }
  return { listing: converted, chosen };
}

/** The readable files that a source's path names: one file, a folder, or a pattern. */
function pathsInside(wanted: string, paths: readonly string[], text: string): string[] {
  const matches = pathPattern(wanted);
  const inside = paths.filter((path) => path === wanted || path.startsWith(`${wanted}/`) || matches(path));
  const readable = inside.filter(isReadable);
  if (readable.length > 0) return readable;
  if (inside.length > 0) {
    throw new RecipeError(`${text} names no ${READABLE} files but ${listed(inside)}. Name others.`);
  }
  throw new RecipeError(`${text} names no file. The data files are: ${listed(paths.filter(isReadable))}.`);
}

/** What the repository holds at a revision: asked of the Hub, or from the cache if it cannot be reached. */
async function findListing(revision: string, context: DatasetContext): Promise<RepositoryListing> {
  const { cache, signal, text, offline } = context;
  const known = COMMIT.test(revision)
    ? { commit: revision, at: undefined }
    : await cache.readBranch(revision);
  const kept = known && (await cache.readListing(known.commit));
  if (kept && known.at === undefined) return kept;
  if (offline !== undefined) {
    if (kept) return kept;
    throw new HubError(
      `${text} (${revision}) is not in the cache (${context.home}), and ${offline}. Fetch it once with the network on, or give the path of a file.`,
    );
  }
  const target = datasetTarget(`${text} (${revision})`, revision, context);
  // Who has something to fall back on need not wait long.
  const options = { signal, moreTries: kept ? 1 : undefined };
  let listing: RepositoryListing;
  try {
    const { commit } = await findCommit(target, options);
    listing = (await cache.readListing(commit)) ?? (await listRepository(target, commit, options));
  } catch (error) {
    if (!kept || !isUnreachable(error)) throw error;
    context.notes.push(
      `${text} is used as it was on ${known.at?.slice(0, 10)}, commit ${known.commit.slice(0, 7)}, because the Hub cannot be reached: ${(error as Error).message}`,
    );
    return kept;
  }
  // A home that may not be written serves as long as the Hub has nothing new.
  if (listing.commit !== kept?.commit) {
    await cache.writeListing(listing);
    if (!COMMIT.test(revision)) await cache.writeBranch(revision, listing.commit);
  }
  return listing;
}
