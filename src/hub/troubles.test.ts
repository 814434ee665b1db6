import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readGguf } from "../gguf/read.js";
import { writeTinyModel } from "../gguf/tiny-model.js";
import { resolveModel } from "../models/resolve.js";
import { resolveDataset } from "./resolve-dataset.js";
import { refuseAll, startTestHub, type TestHub, type Trouble } from "./test-hub.js";

vi.mock("node:timers/promises", async (original) => {
  const real = await original<typeof import("node:timers/promises")>();
  const setTimeout = (milliseconds: number, ...rest: []) =>
    real.setTimeout(Math.min(milliseconds, 5), ...rest);
  return { ...real, setTimeout };
});

const rows = Array.from({ length: 500 }, (_, index) => ({ text: `Satz ${index}`, label: `l${index % 2}` }));

let home: string;
let hub: TestHub;
let stored: Buffer;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tiller-troubles-"));
  hub = await startTestHub();
  vi.stubEnv("HF_ENDPOINT", hub.url);
  for (const name of ["HF_TOKEN", "HF_HUB_OFFLINE", "TILLER_OFFLINE"]) vi.stubEnv(name, undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.down();
  await rm(home, { recursive: true });
});

const KINDS = {
  "data set": {
    repository: "datasets/owner/name",
    async put() {
      const columnData = (["text", "label"] as const).map((name) => ({
        name,
        data: rows.map((row) => row[name]),
      }));
      stored = Buffer.from(parquetWriteBuffer({ columnData }));
      hub.put("datasets/owner/name", { "data/train.parquet": stored });
    },
    async check() {
      const { files } = await resolveDataset("hf:datasets/owner/name", { home });
      const { buffer, byteOffset, length } = await readFile(files[0]!.path);
      const file = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
      expect(await parquetReadObjects({ file })).toEqual(rows);
    },
  },
  model: {
    repository: "models/owner/name",
    async put() {
      writeTinyModel(join(home, "own.gguf"));
      stored = await readFile(join(home, "own.gguf"));
      hub.put("models/owner/name", { "q4/tiny.gguf": stored });
    },
    async check() {
      const { path, bytes } = await resolveModel("hf:owner/name/q4/tiny.gguf", { home });
      expect(bytes).toBe(stored.length);
      expect(readGguf(path).tensors.size).toBeGreaterThan(0);
    },
  },
};

/** Half of a file, then the connection ends; once. */
function dropOnce(): Trouble {
  let dropped = false;
  return (request, response, host) => {
    if (host === "hub" || dropped) return false;
    dropped = true;
    const sha256 = createHash("sha256").update(stored).digest("hex");
    hub.send(request, response, stored, sha256, Math.floor(stored.length / 2));
    return true;
  };
}

/** The repository has another name now, as after a renaming on the Hub. */
const redirect: Trouble = (request, response, host) => {
  if (host === "storage" || !request.url?.includes("owner/name")) return false;
  response.writeHead(307, { location: request.url.replace("owner/name", "owner/renamed") }).end();
  return true;
};

describe.each(["data set", "model"] as const)("a %s comes through", (name) => {
  const kind = KINDS[name];

  it("a token", async () => {
    await kind.put();
    hub.token = "hf_good";
    hub.repositories.get(kind.repository)!.private = true;
    await expect(kind.check()).rejects.toThrow(/private or gated.*set HF_TOKEN/);
    vi.stubEnv("HF_TOKEN", "hf_wrong");
    await expect(kind.check()).rejects.toThrow(/HF_TOKEN is not valid/);
    vi.stubEnv("HF_TOKEN", "hf_good");
    await kind.check();
    expect(hub.seen.filter(({ host, authorization }) => host === "storage" && authorization)).toEqual([]);
  });

  it("a redirect", async () => {
    await kind.put();
    const renamed = kind.repository.replace("owner/name", "owner/renamed");
    hub.repositories.set(renamed, hub.repositories.get(kind.repository)!);
    hub.repositories.delete(kind.repository);
    await expect(kind.check()).rejects.toThrow(/no such repository/);
    hub.trouble = redirect;
    await kind.check();
  });

  it("a connection that is dropped in the middle", async () => {
    await kind.put();
    hub.trouble = dropOnce();
    await kind.check();
    const bodies = hub.seen.filter(({ host }) => host === "storage");
    expect(bodies.length).toBe(2);
    expect(bodies[1]!.range).toMatch(/^bytes=[1-9]\d*-/);
  });

  it("a Hub that asks to wait", async () => {
    await kind.put();
    const asked = new Set<string>();
    hub.trouble = (request, ...rest) => {
      const what = `${request.url} ${request.headers.range}`;
      return (
        !asked.has(what) && !!asked.add(what) && refuseAll(429, { "retry-after": "1" })(request, ...rest)
      );
    };
    await kind.check();
    expect(asked.size).toBeGreaterThan(2);
  });
});
