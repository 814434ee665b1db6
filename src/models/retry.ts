import { setTimeout as sleep } from "node:timers/promises";
import { InterruptedError, ModelError } from "../errors.js";

/** A failure that may pass if the work is done again. Its message is meant for the user, once tries are used up. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  /** How long the server asks to wait. */
  readonly retryAfterSeconds: number | undefined;
  constructor(message: string, options: ErrorOptions & { retryAfterSeconds?: number | undefined } = {}) {
    super(message, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

const DELAYS_MS = [500, 1000, 2000, 4000];
/** A server that asks for more patience than this is not waited for. */
const LONGEST_WAIT_SECONDS = 30;

/**
 * Does `work` until it succeeds or fails for good: up to four more tries after a `TransientError`, counted anew
 * whenever `progress()` has grown, so that a long download outlives any number of dropped connections.
 *
 * @throws ModelError with the last `TransientError`'s message; InterruptedError; whatever else `work` throws.
 */
export async function withRetries<Result>(
  work: () => Promise<Result>,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly progress: () => number;
    /** More tries after one that reached nothing new; default and most 4. */
    readonly moreTries?: number | undefined;
  },
): Promise<Result> {
  const moreTries = options.moreTries ?? DELAYS_MS.length;
  let furthest = options.progress();
  for (let failures = 0; ; ) {
    throwIfInterrupted(options.signal);
    try {
      return await work();
    } catch (error) {
      throwIfInterrupted(options.signal);
      if (!(error instanceof TransientError)) throw error;
      const reached = options.progress();
      failures = reached > furthest ? 1 : failures + 1;
      furthest = Math.max(furthest, reached);
      const asked = error.retryAfterSeconds;
      if (failures > moreTries || (asked !== undefined && asked > LONGEST_WAIT_SECONDS)) {
        throw new ModelError(error.message, { cause: error });
      }
      const delay = asked === undefined ? DELAYS_MS[failures - 1] : asked * 1000;
      // An abort ends the sleep; the check at the loop's head then says so in our words.
      await sleep(delay, undefined, { signal: options.signal }).catch(() => {});
    }
  }
}

/** @throws InterruptedError if the signal is aborted. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new InterruptedError("Fetching was interrupted. Run again to continue where it stopped.");
  }
}

/** The system's or library's code of an error or of what caused it, such as `ECONNRESET`. */
export function errorCode(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (typeof code === "string") return code;
  }
  return undefined;
}
