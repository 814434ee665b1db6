import { throwIfInterrupted, withRetries } from "../models/retry.js";
import { checkedFetch } from "./checked-fetch.js";
import { explainFailure, type HubTarget } from "./explain-failure.js";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Grows with what is safe, so that tries are counted anew; default: never. */
  readonly progress?: (() => number) | undefined;
  /** More tries after a failure that may pass. */
  readonly moreTries?: number | undefined;
  /** Hears of each failure before it is put in words. */
  readonly onFailure?: ((cause: unknown) => void) | undefined;
}

/**
 * Does `work`, which speaks to the Hub with the `fetch` that it is given, again and again until it succeeds or fails
 * for good. A `Retry-After` of up to 30 s is waited for.
 *
 * @throws TillerError in plain words, InterruptedError
 */
export function callHub<Result>(
  target: HubTarget,
  work: (hubFetch: typeof fetch) => Promise<Result>,
  options: CallOptions = {},
): Promise<Result> {
  const { signal } = options;
  const attempt = async (): Promise<Result> => {
    // Ends whatever body the Hub's library leaves unread, which would keep the process alive.
    const done = new AbortController();
    let failure: unknown;
    const hubFetch: typeof fetch = async (input, init) => {
      const signals = [done.signal, signal, init?.signal].filter((one) => one instanceof AbortSignal);
      try {
        return await checkedFetch(input, { ...init, signal: AbortSignal.any(signals) }, target.hubUrl);
      } catch (error) {
        // The library's streams pass on no more than a message, and it ends the requests beside one that failed.
        if ((error as Error).name !== "AbortError") failure = error;
        throw error;
      }
    };
    try {
      return await work(hubFetch);
    } catch (error) {
      throwIfInterrupted(signal);
      const cause = failure ?? error;
      options.onFailure?.(cause);
      throw explainFailure(cause, target);
    } finally {
      done.abort();
    }
  };
  return withRetries(attempt, {
    signal,
    progress: options.progress ?? (() => 0),
    moreTries: options.moreTries,
  });
}
