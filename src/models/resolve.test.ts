import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InterruptedError, ModelError, RecipeError } from "../errors.js";
import { aliases } from "./aliases.js";
import { listModels, removeModel } from "./cache.js";
import { modelHome } from "./home.js";
import { resolveModel } from "./resolve.js";

const SOURCE = "hf:owner/repo/model.gguf";
const content = randomBytes(2_000_000);
const sha256 = createHash("sha256").update(content).digest("hex");

let home: string;
let hub: Server;
/** Bytes of model files that the Hub has begun to send. */
let sentBytes: number;
/** Milliseconds between two pieces of a file. */
let pace: number;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tiller-resolve-"));
  sentBytes = 0;
  pace = 0;
  hub = createServer(async (request, response) => {
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const [start, end] = match ? [Number(match[1]), Number(match[2]) + 1] : [0, content.length];
    response.writeHead(match ? 206 : 200, {
      etag: `"${sha256}"`,
      "content-length": end - start,
      ...(match && { "content-range": `bytes ${start}-${end - 1}/${content.length}` }),
    });
    for (let offset = start; offset < end && !response.destroyed; offset += 100_000) {
      const piece = content.subarray(offset, Math.min(end, offset + 100_000));
      if (piece.length > 1) sentBytes += piece.length;
      response.write(piece);
      if (pace > 0) await new Promise((done) => setTimeout(done, pace));
    }
    response.end();
  });
  await new Promise<void>((done) => hub.listen(0, "127.0.0.1", done));
  vi.stubEnv("HF_ENDPOINT", `http://127.0.0.1:${(hub.address() as AddressInfo).port}`);
  for (const name of ["HF_TOKEN", "HF_HUB_OFFLINE", "TILLER_OFFLINE", "TILLER_HOME"]) {
    vi.stubEnv(name, undefined);
  }
});

afterEach(async () => {
  vi.unstubAllEnvs();
  hub.closeAllConnections();
  await new Promise((done) => hub.close(done));
  await rm(home, { recursive: true, force: true });
});

describe("modelHome", () => {
  it("is TILLER_HOME, or in the platform's cache folder", () => {
    expect(modelHome()).toMatch(/tiller/);
    vi.stubEnv("TILLER_HOME", "some/where");
    expect(modelHome()).toBe(resolve("some/where"));
  });
});

describe("a file of the user's own", () => {
  it("is hashed and stays where it is", async () => {
    const path = join(home, "a.gguf");
    await writeFile(path, content);
    const model = { path, sha256, bytes: content.length };
    expect(await resolveModel(path, { home })).toEqual({ ...model, source: path });
    expect(await resolveModel(`file:${path}`, { home, sha256, offline: true })).toEqual({
      ...model,
      source: `file:${path}`,
    });
    const mismatch = resolveModel(path, { home, sha256: "1".repeat(64) });
    await expect(mismatch).rejects.toThrow(new RegExp(`expected sha256 1{64}, found ${sha256}`));
    expect(existsSync(path)).toBe(true);
    await expect(removeModel(path, home)).rejects.toThrow(RecipeError);
  });

  it("has to be there and to be a file", async () => {
    const missing = resolveModel(join(home, "none.gguf"), { home });
    await expect(missing).rejects.toThrow(ModelError);
    await expect(missing).rejects.toThrow(/none\.gguf.*Correct the path/);
    await expect(resolveModel(`file:${home}`, { home })).rejects.toThrow(/is not a file/);
  });
});

describe("resolveModel", () => {
  it.each([
    ["TILLER_OFFLINE", "1"],
    ["HF_HUB_OFFLINE", "true"],
  ])("does not use the network if %s is set", async (name, value) => {
    vi.stubEnv(name, value);
    const refused = resolveModel(SOURCE, { home });
    await expect(refused).rejects.toThrow(ModelError);
    await expect(refused).rejects.toThrow(new RegExp(`not in the cache.*${name} is set.*file:PATH`));
    expect(sentBytes).toBe(0);
    const model = await resolveModel(SOURCE, { home, offline: false });
    expect(await resolveModel(SOURCE, { home })).toEqual(model);
  });

  it("refuses a sha256 that is none, or not the alias's", async () => {
    await expect(resolveModel(SOURCE, { home, sha256: "abc" })).rejects.toThrow(RecipeError);
    const other = resolveModel("tinyllama", { home, sha256: "1".repeat(64) });
    await expect(other).rejects.toThrow(RecipeError);
    await expect(other).rejects.toThrow(new RegExp(aliases.get("tinyllama")!.sha256));
  });

  it("refuses to begin if it is already interrupted", async () => {
    const refused = resolveModel(SOURCE, { home, signal: AbortSignal.abort() });
    await expect(refused).rejects.toThrow(InterruptedError);
    expect(sentBytes).toBe(0);
  });

  it("removes a file that was damaged in the cache, and fetches it anew", async () => {
    const { path } = await resolveModel(SOURCE, { home });
    await appendFile(path, "x");
    await expect(resolveModel(SOURCE, { home })).rejects.toThrow(/was damaged.*The file was removed/);
    expect(existsSync(path)).toBe(false);
    expect(content.equals(await readFile((await resolveModel(SOURCE, { home })).path))).toBe(true);
  });

  it("keeps a good file of the cache when another is asked for", async () => {
    const { path } = await resolveModel(SOURCE, { home });
    const refused = resolveModel(SOURCE, { home, sha256: "1".repeat(64) });
    await expect(refused).rejects.toThrow(new RegExp(`expected sha256 1{64}, found ${sha256}`));
    expect(existsSync(path)).toBe(true);
  });

  it("says so if the home cannot be made", async () => {
    await writeFile(join(home, "file"), "");
    await expect(resolveModel(SOURCE, { home: join(home, "file") })).rejects.toThrow(/file/);
  });

  it("fetches once for two callers in one process", async () => {
    pace = 5;
    const waited: number[] = [];
    const onProgress = ({ receivedBytes }: { receivedBytes: number }) => waited.push(receivedBytes);
    const [a, b] = await Promise.all([
      resolveModel(SOURCE, { home }),
      resolveModel(SOURCE, { home, onProgress }),
    ]);
    expect(a).toEqual(b);
    expect(sentBytes).toBe(content.length);
    expect(waited.length).toBeGreaterThan(0);
  });
});

