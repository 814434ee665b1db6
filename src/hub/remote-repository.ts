import { type CallOptions, callHub } from "./call-hub.js";
import { designation, type HubTarget } from "./explain-failure.js";
import { findCommit, listRepositoryFiles, type RepositoryFile } from "./repository-listing.js";

/** A data-set repository that is to be pushed to, as it is now. */
export interface RemoteRepository {
  readonly exists: boolean;
  readonly visibility: "private" | "public" | "unknown";
  /** Head of the branch. */
  readonly commit?: string;
  readonly files: readonly RepositoryFile[];
}

/** The Hub's answer says whether the repository is there. */
class RepositoryAnswer extends Error {}

/** What the Hub says of a repository. @throws HubError, InterruptedError */
export async function lookAtRepository(target: HubTarget, options: CallOptions): Promise<RemoteRepository> {
  try {
    const found = await findCommit(answeredBy(404, target), options);
    const files = await listRepositoryFiles(target, found.commit, options);
    return { exists: true, visibility: found.private ? "private" : "public", commit: found.commit, files };
  } catch (error) {
    if (error instanceof RepositoryAnswer) return { exists: false, visibility: "unknown", files: [] };
    throw error;
  }
}

/** Makes a data-set repository. One that is there by now, made by a try whose answer was lost, is no failure. */
export async function createRepository(
  target: HubTarget,
  visibility: "private" | "public",
  options: CallOptions,
): Promise<void> {
  const { createRepo } = await import("@huggingface/hub");
  const { hubUrl, token: accessToken = "" } = target;
  const create = (hubFetch: typeof fetch) =>
    createRepo({ repo: designation(target), visibility, hubUrl, accessToken, fetch: hubFetch });
  try {
    await callHub(answeredBy(409, target), create, options);
  } catch (error) {
    if (!(error instanceof RepositoryAnswer)) throw error;
  }
}

/** The target for a question to which a status is an answer and no failure. */
function answeredBy(status: number, target: HubTarget): HubTarget {
  return {
    ...target,
    explain: (refusal) => (refusal.status === status ? new RepositoryAnswer() : target.explain?.(refusal)),
  };
}
