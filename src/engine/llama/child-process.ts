import { EngineError, InterruptedError } from "../../errors.js";
import { type NativeChild, startNativeChild, withLog } from "./native-child.js";
import type { ChildMessage, OperationName, Operations, ParentMessage } from "./protocol.js";

interface Pending {
  /** Where the log stood when the operation was asked for. */
  readonly logPosition: number;
  item(item: unknown): void;
  done(output: unknown): void;
  failed(error: Error): void;
}

/** Lines of the native log that go into an error's message. */
const LOG_LINES = 6;
/** What the child logged before a message travels through another pipe, and may be read a moment later. */
const LOG_GRACE_MS = 50;
/** Lines of the log that say what went wrong. Whole words, so that `set_abort_callback` is none of them. */
const TELLING =
  /GGML_(ASSERT|ABORT)|what\(\):|\b(errors?|fail(s|ed|ure)?|assertion|abort(ed)?|invalid|cannot|unknown|unexpected|expecting|unsupported|missing)\b/i;

/**
 * The child process in which llama.cpp runs, as a typed remote. A failed assertion in native code ends that
 * process alone: what was under way fails with an EngineError that carries the log's last lines.
 */
export class LlamaProcess {
  readonly log: NativeChild["log"];
  readonly exited: Promise<void>;
  readonly #child: NativeChild["child"];
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #ended: EngineError | undefined;

  constructor() {
    const { child, log, ended } = startNativeChild("child");
    this.#child = child;
    this.log = log;
    child.on("message", (message: ChildMessage) => this.#receive(message));
    this.exited = ended.then((how) => this.#end(how));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** Runs an operation and yields its items; the generator's return value is its output. */
  async *run<N extends OperationName>(
    name: N,
    input: Operations[N]["input"],
    signal?: AbortSignal,
  ): AsyncGenerator<Operations[N]["item"], Operations[N]["output"]> {
    if (signal?.aborted) throw new InterruptedError("Stopped before it began.");
    if (this.#ended) throw this.#ended;
    const id = this.#nextId++;
    const arrived: unknown[] = [];
    let outcome: { output: unknown } | { error: Error } | undefined;
    let wake = () => {};
    const settle = (result: { output: unknown } | { error: Error }) => {
      outcome ??= result;
      wake();
    };
    this.#pending.set(id, {
      logPosition: this.log.position,
      item: (item) => {
        arrived.push(item);
        wake();
      },
      done: (output) => settle({ output }),
      failed: (error) => settle({ error }),
    });
    const cancel = () => this.#send({ kind: "cancel", id });
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      this.#send({ kind: "start", id, name, input } as ParentMessage);
      for (;;) {
        while (arrived.length > 0) yield arrived.shift() as Operations[N]["item"];
        if (outcome) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if ("error" in outcome) throw outcome.error;
      return outcome.output as Operations[N]["output"];
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#pending.delete(id);
      if (!outcome) cancel();
    }
  }

  /** Runs an operation that has no items. */
  async call<N extends OperationName>(
    name: N,
    input: Operations[N]["input"],
    signal?: AbortSignal,
  ): Promise<Operations[N]["output"]> {
    const run = this.run(name, input, signal);
    for (;;) {
      const next = await run.next();
      if (next.done) return next.value;
    }
  }

  async close(): Promise<void> {
    if (this.alive && this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await this.exited;
    clearTimeout(timer);
  }

  #send(message: ParentMessage): void {
    // A message that does not arrive needs no answer: the child's end, which follows, fails every operation.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #receive(message: ChildMessage): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    if (message.kind === "item") pending.item(message.item);
    else if (message.kind === "done") pending.done(message.output);
    else if (message.aborted) pending.failed(new InterruptedError("Stopped."));
    else {
      setTimeout(() => {
        pending.failed(this.#explain(message.message, pending.logPosition));
      }, LOG_GRACE_MS);
    }
  }

  /** The error of an operation, with what llama.cpp logged about it. */
  #explain(message: string, logPosition: number, crashed = false): EngineError {
    const text = withLog(message, this.log.since(logPosition), TELLING, LOG_LINES);
    return new EngineError(text, { log: this.log.lines(), crashed });
  }

  #end(how: string): void {
    const positions = [...this.#pending.values()].map((pending) => pending.logPosition);
    const since = Math.min(this.log.position, ...positions);
    this.#ended ??= this.#explain(`The engine's process ended ${how}.`, since, true);
    for (const pending of this.#pending.values()) pending.failed(this.#ended);
  }
}
