import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { HubError, InterruptedError, ModelError, RecipeError } from "../errors.js";
import { offlineVariable } from "../models/home.js";
import { throwIfInterrupted } from "../models/retry.js";
import { callHub } from "./call-hub.js";
import { isReadable, listed } from "./data-files.js";
import { DEFAULT_REVISION, isRepositoryName } from "./dataset-source.js";
import { hubEndpoint, hubToken } from "./endpoint.js";
import { designation, type HubTarget, repositoryPage } from "./explain-failure.js";
import { explainPushRefusal } from "./explain-push.js";
import { createRepository, lookAtRepository, type RemoteRepository } from "./remote-repository.js";
import { isSameContent, type LocalFile, listFolder } from "./upload-list.js";

export interface PushOptions {
  /** `owner/name` of a data-set repository; it is made if it is not there. */
  readonly repository: string;
  /** Default true. False is needed to push to a repository that everyone can read. */
  readonly private?: boolean | undefined;
  /** Default: `HF_TOKEN`. */
  readonly token?: string | undefined;
  /** Say what would be done, and only ask the Hub. */
  readonly dryRun?: boolean | undefined;
  /** Also remove the repository's files that are not in the folder. */
  readonly prune?: boolean | undefined;
  /** First line of the commit's message. */
  readonly commitMessage?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are on the Hub, of those that were to be uploaded. */
  readonly onProgress?: ((uploadedBytes: number, totalBytes: number) => void) | undefined;
}

export interface PushedFile {
  /** Path in the repository. */
  readonly name: string;
  readonly bytes: number;
  /** False if the repository had the same content already. */
  readonly uploaded: boolean;
}

/** What a push did, or with `dryRun` would do. */
export interface PushReport {
  readonly repository: string;
  /** The repository's page. */
  readonly url: string;
  readonly dryRun: boolean;
  /** `unknown` only in a dry run that could not ask the Hub. */
  readonly visibility: "private" | "public" | "unknown";
  /** True if the repository was not there before. */
  readonly created: boolean;
  readonly files: readonly PushedFile[];
  readonly uploadedBytes: number;
  /** Files of the repository that the folder has not, and that were taken out. */
  readonly removed: readonly string[];
  /** Files of the repository that the folder has not, and that stay. */
  readonly left: readonly string[];
  /** Full name of the new commit; undefined in a dry run, or if nothing differed. */
  readonly commit: string | undefined;
  /** What the user should know, a sentence each. */
  readonly notes: readonly string[];
}

/** What is to be done to a repository. */
interface Plan {
  readonly files: readonly (LocalFile & { readonly uploaded: boolean })[];
  readonly removed: readonly string[];
  readonly left: readonly string[];
}

/** The Hub makes it, and a folder need not have it. */
const HUB_FILE = ".gitattributes";

/**
 * Uploads a folder to a data-set repository on the Hugging Face Hub in one commit: the files that differ, and no
 * others. A push that ended half-way is repeated by the same call; what has arrived is not sent again. `HF_ENDPOINT`
 * names another Hub.
 *
 * @throws RecipeError if the name is none, or everyone can read the repository and `private` is not false; HubError
 *   if there is no token, or the Hub refuses or cannot be reached; InterruptedError.
 */
export async function pushDataset(folder: string, options: PushOptions): Promise<PushReport> {
  const { repository, dryRun = false, signal } = options;
  if (!isRepositoryName(repository)) {
    throw new RecipeError(`"${repository}" is no repository. Write OWNER/NAME, such as jane/reviews-sw.`);
  }
  const offline = offlineVariable();
  if (offline !== undefined) {
    throw new HubError(`Nothing can be pushed while ${offline} is set. Unset it, and run again.`);
  }
  const files = await listFolder(resolve(folder));
  if (files.some(({ name }) => basename(name) === "run.json")) {
    throw new RecipeError(
      `${folder} has a run folder in it. Export its data set first, and push the export.`,
    );
  }
  const target = pushTarget(repository, options);
  if (target.token === undefined && !dryRun) {
    throw new HubError(
      `A push needs a token: make one that may write at ${target.hubUrl}/settings/tokens, and set HF_TOKEN to it.`,
    );
  }
  try {
    return dryRun ? await rehearse(files, target, options) : await push(files, target, options);
  } catch (error) {
    if (signal?.aborted) {
      throw new InterruptedError("The push was interrupted. Run again: what has arrived is not sent again.");
    }
    // Tries that are used up end with the error of the cache of models.
    if (error instanceof ModelError) throw new HubError(error.message, { cause: error });
    throw error;
  }
}

function pushTarget(repository: string, { token }: PushOptions): HubTarget {
  const hubUrl = hubEndpoint();
  return {
    kind: "dataset",
    hubUrl,
    token: hubToken(HubError, token),
    repository,
    revision: DEFAULT_REVISION,
    what: `The push to ${repository}`,
    again: "what has arrived is not sent again",
    Failure: HubError,
    explain: (refusal) => explainPushRefusal(refusal, repository, hubUrl),
  };
}

