/** For tests: the built command line in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** So that tests do not touch the user's cache. */
const HOME = mkdtempSync(join(tmpdir(), "tiller-home-"));
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `tiller` with arguments; `done` resolves when it has ended. */
export function startTiller(
  args: readonly string[],
  env: Record<string, string> = {},
): { child: ChildProcess; done: Promise<Finished> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TILLER_HOME: HOME, ...env },
  });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      texts[name] += chunk;
    });
  }
  const done = new Promise<Finished>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, ...texts }));
  });
  return { child, done };
}

export function tiller(args: readonly string[], env?: Record<string, string>): Promise<Finished> {
  return startTiller(args, env).done;
}
