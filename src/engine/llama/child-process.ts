import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { EngineError, InterruptedError } from "../../errors.js";
import { LogTail } from "./log-tail.js";
import type { ChildMessage, OperationName, Operations, ParentMessage } from "./protocol.js";

interface Pending {
  item(item: unknown): void;
  done(output: unknown): void;
  failed(error: Error): void;
}

/** Lines of the native log that go into an error's message. */
const LOG_LINES = 6;
/** The child's last words travel through another pipe than its messages. */
const LOG_GRACE_MS = 50;

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
    this.#child.stderr!.setEncoding("utf8").on("data", (chunk: string) => this.log.add(chunk));
    this.#child.on("message", (message: ChildMessage) => this.#receive(message));
    this.exited = new Promise((resolve) => {
      const ended = (how: string) => {
        // Standard error may still hold the assertion that explains the end.
        setTimeout(() => {
          this.#end(how);
          resolve();
        }, LOG_GRACE_MS);
      };
      this.#child.once("exit", (code, signal) => ended(signal ? `by signal ${signal}` : `with code ${code}`));
      this.#child.once("error", (error) => ended(`because ${error.message}`));
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
    if (this.#child.connected) this.#child.send(message);
  }

  #receive(message: ChildMessage): void {
    if (message.kind === "ready") return;
    const pending = this.#pending.get(message.id);
    if (message.kind === "item") pending?.item(message.item);
    else if (message.kind === "done") pending?.done(message.output);
    else if (message.aborted) pending?.failed(new InterruptedError("Stopped."));
    else {
      setTimeout(() => {
        pending?.failed(this.#explain(message.message));
      }, LOG_GRACE_MS);
    }
  }

  #explain(message: string, crashed = false): EngineError {
    const log = this.log.lines();
    const telling = log.filter((line) =>
      /error|fail|assert|abort|invalid|cannot|unknown|missing/i.test(line),
    );
    const tail = telling.slice(-LOG_LINES);
    const text = tail.length === 0 ? message : `${message}\nllama.cpp said:\n  ${tail.join("\n  ")}`;
    return new EngineError(text, { log, crashed });
  }

  #end(how: string): void {
    this.#ended ??= this.#explain(`The engine's process ended ${how}.`, true);
    for (const pending of this.#pending.values()) pending.failed(this.#ended);
  }
}