async function push(
  files: readonly LocalFile[],
  target: HubTarget,
  options: PushOptions,
): Promise<PushReport> {
  const { signal, onProgress } = options;
  const isPublicAsked = options.private === false;
  let created = false;
  let sentBytes = 0;
  let tried: Plan | undefined;
  // Each try begins with a look at the repository: the answer to a commit may have been lost, and not the commit.
  const attempt = async (hubFetch: typeof fetch): Promise<PushReport> => {
    let remote = await lookAtRepository(target, { signal });
    if (!remote.exists) {
      await createRepository(target, options.private === false ? "public" : "private", { signal });
      created = true;
      remote = await lookAtRepository(target, { signal });
    }
    requireVisibility(remote, target, options);
    const plan = await comparePlan(files, remote, options);
    const { total, uploads } = uploadsOf(plan);
    if (uploads.length + plan.removed.length === 0) {
      // If an earlier try sent a commit, this is what it led to.
      const done = { isPublicAsked, created, commit: tried && remote.commit };
      return report(tried ?? plan, remote, target, done);
    }
    tried = plan;
    const { commitIter } = await import("@huggingface/hub");
    const events = commitIter({
      repo: designation(target),
      hubUrl: target.hubUrl,
      ...(target.token !== undefined && { accessToken: target.token }),
      title: options.commitMessage || `Upload ${uploads.length} files with tiller`,
      operations: [
        ...uploads.map(({ name, path }) => {
          return { operation: "addOrUpdate" as const, path: name, content: pathToFileURL(path) };
        }),
        ...plan.removed.map((path) => ({ operation: "delete" as const, path })),
      ],
      ...(remote.commit !== undefined && { parentCommit: remote.commit }),
      fetch: hubFetch,
      ...(signal && { abortSignal: signal }),
      // Xet's hosts want a token of their own, and its uploads cannot be interrupted.
      useXet: false,
    });
    const arrived = new Map<string, number>();
    const bytesOf = new Map(uploads.map(({ name, bytes }) => [name, bytes]));
    onProgress?.(0, total);
    for (;;) {
      const { done, value } = await events.next();
      if (done) {
        onProgress?.(total, total);
        return report(plan, remote, target, { isPublicAsked, created, commit: value?.commit.oid });
      }
      if (value.event !== "fileProgress" || value.state !== "uploading") continue;
      arrived.set(value.path, value.progress * (bytesOf.get(value.path) ?? 0));
      const bytes = Math.round([...arrived.values()].reduce((sum, part) => sum + part, 0));
      sentBytes = Math.max(sentBytes, bytes);
      onProgress?.(bytes, total);
    }
  };
  return callHub(target, attempt, { signal, progress: () => sentBytes });
}

/** Says what a push would do, and only asks. */
async function rehearse(
  files: readonly LocalFile[],
  target: HubTarget,
  options: PushOptions,
): Promise<PushReport> {
  const notes: string[] = [];
  let remote: RemoteRepository = { exists: true, visibility: "unknown", files: [] };
  try {
    remote = await lookAtRepository(target, { signal: options.signal, moreTries: 1 });
  } catch (error) {
    throwIfInterrupted(options.signal);
    notes.push(
      `The repository could not be asked for, so that all files count as new: ${(error as Error).message}`,
    );
  }
  if (target.token === undefined) notes.push("There is no token. A push needs one in HF_TOKEN.");
  requireVisibility(remote, target, options);
  const created = !remote.exists;
  const visibility = created ? (options.private === false ? "public" : "private") : remote.visibility;
  const plan = await comparePlan(files, remote, options);
  return report(plan, { ...remote, visibility }, target, {
    isPublicAsked: options.private === false,
    created,
    dryRun: true,
    notes,
  });
}

function requireVisibility(remote: RemoteRepository, target: HubTarget, options: PushOptions): void {
  if (remote.visibility !== "public" || options.private === false) return;
  throw new RecipeError(
    `${target.repository} is public: everyone could read what is pushed. Ask for a public push, or push to a name of its own, or make the repository private at ${repositoryPage(target)}/settings.`,
  );
}

async function comparePlan(
  files: readonly LocalFile[],
  remote: RemoteRepository,
  options: PushOptions,
): Promise<Plan> {
  const remoteFiles = new Map(remote.files.map((file) => [file.path, file]));
  const compared: Plan["files"][number][] = [];
  for (const file of files) {
    throwIfInterrupted(options.signal);
    compared.push({ ...file, uploaded: !(await isSameContent(file, remoteFiles.get(file.name))) });
  }
  const names = new Set(files.map(({ name }) => name));
  const others = [...remoteFiles.keys()].filter((path) => path !== HUB_FILE && !names.has(path));
  return options.prune
    ? { files: compared, removed: others, left: [] }
    : { files: compared, removed: [], left: others };
}

function uploadsOf({ files }: Plan): { uploads: readonly LocalFile[]; total: number } {
  const uploads = files.filter(({ uploaded }) => uploaded);
  return { uploads, total: uploads.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function report(
  plan: Plan,
  remote: RemoteRepository,
  target: HubTarget,
  rest: {
    isPublicAsked: boolean;
    created: boolean;
    commit?: string | undefined;
    dryRun?: boolean;
    notes?: readonly string[];
  },
): PushReport {
  const notes = [...(rest.notes ?? [])];
  const rows = plan.left.filter(isReadable);
  if (rows.length > 0) {
    notes.push(
      `The repository has data files that are not in the folder, and who loads it will read them too: ${listed(rows)}. Prune to remove them.`,
    );
  }
  if (rest.isPublicAsked && remote.visibility === "private") {
    notes.push(
      `The repository is private and stays so; make it public at ${repositoryPage(target)}/settings.`,
    );
  }
  return {
    repository: target.repository,
    url: repositoryPage(target),
    dryRun: rest.dryRun ?? false,
    visibility: remote.visibility,
    created: rest.created,
    files: plan.files.map(({ name, bytes, uploaded }) => ({ name, bytes, uploaded })),
    uploadedBytes: uploadsOf(plan).total,
    removed: plan.removed,
    left: plan.left,
    commit: rest.commit,
    notes,
  };
}
