import { HubError } from "../errors.js";
import { type CallOptions, callHub } from "./call-hub.js";
import { type CardConfig, readCardConfigs } from "./dataset-card.js";
import { designation, type HubTarget } from "./explain-failure.js";

/** A file as the Hub lists it. */
export interface RepositoryFile {
  readonly path: string;
  readonly size: number;
  /** Git's name of the content, or of the pointer if the file is stored with Git LFS. */
  readonly gitId: string;
  /** Hex sha256 of a file that is stored with Git LFS. */
  readonly sha256?: string | undefined;
}

/** A data-set repository at a commit. */
export interface RepositoryListing {
  /** Full name of the commit. */
  readonly commit: string;
  readonly files: readonly RepositoryFile[];
  readonly configs: readonly CardConfig[];
}

const CARD = "README.md";
const MOST_FILES = 100_000;
const LARGEST_CARD = 10_000_000;
const GIT_ID = /^[0-9a-f]{40}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** The commit that `target.revision` stands for, and whether the repository is private. @throws HubError */
export async function findCommit(
  target: HubTarget,
  options: CallOptions,
): Promise<{ commit: string; private: boolean }> {
  const { datasetInfo } = await import("@huggingface/hub");
  const { sha, private: isPrivate } = await callHub(
    target,
    (hubFetch) =>
      datasetInfo({ name: target.repository, additionalFields: ["sha"], ...call(target, hubFetch) }),
    options,
  );
  if (!GIT_ID.test(sha ?? "")) throw noHub(target, "no commit");
  return { commit: sha!, private: isPrivate === true };
}

/** All files of the repository at a commit. @throws HubError */
export async function listRepositoryFiles(
  target: HubTarget,
  commit: string,
  options: CallOptions,
): Promise<RepositoryFile[]> {
  const { listFiles } = await import("@huggingface/hub");
  return callHub(
    target,
    async (hubFetch) => {
      const files: RepositoryFile[] = [];
      const entries = listFiles({
        ...call(target, hubFetch),
        repo: designation(target),
        revision: commit,
        recursive: true,
      });
      for await (const { type, path, size, oid, lfs } of entries) {
        if (type !== "file") continue;
        const bytes = lfs?.size ?? size;
        const isListed = typeof path === "string" && Number.isSafeInteger(bytes) && bytes >= 0;
        if (!isListed || !GIT_ID.test(oid ?? "") || (lfs && !SHA256.test(lfs.oid))) {
          throw noHub(target, "a file without its size or sum");
        }
        files.push({ path, size: bytes, gitId: oid!, ...(lfs && { sha256: lfs.oid }) });
        if (files.length > MOST_FILES) {
          throw new HubError(
            `${target.what} has more than ${MOST_FILES} files, which is too many to look through.`,
          );
        }
      }
      return files;
    },
    options,
  );
}

/** The repository's files at a commit, with what its card says of them. @throws HubError */
export async function listRepository(
  target: HubTarget,
  commit: string,
  options: CallOptions,
): Promise<RepositoryListing> {
  const files = await listRepositoryFiles(target, commit, options);
  const card = files.find(({ path }) => path === CARD);
  if (!card || card.size > LARGEST_CARD) return { commit, files, configs: [] };
  const url = `${target.hubUrl}/datasets/${target.repository}/resolve/${commit}/${CARD}`;
  const headers: Record<string, string> = target.token ? { authorization: `Bearer ${target.token}` } : {};
  const text = await callHub(target, async (hubFetch) => (await hubFetch(url, { headers })).text(), options);
  return { commit, files, configs: readCardConfigs(text) };
}

function call(target: HubTarget, hubFetch: typeof fetch) {
  return {
    hubUrl: target.hubUrl,
    revision: target.revision,
    fetch: hubFetch,
    ...(target.token !== undefined && { accessToken: target.token }),
  };
}

function noHub({ what, hubUrl }: HubTarget, reason: string): HubError {
  return new HubError(
    `${what}: ${hubUrl} does not answer as the Hugging Face Hub does (${reason}). Check HF_ENDPOINT and your proxy.`,
  );
}
