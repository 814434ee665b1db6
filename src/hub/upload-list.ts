import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { HubError } from "../errors.js";
import { contentSha256, gitBlobId } from "./content-id.js";
import type { RepositoryFile } from "./repository-listing.js";

/** A file of a folder that is to be like a repository. */
export interface LocalFile {
  /** Path in the repository: relative to the folder, with `/`. */
  readonly name: string;
  /** Path on this machine. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * The files of a folder and its folders, by name. What begins with a dot stays out, as the Hub's own files do.
 *
 * @throws HubError if the folder cannot be read, is empty, or has a link or another thing in it that is no file.
 */
export async function listFolder(folder: string): Promise<LocalFile[]> {
  const files: LocalFile[] = [];
  const visit = async (inner: string): Promise<void> => {
    for (const entry of await readdir(join(folder, inner), { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      const name = inner === "" ? entry.name : `${inner}/${entry.name}`;
      const path = join(folder, name);
      if (entry.isDirectory()) await visit(name);
      else if (entry.isFile()) files.push({ name, path, bytes: (await stat(path)).size });
      // Behind a link may be anything of this machine.
      else
        throw new HubError(
          `${path} is a link or a device. Only plain files are pushed: replace it by a copy.`,
        );
    }
  };
  try {
    await visit("");
  } catch (error) {
    if (error instanceof HubError) throw error;
    throw new HubError(`The folder ${folder} cannot be read: ${(error as Error).message}. Correct the path.`);
  }
  if (files.length === 0)
    throw new HubError(`The folder ${folder} has no files. Export a data set into it first.`);
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** True if the repository's file has the same content. @throws HubError if the file cannot be read. */
export async function isSameContent(local: LocalFile, remote: RepositoryFile | undefined): Promise<boolean> {
  if (!remote || remote.size !== local.bytes) return false;
  try {
    return remote.sha256 === undefined
      ? (await gitBlobId(local.path)) === remote.gitId
      : (await contentSha256(local.path)) === remote.sha256;
  } catch (error) {
    throw new HubError(
      `${local.path} cannot be read: ${(error as Error).message}. Check the file and its rights.`,
    );
  }
}
