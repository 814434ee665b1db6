import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { z } from "zod";
import { explainDiskError } from "../models/disk-error.js";
import { fileName } from "../store/file-name.js";
import { writeFileAtomic } from "../store/write-file.js";
import type { RepositoryFile, RepositoryListing } from "./repository-listing.js";

const gitIdSchema = z.string().regex(/^[0-9a-f]{40}$/);
const branchSchema = z.object({ format: z.literal(1), commit: gitIdSchema, at: z.iso.datetime() });
const listingSchema = z.object({
  format: z.literal(1),
  commit: gitIdSchema,
  files: z.array(
    z.object({
      path: z.string(),
      size: z.int().nonnegative(),
      gitId: gitIdSchema,
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional(),
    }),
  ),
  configs: z.array(
    z.object({
      name: z.string(),
      isDefault: z.boolean(),
      splits: z.array(z.object({ split: z.string(), patterns: z.array(z.string()) })),
    }),
  ),
});

/** What a branch stood for when the Hub was last asked. */
export type KnownBranch = Pick<z.output<typeof branchSchema>, "commit" | "at">;

/**
 * A data-set repository in the cache: `branches/` with the commit of each branch, `listings/` with the files of each
 * commit, `files/` with contents that were fetched, named by what they contain.
 */
export interface DatasetCache {
  readonly lockPath: string;
  readBranch(revision: string): Promise<KnownBranch | undefined>;
  writeBranch(revision: string, commit: string): Promise<void>;
  readListing(commit: string): Promise<RepositoryListing | undefined>;
  writeListing(listing: RepositoryListing): Promise<void>;
  /** Where a file's content is, or is to be. A path in a repository is a stranger's text and is no part of it. */
  filePath(file: RepositoryFile): string;
}

/** The place of a data-set repository (`owner/name`) in the cache. It need not exist. */
export function datasetCache(repository: string, home: string): DatasetCache {
  // Case counts here, and does not on every disk.
  const key = createHash("sha256").update(repository).digest("hex").slice(0, 16);
  const folder = join(home, "datasets", `${repository.replace("/", "--")}-${key}`);
  const branchPath = (revision: string) => join(folder, "branches", `${fileName(revision)}.json`);
  const listingPath = (commit: string) => join(folder, "listings", `${commit}.json`);
  return {
    lockPath: `${folder}.lock`,
    readBranch: (revision) => readJson(branchPath(revision), branchSchema),
    writeBranch: (revision, commit) =>
      writeJson(branchPath(revision), { format: 1, commit, at: new Date().toISOString() }),
    readListing: (commit) => readJson(listingPath(commit), listingSchema),
    writeListing: (listing) => writeJson(listingPath(listing.commit), { format: 1, ...listing }),
    filePath({ path, sha256, gitId }) {
      const extension = extname(path)
        .toLowerCase()
        .replace(/[^a-z0-9.]/g, "");
      return join(folder, "files", `${sha256 ?? gitId}${extension}`);
    },
  };
}

async function readJson<Value>(path: string, schema: z.ZodType<Value>): Promise<Value | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    // What is missing or damaged is asked of the Hub again.
    return undefined;
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch((error) => {
    throw explainDiskError(error, path);
  });
  await writeFileAtomic(path, `${JSON.stringify(value)}\n`);
}