describe("listModels and removeModel", () => {
  it("list what is whole and remove what there is", async () => {
    expect(await listModels(home)).toEqual([]);
    expect(await removeModel(SOURCE, home)).toBe(false);
    const { path } = await resolveModel(SOURCE, { home });
    const other = await resolveModel("hf:owner/repo@v2/model.gguf", { home });
    expect(other.path).not.toBe(path);
    const entry = { source: SOURCE, aliases: [], path, bytes: content.length, sha256 };
    expect(await listModels(home)).toEqual([
      entry,
      { ...entry, source: "hf:owner/repo@v2/model.gguf", path: other.path },
    ]);
    // The default revision is the same model, however it is spelt.
    expect(await removeModel("hf:owner/repo@main/model.gguf", home)).toBe(true);
    expect((await listModels(home)).map((model) => model.path)).toEqual([other.path]);
    expect(existsSync(path)).toBe(false);
  });

  it("names a model's aliases", async () => {
    const alias = aliases.get("tinyllama")!;
    const folder = join(home, "models", "any");
    await mkdir(folder, { recursive: true });
    const record = { format: 1, source: alias.source, file: "a.gguf", bytes: 1, sha256: alias.sha256 };
    await writeFile(join(folder, "model.json"), JSON.stringify(record));
    expect(await listModels(home)).toEqual([]);
    await writeFile(join(folder, "a.gguf"), "x");
    expect(await listModels(home)).toMatchObject([{ source: alias.source, aliases: ["tinyllama"] }]);
    await writeFile(join(folder, "model.json"), JSON.stringify({ ...record, file: "../../a.gguf" }));
    expect(await listModels(home)).toEqual([]);
  });

  it("do not remove what is being fetched", async () => {
    pace = 20;
    const fetching = resolveModel(SOURCE, { home });
    await vi.waitUntil(() => sentBytes > 0);
    await expect(removeModel(SOURCE, home)).rejects.toThrow(/Another process is fetching/);
    expect((await fetching).sha256).toBe(sha256);
  });
});

describe("several processes", () => {
  const root = resolve(import.meta.dirname, "../..");

  /** Compiles the models for plain Node, outside of the project, and returns a script that fetches `SOURCE`. */
  async function compile(): Promise<string> {
    const out = join(home, "compiled");
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const options =
      "--module nodenext --target es2023 --types node --lib es2023,esnext.disposable --skipLibCheck";
    const files = [join(root, "src/models/resolve.ts"), "--rootDir", join(root, "src"), "--outDir", out];
    await promisify(execFile)(process.execPath, [tsc, "--ignoreConfig", ...options.split(" "), ...files]);
    await symlink(join(root, "node_modules"), join(out, "node_modules"));
    await writeFile(join(out, "package.json"), '{"type":"module"}');
    const script = join(out, "fetch.js");
    await writeFile(
      script,
      `import { resolveModel } from "./models/resolve.js";
       console.log(JSON.stringify(await resolveModel("${SOURCE}")));`,
    );
    return script;
  }

  function start(script: string): { child: ChildProcess; output: Promise<string> } {
    const env = { ...process.env, TILLER_HOME: home };
    const child = spawn(process.execPath, [script], { env, stdio: ["ignore", "pipe", "inherit"] });
    const output = new Promise<string>((done) => {
      let text = "";
      child.stdout?.on("data", (data) => {
        text += data;
      });
      child.on("close", () => done(text));
    });
    return { child, output };
  }

  it("fetch a model once, and one continues what a killed one left", async () => {
    const script = await compile();
    pace = 30;
    const killed = start(script);
    await vi.waitUntil(() => sentBytes >= 500_000, { timeout: 30_000 });
    killed.child.kill("SIGKILL");
    await killed.output;
    const afterKill = sentBytes;
    const [folder] = (await readFolders()).filter((name) => !name.endsWith(".lock"));
    const part = join(home, "models", folder!, "model.gguf.part");
    expect((await stat(part)).size).toBeGreaterThan(0);

    const outputs = await Promise.all([start(script).output, start(script).output, start(script).output]);
    expect(outputs.map((text) => JSON.parse(text).sha256)).toEqual([sha256, sha256, sha256]);
    expect(content.equals(await readFile(JSON.parse(outputs[0]!).path))).toBe(true);
    // One process sent for the rest alone; a little more may have been under way to the killed one.
    expect(sentBytes - afterKill).toBeLessThan(content.length + 200_000);
    expect((await readFolders()).filter((name) => name.endsWith(".lock"))).toEqual([]);
  });

  const readFolders = () => readdir(join(home, "models"));
});
