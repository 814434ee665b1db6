import { spawn } from "node:child_process";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineError, InterruptedError, RecipeError } from "../errors.js";
import { oneLine, type Translator } from "./translator.js";

export interface CommandOptions {
  /** For one run of the program; default 120. */
  readonly timeoutSeconds?: number | undefined;
}

export interface CommandTranslatorOptions extends CommandOptions {
  /** Program and arguments, in which `{from}` and `{to}` stand for the languages' codes. */
  readonly command: readonly string[];
}

/** A program that writes more than this has gone astray. */
const MOST_BYTES = 64 * 2 ** 20;
const ERROR_CHARACTERS = 300;

/**
 * Any program that reads texts from standard input, one a line, and writes as many lines to standard output. It is
 * run once for a batch.
 *
 * @throws RecipeError if the command has no program, or does not name the languages
 */
export function createCommandTranslator({ command, timeoutSeconds }: CommandTranslatorOptions): Translator {
  const template = command.join(" ");
  if (template.trim() === "") throw new RecipeError("The translator's command is empty.");
  if (!template.includes("{from}") || !template.includes("{to}")) {
    throw new RecipeError(
      `The translator's command must say where the languages go: put {from} and {to} into "${template}".`,
    );
  }
  return {
    name: template,
    translate: (texts, from, to, signal) =>
      translateBlocks(texts, "\n", (input) =>
        runProgram(
          command.map((word) => word.replaceAll("{from}", from).replaceAll("{to}", to)),
          input,
          { timeoutSeconds, signal },
        ),
      ),
  };
}

/**
 * Translates texts in one run of a program, between separators; if it gives another number of texts, in two runs of
 * a half each.
 *
 * @throws EngineError if it gives none or several for one text
 */
export async function translateBlocks(
  texts: readonly string[],
  separator: string,
  run: (input: string) => Promise<string>,
): Promise<string[]> {
  if (texts.length === 0) return [];
  const lines = texts.map(oneLine);
  const output = (await run(lines.join(separator) + separator)).replaceAll("\r\n", "\n");
  const blocks = output.split(separator);
  // What the last separator ends. Without it, two joined texts would pass for one and an empty one.
  if (blocks.at(-1) === "") blocks.pop();
  if (blocks.length === lines.length) return blocks.map(oneLine);
  if (lines.length === 1) {
    if (blocks.length === 0) return [""];
    throw new EngineError(
      `The translator gave ${blocks.length} texts for one, ${JSON.stringify([...lines[0]!].slice(0, 60).join(""))}. ` +
        "It must write a translation for each text, in their order, and nothing else.",
    );
  }
  const middle = Math.ceil(lines.length / 2);
  return [
    ...(await translateBlocks(lines.slice(0, middle), separator, run)),
    ...(await translateBlocks(lines.slice(middle), separator, run)),
  ];
}

/**
 * Runs a program on an input, and gives what it wrote to standard output.
 *
 * @throws EngineError if it is missing, fails, hangs or writes what is not UTF-8; InterruptedError on abort
 */
export async function runProgram(
  [program, ...args]: readonly string[],
  input: string,
  { timeoutSeconds = 120, signal }: CommandOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  if (signal?.aborted) throw interrupted();
  const folder = await mkdtemp(join(tmpdir(), "tiller-translate-"));
  try {
    // A file, since Apertium opens its standard input by name, which the sockets that Node makes for pipes refuse.
    await writeFile(join(folder, "input"), input);
    const file = await open(join(folder, "input"));
    try {
      return await collectOutput(program!, args, file.fd, timeoutSeconds, signal);
    } finally {
      await file.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function collectOutput(
  program: string,
  args: readonly string[],
  input: number,
  timeoutSeconds: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    // A group of its own: Apertium is a script with a dozen programs behind it, and all must end.
    const detached = process.platform !== "win32";
    const child = spawn(program, args, { stdio: [input, "pipe", "pipe"], detached });
    const output: Buffer[] = [];
    let bytes = 0;
    let said = "";
    let failure: Error | undefined;
    const stop = (reason: Error) => {
      failure ??= reason;
      try {
        if (detached && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        else child.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    const timer = setTimeout(
      () =>
        stop(
          new EngineError(
            `${program} did not end within ${timeoutSeconds} seconds. Give it more time (--timeout) or fewer texts at once (--batch).`,
          ),
        ),
      1000 * timeoutSeconds,
    );
    const abort = () => stop(interrupted());
    signal?.addEventListener("abort", abort, { once: true });
    // It may have come while the input was written.
    if (signal?.aborted) abort();
    child.stdout!.on("data", (chunk: Buffer) => {
      output.push(chunk);
      bytes += chunk.length;
      if (bytes > MOST_BYTES) stop(new EngineError(`${program} wrote more than 64 MiB for one batch.`));
    });
    child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
      said = (said + chunk).slice(-10 * ERROR_CHARACTERS);
    });
    const settle = (error: Error | undefined, result = "") => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      if (error) reject(error);
      else resolve(result);
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      const missing = error.code === "ENOENT";
      const reason = missing ? "is not installed, or not in PATH" : `cannot be started (${error.code})`;
      settle(new EngineError(`The program ${program} ${reason}.`, { cause: error }));
    });
    child.once("close", (code, killedBy) => {
      if (failure) return settle(failure);
      if (code !== 0) return settle(endedBadly(program, code ?? killedBy!, said));
      try {
        settle(undefined, new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(output)));
      } catch (error) {
        settle(new EngineError(`${program} wrote what is not UTF-8.`, { cause: error }));
      }
    });
  });
}

function endedBadly(program: string, ending: number | string, said: string): EngineError {
  const words = said.replace(/[\s\p{C}]+/gu, " ").trim();
  const shown = words.length > ERROR_CHARACTERS ? `… ${words.slice(-ERROR_CHARACTERS)}` : words;
  const how = typeof ending === "number" ? `exit code ${ending}` : `signal ${ending}`;
  return new EngineError(`${program} failed (${how})${shown === "" ? "." : `: ${shown.toWellFormed()}`}`);
}

function interrupted(): InterruptedError {
  return new InterruptedError("Translating was interrupted.");
}
