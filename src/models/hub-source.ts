import { ModelError } from "../errors.js";
import type { PartialFile } from "./partial-file.js";
import type { ReportProgress } from "./progress.js";
import { errorCode, TransientError, throwIfInterrupted, withRetries } from "./retry.js";
import type { HubSource } from "./source.js";

const PUBLIC_HUB = "https://huggingface.co";

/** A refusal of the Hub, before it is put in words. */
class HubRefusal extends Error {
  readonly status: number;
  /** The Hub's `X-Error-Code`, such as `GatedRepo`. */
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;
  constructor(response: Response) {
    super(`HTTP status ${response.status}`);
    this.status = response.status;
    this.code = response.headers.get("x-error-code") ?? "";
    this.retryAfterSeconds = readRetryAfter(response.headers.get("retry-after"));
  }
}

/** The server sent the whole file where its rest was asked for. */
class RangeIgnored extends Error {}

/**
 * Fetches a file of the Hugging Face Hub into `partial`, from where it stopped if the Hub still has the same file.
 * `HF_ENDPOINT` names another Hub, `HF_TOKEN` holds a token.
 *
 * @returns the sha256 that the Hub declares for the file, which it does for every large file.
 * @throws ModelError, InterruptedError
 */
export async function fetchFromHub(
  source: HubSource,
  partial: PartialFile,
  options: { readonly signal?: AbortSignal | undefined; readonly report: ReportProgress },
): Promise<{ declaredSha256: string | undefined }> {
  const { signal, report } = options;
  const { downloadFile, fileDownloadInfo } = await import("@huggingface/hub");
  const hubUrl = (process.env.HF_ENDPOINT || PUBLIC_HUB).replace(/\/+$/, "");
  const location = {
    repo: { type: "model" as const, name: source.repository },
    // The library puts the path into a URL as it is.
    path: source.path.split("/").map(encodeURIComponent).join("/"),
    revision: source.revision,
    hubUrl,
    ...accessToken(),
  };
  let declaredSha256: string | undefined;
  let ignoresRanges = false;

  const attempt = async (): Promise<void> => {
    // Ends whatever body the library leaves unread, which would keep the process alive.
    const done = new AbortController();
    const anySignal = signal ? AbortSignal.any([signal, done.signal]) : done.signal;
    let failure: unknown;
    const hubFetch: typeof fetch = async (input, init) => {
      try {
        return await checkedFetch(input, { ...init, signal: anySignal }, hubUrl);
      } catch (error) {
        // The library's stream passes on no more than a message.
        failure = error;
        throw error;
      }
    };
    try {
      const info = await fileDownloadInfo({ ...location, fetch: hubFetch });
      if (!info) throw missingFile(source);
      const etag = info.etag.replace(/^W\//, "").replaceAll('"', "");
      declaredSha256 = /^[0-9a-f]{64}$/.test(etag) ? etag : undefined;
      await partial.begin(`${etag} ${info.size}`, "bytes", report, signal);
      if (ignoresRanges) await partial.rollBack();
      await partial.requireSpace(info.size);
      report("download", partial.bytes, info.size);
      if (partial.bytes < info.size) {
        const blob = await downloadFile({ ...location, fetch: hubFetch, downloadInfo: info, xet: false });
        if (!blob) throw missingFile(source);
        const rest = partial.bytes === 0 ? blob : blob.slice(partial.bytes);
        for await (const chunk of rest.stream() as AsyncIterable<Uint8Array>) {
          if (partial.bytes + chunk.length > info.size) {
            await partial.rollBack();
            throw new TransientError(`${describe(source)}: the Hub sent more bytes than it declared.`);
          }
          await partial.append(chunk);
          report("download", partial.bytes, info.size);
        }
      }
      if (partial.bytes < info.size) throw new Error("the connection was closed early");
    } catch (error) {
      throwIfInterrupted(signal);
      const cause = failure ?? error;
      if (cause instanceof RangeIgnored) {
        ignoresRanges = true;
        throw new TransientError(`${describe(source)}: the Hub cannot continue a download.`);
      }
      throw explain(cause, source, hubUrl);
    } finally {
      done.abort();
    }
  };

  await withRetries(attempt, { signal, progress: () => partial.bytes });
  return { declaredSha256 };
}

/** `fetch` that throws on a refusal, and keeps the token from other hosts. */
async function checkedFetch(
  input: Parameters<typeof fetch>[0],
  init: RequestInit,
  hubUrl: string,
): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input);
  const headers = new Headers(init.headers);
  if (url.origin !== new URL(hubUrl).origin) headers.delete("authorization");
  const response = await fetch(url, { ...init, headers });
  if (!response.ok) {
    await response.body?.cancel();
    throw new HubRefusal(response);
  }
  const start = /^bytes=(\d+)-/.exec(headers.get("range") ?? "")?.[1];
  if (start !== undefined && Number(start) > 0 && response.status !== 206) {
    await response.body?.cancel();
    throw new RangeIgnored();
  }
  return response;
}

