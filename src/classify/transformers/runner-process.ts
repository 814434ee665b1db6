import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { LogTail } from "../../engine/llama/log-tail.js";
import { EngineError, InterruptedError } from "../../errors.js";
import { offlineVariable } from "../../models/home.js";
import { runnerFailure } from "./runner-failure.js";
import type { EpochReply, FailedReply, ReadyReply, RunnerReply, RunnerRequest } from "./runner-protocol.js";

/** The Python program; it lies beside this module, built or not. */
export const RUNNER_FILE = fileURLToPath(new URL("./runner.py", import.meta.url));

/** The runner says every 5 seconds that it lives. Reading a large model from a slow disk may hold it up. */
const SILENCE_MS = 300_000;

export interface RunnerOptions {
  /** Python interpreter that has the packages. */
  readonly python: string;
  /** Program that it runs. Default `runner.py` of this folder. */
  readonly program?: string | undefined;
  /** Name of the model, for messages. */
  readonly model: string;
  /** Milliseconds without a word after which the runner counts as hung. Default 5 minutes. */
  readonly silence?: number | undefined;
}

type Answer<R extends RunnerRequest> = Extract<
  RunnerReply,
  { event: R extends { op: "prepare" } ? "prepared" : R extends { op: "train" } ? "trained" : "classified" }
>;

/** The Python process that fine-tunes. It ends with this one. One request at a time; whoever makes it closes it. */
export class RunnerProcess implements AsyncDisposable {
  /** Resolves when the libraries are loaded. */
  readonly ready: Promise<ReadyReply>;
  readonly #child: ChildProcess;
  readonly #log = new LogTail();
  readonly #model: string;
  readonly #ended: Promise<string>;
  readonly #silence: number;
  #reply: (reply: RunnerReply) => void = () => {};
  #fail: (error: Error) => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  constructor({ python, program = RUNNER_FILE, model, silence = SILENCE_MS }: RunnerOptions) {
    this.#model = model;
    this.#silence = silence;
    this.#child = spawn(python, ["-X", "utf8", "-u", program], {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        // Without it cuBLAS does not promise the same sums twice.
        CUBLAS_WORKSPACE_CONFIG: ":4096:8",
        HF_HUB_DISABLE_PROGRESS_BARS: "1",
        HF_HUB_DISABLE_TELEMETRY: "1",
        TOKENIZERS_PARALLELISM: "false",
        ...(offlineVariable() === undefined ? {} : { HF_HUB_OFFLINE: "1" }),
      },
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (chunk: string) => this.#log.add(chunk));
    // What is written to a process that has ended is lost; its end is reported elsewhere.
    this.#child.stdin?.on("error", () => {});
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.#read(line));
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => resolve(signal ?? `code ${code}`));
      this.#child.once("error", (error) => {
        if (this.#child.pid === undefined) resolve(error.message);
      });
    });
    this.ready = this.#answer("ready") as Promise<ReadyReply>;
    // Whoever asks first gets the error.
    this.ready.catch(() => {});
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @param onEpoch is told of each epoch of a training
   * @throws ModelError for a model that cannot be fine-tuned, EngineError when the process fails or ends,
   *   InterruptedError at once when the signal aborts; the process ends then
   */
  async call<R extends RunnerRequest>(
    request: R,
    options: {
      readonly signal?: AbortSignal | undefined;
      readonly onEpoch?: ((epoch: EpochReply) => void) | undefined;
    } = {},
  ): Promise<Answer<R>> {
    const { signal, onEpoch } = options;
    const stop = () => this.#child.kill("SIGKILL");
    if (signal?.aborted) throw new InterruptedError("Stopped before it began.");
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await this.ready;
      const wanted = { prepare: "prepared", train: "trained", classify: "classified" }[request.op];
      const answer = this.#answer(wanted as Answer<R>["event"], onEpoch);
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
      return (await answer) as Answer<R>;
    } catch (error) {
      throw signal?.aborted ? new InterruptedError("Stopped.") : error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #answer(wanted: RunnerReply["event"], onEpoch?: (epoch: EpochReply) => void): Promise<RunnerReply> {
    const answered = new Promise<RunnerReply>((resolve, reject) => {
      this.#fail = reject;
      this.#reply = (reply) => {
        this.#watch();
        if (reply.event === "epoch") onEpoch?.(reply);
        else if (reply.event === wanted || reply.event === "failed") resolve(reply);
        else if (reply.event !== "alive") reject(this.#nonsense(JSON.stringify(reply)));
      };
    });
    this.#hold(true);
    this.#watch();
    try {
      const reply = await Promise.race([answered, this.#ended]);
      if (typeof reply === "string") throw this.#died(reply);
      if (reply.event === "failed") throw this.#failure(reply);
      return reply;
    } finally {
      clearTimeout(this.#timer);
      this.#fail = () => {};
      this.#reply = () => {};
      this.#hold(false);
    }
  }

  #read(line: string): void {
    let reply: unknown;
    try {
      reply = JSON.parse(line);
    } catch {
      // Told below.
    }
    if (typeof reply === "object" && reply !== null && "event" in reply) this.#reply(reply as RunnerReply);
    else this.#fail(this.#nonsense(line));
  }

  /** While it has nothing to do, the child does not keep this process from ending. */
  #hold(busy: boolean): void {
    const parts = [this.#child, ...this.#child.stdio] as ({ ref?(): void; unref?(): void } | null)[];
    for (const part of parts) busy ? part?.ref?.() : part?.unref?.();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#child.kill("SIGKILL");
      this.#fail(
        this.#error(
          `The Python process that fine-tunes ${this.#model} has said nothing for ${Math.round(this.#silence / 1000)} s and was ended. The machine may be short of memory: take a smaller model, batchSize or maxLength.`,
        ),
      );
    }, this.#silence);
  }

  #died(how: string): EngineError {
    const memory =
      how === "SIGKILL" || how === "code 137" || how === "code 3221225495"
        ? " Most likely memory ran out: take a smaller model, batchSize or maxLength, or close other programs."
        : "";
    return this.#error(`The Python process that fine-tunes ${this.#model} ended (${how}).${memory}`);
  }

  #nonsense(line: string): EngineError {
    this.#child.kill("SIGKILL");
    return this.#error(
      `The Python process that fine-tunes ${this.#model} answered what Tiller does not understand: ${line.slice(0, 200)}`,
    );
  }

  #failure(reply: FailedReply): Error {
    const error = runnerFailure(reply, this.#model);
    return error ?? this.#error(`Fine-tuning ${this.#model} failed: ${reply.message}`);
  }

  #error(message: string): EngineError {
    const log = this.#log.lines();
    const tail = log.slice(-4);
    const said = tail.length === 0 ? "" : `\nPython said:\n  ${tail.join("\n  ")}`;
    return new EngineError(message + said, { log, crashed: true });
  }
}
