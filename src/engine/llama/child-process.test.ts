import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EngineError } from "../../errors.js";
import { readGguf } from "../../gguf/read.js";
import { readTensor } from "../../gguf/read-tensor.js";
import { writeTinyModel } from "../../gguf/tiny-model.js";
import { writeGguf } from "../../gguf/write.js";
import { LlamaEngine } from "./llama-engine.js";
import { inOrder, openTiny, PLAIN } from "./test-engine.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-child-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Keeps this process from noticing anything for a while. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Engine processes that this process has started and that still run. */
function children(): string[] {
  const lines = execFileSync("ps", ["-A", "-o", "ppid=,pid=,args="], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.trim().startsWith(`${process.pid} `) && /llama.child\.js/.test(line));
}

const failure = (work: Promise<unknown>): Promise<EngineError> =>
  work.then(
    () => expect.unreachable("It should have failed."),
    (error) => error as EngineError,
  );

test("calls to a process whose end is not yet known fail with its signal", async () => {
  await using engine = await openTiny();
  process.kill(engine.pid!, "SIGKILL");
  // The calls come before Node can tell of the end, so that they write to a broken pipe.
  block(200);
  const errors = await Promise.all(["a", "b", "c"].map((text) => failure(engine.tokenize(text))));
  for (const error of errors) {
    expect(error).toBeInstanceOf(EngineError);
    expect(error.message).toBe("The engine's process ended by signal SIGKILL.");
    expect(error.crashed).toBe(true);
  }
  expect((await engine.tokenize("a")).length).toBeGreaterThan(0);
});

test("a failed assertion in native code is quoted", async () => {
  const tiny = join(folder, "tiny.gguf");
  writeTinyModel(tiny);
  const file = readGguf(tiny, { arrays: "all" });
  const path = join(folder, "experts.gguf");
  writeGguf(path, {
    // More experts than llama.cpp has room for.
    metadata: new Map([...file.metadata, ["llama.expert_count", { type: "uint32", value: 1_000_000 }]]),
    tensors: [...file.tensors.values()].map(({ name, shape }) => ({
      name,
      shape,
      data: readTensor(file, name),
    })),
  });
  const error = await failure(LlamaEngine.open({ path, sha256: "0".repeat(64) }));
  expect(error.message).toMatch(/ended by signal SIGABRT\.\nllama\.cpp said:[\s\S]*GGML_ASSERT\(.*n_expert/);
  expect(error.crashed).toBe(true);
});

test("an error quotes what llama.cpp said about it and nothing older", async () => {
  await using engine = await openTiny();
  const write = (seed: number, grammar?: string) =>
    failure(
      inOrder(
        engine.generate([{ prompt: "go", seed }], {
          decoding: grammar === undefined ? PLAIN : { ...PLAIN, grammar },
        }),
      ),
    );
  // The first operation makes the context, of which llama.cpp says a lot.
  expect((await write(-1)).message).toMatch(/^The seed -1 [^\n]*$/);
  expect((await write(1, "root ::= (")).message).toMatch(
    /grammar does not parse[\s\S]*llama\.cpp said:\n.*pars/,
  );
  const later = await write(-1);
  expect(later.message).toMatch(/^The seed -1 [^\n]*$/);
  expect(later.log.join("\n")).toMatch(/pars/);
});

test.skipIf(process.platform === "win32")(
  "closing while the process starts again leaves none behind",
  async () => {
    const before = children();
    const engine = await openTiny();
    const pid = engine.pid!;
    expect(children()).toHaveLength(before.length + 1);
    process.kill(pid, "SIGKILL");
    while ((await failure(engine.tokenize("a"))).crashed !== true);
    const restarted = failure(engine.tokenize("a"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(children().filter((line) => !line.includes(` ${pid} `))).toHaveLength(before.length + 1);
    await engine.close();
    expect(children()).toEqual(before);
    expect((await restarted).message).toBe("The engine is closed.");
    expect((await failure(engine.tokenize("a"))).message).toBe("The engine is closed.");
  },
);