function accessToken(): { accessToken?: string } {
  const token = process.env.HF_TOKEN?.trim();
  if (!token) return {};
  if (!token.startsWith("hf_")) {
    throw new ModelError("HF_TOKEN is no Hugging Face token: a token begins with hf_. Correct or unset it.");
  }
  return { accessToken: token };
}

function explain(error: unknown, source: HubSource, hubUrl: string): unknown {
  if (error instanceof HubRefusal) return explainRefusal(error, source, hubUrl);
  if (error instanceof ModelError || error instanceof TransientError) return error;
  if (!(error instanceof Error)) return new TransientError(`${describe(source)}: ${String(error)}`);
  const code = errorCode(error);
  const reason = rootMessage(error);
  if (error.name === "InvalidApiResponseFormatError" || /^Expected |^Invalid file size/.test(error.message)) {
    return new ModelError(
      `${describe(source)}: ${hubUrl} does not answer as the Hugging Face Hub does (${error.message}). Check HF_ENDPOINT and your proxy.`,
      { cause: error },
    );
  }
  const message = `${describe(source)} could not be fetched: ${reason}. Check the network and HF_ENDPOINT, and run again: the download continues where it stopped.`;
  // A name that does not exist, or a certificate that is not trusted, will not be better in a second.
  if (code === "ENOTFOUND" || code === "ERR_INVALID_URL" || /CERT|SELF_SIGNED|UNABLE_TO/.test(code ?? "")) {
    return new ModelError(message, { cause: error });
  }
  return new TransientError(message, { cause: error });
}

function explainRefusal(refusal: HubRefusal, source: HubSource, hubUrl: string): Error {
  const { status, code, retryAfterSeconds } = refusal;
  const what = describe(source);
  const hasToken = Boolean(process.env.HF_TOKEN?.trim());
  const page = `${hubUrl}/${source.repository}`;
  if (code === "GatedRepo" || (status === 403 && code === "")) {
    const token = hasToken
      ? "see that HF_TOKEN belongs to the same account and may read gated repositories"
      : "set HF_TOKEN to a token of the same account";
    return new ModelError(`${what} is gated (${status}): accept its licence at ${page}, and ${token}.`);
  }
  if (status === 401 || status === 403) {
    return new ModelError(
      hasToken
        ? `${what} is refused (${status}): HF_TOKEN is not valid, or its account may not read the repository. Check the token, and the repository's name.`
        : `${what} is refused (${status}): the repository does not exist, or is private or gated. Check its name at ${page}; for a private or gated one, get access and set HF_TOKEN.`,
    );
  }
  if (status === 404 && code === "RevisionNotFound") {
    return new ModelError(
      `${what}: the repository has no revision "${source.revision}". Look at its branches and tags at ${page}.`,
    );
  }
  if (status === 404 && code === "RepoNotFound") {
    return new ModelError(`${what}: there is no such repository. Check the name at ${page}.`);
  }
  if (status === 404) return missingFile(source);
  if (status === 429) {
    const wait = retryAfterSeconds === undefined ? "a few minutes" : `${retryAfterSeconds} seconds`;
    const advice = hasToken ? "" : ", or set HF_TOKEN, which raises the limit";
    return new TransientError(`${what}: the Hub asks to slow down (429). Run again in ${wait}${advice}.`, {
      retryAfterSeconds,
    });
  }
  if (status >= 500 || status === 408) {
    return new TransientError(
      `${what}: the Hub has trouble of its own (${status}). Run again later; the download continues where it stopped.`,
      { retryAfterSeconds },
    );
  }
  return new ModelError(`${what} could not be fetched: the Hub answered ${status}. Look at ${page}.`);
}

function missingFile(source: HubSource): ModelError {
  return new ModelError(
    `${describe(source)}: the repository has no such file (404). Look at its list of files, and mind upper and lower case.`,
  );
}

function describe(source: HubSource): string {
  return `${source.path} of ${source.repository} at ${source.revision}`;
}

function rootMessage(error: Error): string {
  let root = error;
  while (root.cause instanceof Error) root = root.cause;
  return root.message || errorCode(root) || root.name;
}

/** Seconds of a `Retry-After` header, which holds seconds or a date. */
function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}
