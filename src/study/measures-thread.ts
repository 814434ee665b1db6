import { Worker } from "node:worker_threads";
import { InterruptedError } from "../errors.js";
import { type MeasureJob, type MeasureResult, measureTexts } from "./measures-of-texts.js";

/** Node runs the worker from a built file; from sources the jobs are done on the calling thread. */
const BUILT = import.meta.url.endsWith(".js");

/** A thread on which texts are measured, started with its first job, so that the caller's own goes on. */
export class MeasuresThread implements AsyncDisposable {
  #worker: Worker | undefined;

  /**
   * Does a job; one at a time.
   * @throws InterruptedError when the signal is aborted; the thread ends at once.
   */
  async run<Job extends MeasureJob>(job: Job, signal?: AbortSignal): Promise<MeasureResult<Job>> {
    if (signal?.aborted) throw stopped();
    if (!BUILT) return measureTexts(job);
    this.#worker ??= new Worker(new URL("./measures-worker.js", import.meta.url));
    const worker = this.#worker;
    const abort = () => void worker.terminate();
    signal?.addEventListener("abort", abort, { once: true });
    let settled = () => {};
    try {
      return await new Promise<MeasureResult<Job>>((resolve, reject) => {
        const ended = () => reject(signal?.aborted ? stopped() : new Error("The measuring thread ended."));
        worker.once("message", resolve).once("error", reject).once("exit", ended);
        settled = () => worker.off("message", resolve).off("error", reject).off("exit", ended);
        worker.postMessage(job);
      });
    } catch (error) {
      this.#worker = undefined;
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      settled();
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function stopped(): InterruptedError {
  return new InterruptedError("Measuring the texts was interrupted.");
}
