import { EngineError, InterruptedError, ModelError } from "../../errors.js";
import type {
  EncoderOperation,
  EncoderOperations,
  EncoderReply,
  EncoderRequest,
} from "./encoder-protocol.js";
import { type NativeChild, startNativeChild, withLog } from "./native-child.js";

interface Pending {
  /** Where the log stood when the operation was asked for. */
  readonly logPosition: number;
  item(item: unknown): void;
  done(output: unknown): void;
  failed(error: Error): void;
}

const TELLING =
  /GGML_(ASSERT|ABORT)|what\(\):|\b(errors?|fail(s|ed|ure)?|assertion|invalid|cannot|unknown|unsupported|missing)\b/i;
const LOG_LINES = 6;
/** What the child logged before a message travels through another pipe, and may be read a moment later. */
const LOG_GRACE_MS = 50;
/** How long a living child may take to end. */
const CLOSE_GRACE_MS = 2000;

/**
 * The child process in which an encoder runs, as a typed remote. A failed assertion in native code ends that process
 * alone: what was under way fails with an EngineError that carries the log's last lines.
 */
export class EncoderProcess {
  readonly log: NativeChild["log"];
  readonly #child: NativeChild["child"];
  readonly #exited: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #ended: EngineError | undefined;

  constructor() {
    const { child, log, ended } = startNativeChild("encoder-child");
    this.#child = child;
    this.log = log;
    child.on("message", (reply: EncoderReply) => this.#receive(reply));
    this.#exited = ended.then((how) => this.#end(how));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  /**
   * Runs an operation.
   *
   * @param onItem is given what comes back one by one
   * @throws ModelError, EngineError; InterruptedError at once when the signal aborts, while the child stops before its
   *   next text
   */
  call<N extends EncoderOperation>(
    name: N,
    input: EncoderOperations[N]["input"],
    options: {
      signal?: AbortSignal | undefined;
      onItem?: (item: EncoderOperations[N]["item"]) => void;
    } = {},
  ): Promise<EncoderOperations[N]["output"]> {
    const { signal, onItem } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw new InterruptedError("Stopped before it began.");
      if (this.#ended) throw this.#ended;
      const id = this.#nextId++;
      const settled = () => {
        this.#pending.delete(id);
        signal?.removeEventListener("abort", stop);
      };
      const stop = () => {
        settled();
        this.#send({ kind: "cancel", id });
        reject(new InterruptedError("Stopped."));
      };
      this.#pending.set(id, {
        logPosition: this.log.position,
        item: (item) => onItem?.(item as EncoderOperations[N]["item"]),
        done: (output) => {
          settled();
          resolve(output as EncoderOperations[N]["output"]);
        },
        failed: (error) => {
          settled();
          reject(error);
        },
      });
      signal?.addEventListener("abort", stop, { once: true });
      this.#send({ kind: "start", id, name, input } as EncoderRequest);
    });
  }

  async close(): Promise<void> {
    if (this.alive && this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), CLOSE_GRACE_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #send(message: EncoderRequest): void {
    // A message that does not arrive needs no answer: the child's end, which follows, fails every operation.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #receive(reply: EncoderReply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if (reply.kind === "item") pending.item(reply.item);
    else if (reply.kind === "done") pending.done(reply.output);
    else if (reply.error === "ModelError") pending.failed(new ModelError(reply.message));
    else {
      setTimeout(
        () => pending.failed(this.#explain(reply.message, pending.logPosition, false)),
        LOG_GRACE_MS,
      );
    }
  }

  /** The error of an operation, with what llama.cpp logged about it. */
  #explain(message: string, logPosition: number, crashed: boolean): EngineError {
    const text = withLog(message, this.log.since(logPosition), TELLING, LOG_LINES);
    return new EngineError(text, { log: this.log.lines(), crashed });
  }

  #end(how: string): void {
    const positions = [...this.#pending.values()].map((pending) => pending.logPosition);
    const since = Math.min(this.log.position, ...positions);
    this.#ended ??= this.#explain(`The encoder's process ended ${how}.`, since, true);
    for (const pending of [...this.#pending.values()]) pending.failed(this.#ended);
  }
}
