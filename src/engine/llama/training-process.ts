import { EngineError, InterruptedError, ModelError, RecipeError } from "../../errors.js";
import { type NativeChild, startNativeChild, withLog } from "./native-child.js";
import type {
  TrainingOperation,
  TrainingOperations,
  TrainingReply,
  TrainingRequest,
} from "./training-protocol.js";

/** What ggml says before it ends a process whose graph it cannot derive. */
const NO_BACKWARD =
  /unsupported (?:unary |glu |ggml )?op for backward pass: (\w+)|backward pass only implemented for (split swiglu)|backward pass for (.+?) not implemented|gradients for (.+?) not implemented/;
const TELLING =
  /GGML_(ASSERT|ABORT)|what\(\):|\b(errors?|fail(s|ed|ure)?|invalid|cannot|unknown|unsupported)\b/i;
const LOG_LINES = 4;

const ERRORS = { EngineError, ModelError, RecipeError } as const;

/**
 * The child process in which a model is fine-tuned: a failed assertion in native code ends that process alone. One
 * operation at a time. Whoever makes one closes it.
 */
export class TrainingProcess implements AsyncDisposable {
  readonly #child: NativeChild["child"];
  readonly #log: NativeChild["log"];
  readonly #exited: Promise<string>;
  #reply: (reply: TrainingReply) => void = () => {};

  constructor() {
    const { child, log, ended } = startNativeChild("training-child");
    this.#child = child;
    this.#log = log;
    this.#exited = ended;
    child.on("message", (reply: TrainingReply) => this.#reply(reply));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Runs an operation.
   *
   * @param onItem is given what comes back one by one
   * @throws RecipeError, ModelError, EngineError; the file system's error, with its code; InterruptedError at once
   *   when the signal aborts, and the process ends then
   */
  async call<N extends TrainingOperation>(
    name: N,
    input: TrainingOperations[N]["input"],
    options: {
      signal?: AbortSignal | undefined;
      onItem?: (item: TrainingOperations[N]["item"]) => void;
    } = {},
  ): Promise<TrainingOperations[N]["output"]> {
    const { signal, onItem } = options;
    const stop = () => this.#child.kill("SIGKILL");
    if (signal?.aborted) throw new InterruptedError("Stopped before it began.");
    // A step is not worth waiting for: what it changed would be lost with its epoch.
    signal?.addEventListener("abort", stop, { once: true });
    const answered = new Promise<TrainingReply>((resolve) => {
      this.#reply = (reply) => {
        if (reply.kind === "item") onItem?.(reply.item as TrainingOperations[N]["item"]);
        else resolve(reply);
      };
    });
    if (this.#child.connected) this.#child.send({ name, input } as TrainingRequest, () => {});
    try {
      const reply = await Promise.race([answered, this.#exited]);
      if (typeof reply === "string") {
        throw signal?.aborted ? new InterruptedError("Stopped.") : this.#crashed(reply);
      }
      if (reply.kind === "done") return reply.output as TrainingOperations[N]["output"];
      throw this.#failure(reply as Extract<TrainingReply, { kind: "failed" }>);
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  #failure({ message, error, code }: Extract<TrainingReply, { kind: "failed" }>): Error {
    if (code !== undefined) return Object.assign(new Error(message), { code });
    const kind = ERRORS[error as keyof typeof ERRORS] ?? EngineError;
    if (kind !== EngineError) return new kind(message);
    return new EngineError(this.#withLog(message), { log: this.#log.lines() });
  }

  #crashed(how: string): EngineError {
    const log = this.#log.lines();
    const options = { log, crashed: true };
    const missing = log
      .map((line) => NO_BACKWARD.exec(line))
      .find((match) => match !== null)
      ?.slice(1)
      .find((name) => name !== undefined);
    if (missing === undefined) {
      return new EngineError(this.#withLog(`The process that fine-tunes ended ${how}.`), options);
    }
    const what = missing === "split swiglu" ? "a gate that is stored in one matrix with its input" : missing;
    return new EngineError(
      `This model's architecture cannot be fine-tuned here: llama.cpp has no backward pass for ${what}. ` +
        "Architectures known to work are llama, qwen2 and qwen3.",
      options,
    );
  }

  #withLog(message: string): string {
    return withLog(message, this.#log.lines(), TELLING, LOG_LINES);
  }
}
