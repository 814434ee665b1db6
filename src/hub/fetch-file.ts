import type { PartialFile } from "../models/partial-file.js";
import type { ReportProgress } from "../models/progress.js";
import { TransientError } from "../models/retry.js";
import { callHub } from "./call-hub.js";
import { RangeIgnored } from "./checked-fetch.js";
import { encodePath } from "./endpoint.js";
import { designation, type HubTarget, missingFile } from "./explain-failure.js";

export interface FetchFileOptions {
  readonly signal?: AbortSignal | undefined;
  readonly report: ReportProgress;
  /** Bytes of the files that are to be fetched after this one; the disk must have room for all. */
  readonly laterBytes?: number | undefined;
}

/**
 * Fetches a file of the Hub into `partial`, from where it stopped if the Hub still has the same file.
 *
 * @param path of the file in the repository.
 * @returns the sha256 that the Hub declares for the file, which it does for every large file.
 * @throws `target.Failure`, ModelError of the disk, InterruptedError
 */
export async function fetchFile(
  target: HubTarget,
  path: string,
  partial: PartialFile,
  options: FetchFileOptions,
): Promise<{ declaredSha256: string | undefined }> {
  const { signal, report, laterBytes = 0 } = options;
  const { downloadFile, fileDownloadInfo } = await import("@huggingface/hub");
  const location = {
    repo: designation(target),
    path: encodePath(path),
    revision: target.revision,
    hubUrl: target.hubUrl,
    ...(target.token !== undefined && { accessToken: target.token }),
  };
  let declaredSha256: string | undefined;
  let ignoresRanges = false;

  const attempt = async (hubFetch: typeof fetch): Promise<void> => {
    const info = await fileDownloadInfo({ ...location, fetch: hubFetch });
    if (!info) throw missingFile(target);
    const etag = info.etag.replace(/^W\//, "").replaceAll('"', "");
    declaredSha256 = /^[0-9a-f]{64}$/.test(etag) ? etag : undefined;
    await partial.begin(`${etag} ${info.size}`, "bytes", report, signal);
    if (ignoresRanges) await partial.rollBack();
    await partial.requireSpace(info.size + laterBytes);
    report("download", partial.bytes, info.size);
    if (partial.bytes < info.size) {
      // Over Xet a file comes in pieces of other requests, which could not be continued where they stopped.
      const blob = await downloadFile({ ...location, fetch: hubFetch, downloadInfo: info, xet: false });
      if (!blob) throw missingFile(target);
      const rest = partial.bytes === 0 ? blob : blob.slice(partial.bytes);
      for await (const chunk of rest.stream() as AsyncIterable<Uint8Array>) {
        if (partial.bytes + chunk.length > info.size) {
          await partial.rollBack();
          throw new TransientError(`${target.what}: the Hub sent more bytes than it declared.`);
        }
        await partial.append(chunk);
        report("download", partial.bytes, info.size);
      }
    }
    if (partial.bytes < info.size) throw new Error("the connection was closed early");
  };

  await callHub(target, attempt, {
    signal,
    progress: () => partial.bytes,
    onFailure: (cause) => {
      if (cause instanceof RangeIgnored) ignoresRanges = true;
    },
  });
  return { declaredSha256 };
}
