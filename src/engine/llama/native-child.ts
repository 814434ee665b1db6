import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LogTail } from "./log-tail.js";

/** How long a dead child's log may stay open, as when another process holds its pipe. */
const CLOSE_GRACE_MS = 2000;

/** A process in which native code runs, with what it writes to standard error. */
export interface NativeChild {
  readonly child: ChildProcess;
  readonly log: LogTail;
  /** How the process ended, once its log has been read. It never rejects. */
  readonly ended: Promise<string>;
}

/** Compiled code runs as it is; from sources, as in tests, the built child is used. */
function entryPath(entry: string): string {
  const here = fileURLToPath(import.meta.url);
  return here.endsWith(".ts")
    ? fileURLToPath(new URL(`../../../dist/engine/llama/${entry}.js`, import.meta.url))
    : fileURLToPath(new URL(`./${entry}.js`, import.meta.url));
}

/** Starts the child process whose code is the module `entry` of this folder. */
export function startNativeChild(entry: "child" | "encoder-child" | "training-child"): NativeChild {
  const child = fork(entryPath(entry), [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const log = new LogTail();
  const pipe = child.stderr;
  pipe?.setEncoding("utf8").on("data", (chunk: string) => log.add(chunk));
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      const how = signal ? `by signal ${signal}` : `with code ${code}`;
      if (!pipe || pipe.closed) return resolve(how);
      // Standard error may still hold the assertion that explains the end. The child's own "close" event does
      // not come where this side has disconnected.
      const timer = setTimeout(() => resolve(how), CLOSE_GRACE_MS);
      pipe.once("close", () => {
        clearTimeout(timer);
        resolve(how);
      });
    });
    child.on("error", (error) => {
      // A process that has begun to run ends with "exit"; until then, what fails is a message to it.
      if (child.pid === undefined) resolve(`because ${error.message}`);
    });
  });
  return { child, log, ended };
}

/** A message with the last `count` of the lines that say what went wrong. */
export function withLog(message: string, lines: readonly string[], telling: RegExp, count: number): string {
  const tail = lines.filter((line) => telling.test(line)).slice(-count);
  return tail.length === 0 ? message : `${message}\nllama.cpp said:\n  ${tail.join("\n  ")}`;
}
