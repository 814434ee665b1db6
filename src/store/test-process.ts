import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Real processes with the compiled store, for tests of locks and of kill -9. */

export interface CompiledStore extends Disposable {
  /** Runs a module that may import `./store/….js`; its lines arrive at `lines`. */
  run(script: string, ...options: string[]): StoreProcess;
}

export interface StoreProcess {
  readonly child: ChildProcess;
  /** Resolves with the next line of output, or with undefined at its end. */
  line(): Promise<string | undefined>;
  /** Resolves with everything that is written on standard output and error from now on, at the end. */
  end(): Promise<{ code: number | null; output: string }>;
}

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Compiles this folder to a temporary one: Node cannot run TypeScript. */
export function compileStore(): CompiledStore {
  const folder = mkdtempSync(join(tmpdir(), "tiller-store-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { noEmit: false, outDir: folder, rootDir: join(root, "src") },
    files: ["run-folder", "journal"].map((name) => join(root, "src", "store", `${name}.ts`)),
    include: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  execFileSync(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", folder]);
  let scripts = 0;
  return {
    run(script, ...options) {
      scripts += 1;
      const file = join(folder, `script-${scripts}.js`);
      writeFileSync(file, script);
      return start(file, options);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function start(file: string, options: string[]): StoreProcess {
  const child = spawn(process.execPath, [file, ...options], { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  let read = 0;
  let code: number | null = null;
  let ended = false;
  let wake = () => {};
  const collect = (data: Buffer) => {
    output += data.toString();
    wake();
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  child.on("close", (status) => {
    code = status;
    ended = true;
    wake();
  });
  const news = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return {
    child,
    async line() {
      for (;;) {
        const at = output.indexOf("\n", read);
        if (at >= 0) {
          const line = output.slice(read, at);
          read = at + 1;
          return line;
        }
        if (ended) return undefined;
        await news();
      }
    },
    async end() {
      while (!ended) await news();
      return { code, output: output.slice(read) };
    },
  };
}
