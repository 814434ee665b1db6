import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { EngineError, InterruptedError } from "../../errors.js";
import { LogTail } from "./log-tail.js";
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
/** How long a dead child's log may stay open, as when another process holds its pipe. */
const CLOSE_GRACE_MS = 2000;
/** Lines of the log that say what went wrong. Whole words, so that `set_abort_callback` is none of them. */
const TELLING =
  /GGML_(ASSERT|ABORT)|what\(\):|\b(errors?|fail(s|ed|ure)?|assertion|abort(ed)?|invalid|cannot|unknown|unexpected|expecting|unsupported|missing)\b/i;

/** Compiled code runs as it is; from sources, as in tests, the built child is used. */
function childEntry(): string {
  const here = fileURLToPath(import.meta.url);
  return here.endsWith(".ts")
    ? fileURLToPath(new URL("../../../dist/engine/llama/child.js", import.meta.url))
    : fileURLToPath(new URL("./child.js", import.meta.url));
}

/**
 * The child process in which llama.cpp runs, as a typed remote. A failed assertion in native code ends that
 * process alone: what was under way fails with an EngineError that carries the log's last lines.
 */
export class LlamaProcess {
  readonly log = new LogTail();
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #ended: EngineError | undefined;

  constructor() {
    this.#child = fork(childEntry(), [], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (chunk: string) => this.log.add(chunk));
    this.#child.on("message", (message: ChildMessage) => this.#receive(message));
    this.exited = new Promise((resolve) => {
      const ended = (how: string) => {
        this.#end(how);
        resolve();
      };
      this.#child.once("exit", (code, signal) => {
        const how = signal ? `by signal ${signal}` : `with code ${code}`;
        const log = this.#child.stderr;
        if (!log || log.closed) return ended(how);
        // Standard error may still hold the assertion that explains the end. The child's own "close" event does
        // not come where this side has disconnected.
        const timer = setTimeout(() => ended(how), CLOSE_GRACE_MS);
        log.once("close", () => {
          clearTimeout(timer);
          ended(how);
        });
      });
      this.#child.on("error", (error) => {
        // A process that has begun to run ends with "exit"; until then, what fails is a message to it.
        if (this.#child.pid === undefined) ended(`because ${error.message}`);
      });
    });
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
    const telling = this.log.since(logPosition).filter((line) => TELLING.test(line));
    const tail = telling.slice(-LOG_LINES);
    const text = tail.length === 0 ? message : `${message}\nllama.cpp said:\n  ${tail.join("\n  ")}`;
    return new EngineError(text, { log: this.log.lines(), crashed });
  }

  #end(how: string): void {
    const positions = [...this.#pending.values()].map((pending) => pending.logPosition);
    const since = Math.min(this.log.position, ...positions);
    this.#ended ??= this.#explain(`The engine's process ended ${how}.`, since, true);
    for (const pending of this.#pending.values()) pending.failed(this.#ended);
  }
}
