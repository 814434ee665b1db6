import { TillerError } from "../errors.js";
import { errorCode, TransientError } from "../models/retry.js";
import { HubRefusal, RangeIgnored } from "./checked-fetch.js";

/** What is asked of the Hub, and the words to speak of it with. */
export interface HubTarget {
  readonly kind: "model" | "dataset";
  /** Address of the Hub. */
  readonly hubUrl: string;
  readonly token: string | undefined;
  /** `owner/name` */
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** What a message begins with: `q4/model.gguf of owner/name at main`. */
  readonly what: string;
  /** What running again does: `the download continues where it stopped`. */
  readonly again: string;
  readonly Failure: new (message: string, options?: ErrorOptions) => TillerError;
  /** Says first what a refusal means. */
  readonly explain?: ((refusal: HubRefusal) => Error | undefined) | undefined;
}

/** The repository as the Hub's library names it. */
export function designation(target: HubTarget): { type: HubTarget["kind"]; name: string } {
  return { type: target.kind, name: target.repository };
}

/** The repository's page for people. */
export function repositoryPage(target: Pick<HubTarget, "hubUrl" | "kind" | "repository">): string {
  return `${target.hubUrl}/${target.kind === "model" ? "" : "datasets/"}${target.repository}`;
}

/** True if the Hub could not be reached or had trouble of its own, so that what is in the cache may stand in. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof TillerError)) return false;
  return error.cause instanceof TransientError || errorCode(error) !== undefined;
}

/** A failure of talking to the Hub in plain words: a `TransientError` if it may pass, else `target.Failure`. */
export function explainFailure(error: unknown, target: HubTarget): unknown {
  if (error instanceof TillerError || error instanceof TransientError) return error;
  const refusal = error instanceof HubRefusal ? error : refusalInAnswer(error);
  if (refusal) return target.explain?.(refusal) ?? explainRefusal(refusal, target);
  const { what, hubUrl, again, Failure } = target;
  if (error instanceof RangeIgnored)
    return new TransientError(`${what}: the Hub cannot continue a download.`);
  if (!(error instanceof Error)) return new TransientError(`${what}: ${String(error)}`);
  const isNoHub =
    error.name === "InvalidApiResponseFormatError" ||
    error instanceof SyntaxError ||
    /^Expected |^Invalid file size/.test(error.message);
  if (isNoHub) {
    return new Failure(
      `${what}: ${hubUrl} does not answer as the Hugging Face Hub does (${error.message}). Check HF_ENDPOINT and your proxy.`,
      { cause: error },
    );
  }
  const code = errorCode(error);
  const message = `${what} could not be reached: ${rootMessage(error)}. Check the network and HF_ENDPOINT, and run again: ${again}.`;
  // A name that does not exist, or a certificate that is not trusted, will not be better in a second.
  if (code === "ENOTFOUND" || code === "ERR_INVALID_URL" || /CERT|SELF_SIGNED|UNABLE_TO/.test(code ?? "")) {
    return new Failure(message, { cause: error });
  }
  return new TransientError(message, { cause: error });
}

function explainRefusal(refusal: HubRefusal, target: HubTarget): Error {
  const { status, hubCode, retryAfterSeconds } = refusal;
  const { what, revision, again, Failure } = target;
  const hasToken = target.token !== undefined;
  const page = repositoryPage(target);
  if (hubCode === "GatedRepo" || (status === 403 && hubCode === "")) {
    const token = hasToken
      ? "see that HF_TOKEN belongs to the same account and may read gated repositories"
      : "set HF_TOKEN to a token of the same account";
    return new Failure(`${what} is gated (${status}): accept its licence at ${page}, and ${token}.`);
  }
  if (status === 401 || status === 403) {
    return new Failure(
      hasToken
        ? `${what} is refused (${status}): HF_TOKEN is not valid, or its account may not read the repository. Check the token, and the repository's name.`
        : `${what} is refused (${status}): the repository does not exist, or is private or gated. Check its name at ${page}; for a private or gated one, get access and set HF_TOKEN.`,
    );
  }
  if (status === 404 && hubCode === "RevisionNotFound") {
    return new Failure(
      `${what}: the repository has no revision "${revision}". Look at its branches and tags at ${page}.`,
    );
  }
  if (status === 404 && hubCode === "RepoNotFound") {
    return new Failure(`${what}: there is no such repository. Check the name at ${page}.`);
  }
  if (status === 404) return missingFile(target);
  if (status === 429) {
    const wait = retryAfterSeconds === undefined ? "a few minutes" : `${retryAfterSeconds} seconds`;
    const advice = hasToken ? "" : ", or set HF_TOKEN, which raises the limit";
    return new TransientError(`${what}: the Hub asks to slow down (429). Run again in ${wait}${advice}.`, {
      retryAfterSeconds,
    });
  }
  if (status >= 500 || status === 408) {
    return new TransientError(
      `${what}: the Hub has trouble of its own (${status}). Run again later; ${again}.`,
      { retryAfterSeconds },
    );
  }
  const words = refusal.hubMessage === "" ? "" : ` (${refusal.hubMessage})`;
  return new Failure(`${what} could not be had: the Hub answered ${status}${words}. Look at ${page}.`);
}

/** A refusal of one file of many, which the Hub's library found in an answer that was not one itself. */
function refusalInAnswer(error: unknown): HubRefusal | undefined {
  if (!(error instanceof Error) || !("statusCode" in error) || typeof error.statusCode !== "number")
    return undefined;
  return new HubRefusal(error.statusCode, { hubMessage: error.message });
}

/** The Hub says that there is no such file. */
export function missingFile({ what, Failure }: HubTarget): TillerError {
  return new Failure(
    `${what}: the repository has no such file (404). Look at its list of files, and mind upper and lower case.`,
  );
}

function rootMessage(error: Error): string {
  let root = error;
  while (root.cause instanceof Error) root = root.cause;
  return root.message || errorCode(root) || root.name;
}
