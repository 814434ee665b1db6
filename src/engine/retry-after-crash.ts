import { EngineError } from "../errors.js";

/** Work is tried this often when the native engine crashes under it. */
const ATTEMPTS = 3;

/**
 * Does work on an engine, and does it again from its beginning when the native engine crashed: the engine starts
 * itself again with the next call. `doing` is a plain phrase for the message, such as "reading the texts".
 *
 * @throws EngineError when the engine crashes on every attempt; whatever else the work throws
 */
export async function retryAfterCrash<T>(doing: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EngineError && error.crashed)) throw error;
      if (attempt < ATTEMPTS) continue;
      throw new EngineError(
        `The engine crashed ${ATTEMPTS} times while ${doing}. What was written before is kept. ${error.message}`,
        { cause: error, log: error.log, crashed: true },
      );
    }
  }
}
