import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InterruptedError, ModelError } from "../errors.js";
import { inTurn, refuseAll, startTestHub, type TestHub, type Trouble } from "../hub/test-hub.js";
import { cachePlace } from "./cache.js";
import type { DownloadProgress } from "./progress.js";
import { resolveModel } from "./resolve.js";
import { parseSource } from "./source.js";

const SOURCE = "hf:owner/repo/q4/model.gguf";
const content = randomBytes(3_000_000);
const contentSha256 = createHash("sha256").update(content).digest("hex");

/** How long the code wanted to wait, in milliseconds; it waits less. */
const waits = vi.hoisted(() => [] as number[]);
vi.mock("node:timers/promises", async (original) => {
  const real = await original<typeof import("node:timers/promises")>();
  const setTimeout = (milliseconds: number, ...rest: []) => {
    waits.push(milliseconds);
    return real.setTimeout(Math.min(milliseconds, 5), ...rest);
  };
  return { ...real, setTimeout };
});

let home: string;
let hub: TestHub;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tiller-hub-"));
  hub = await startTestHub();
  hub.put("models/owner/repo", { "q4/model.gguf": content });
  waits.length = 0;
  vi.stubEnv("HF_ENDPOINT", `${hub.url}/`);
  for (const name of ["HF_TOKEN", "HF_HUB_OFFLINE", "TILLER_OFFLINE"]) vi.stubEnv(name, undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.down();
  await rm(home, { recursive: true });
});

/** Sends 1,000,000 bytes, then drops the connection. */
const drop: Trouble = (request, response, host) => {
  if (host === "storage") hub.send(request, response, content, contentSha256, 1_000_000);
  return host === "storage";
};

const place = () => cachePlace(parseSource(SOURCE) as never, home);
/** Where each request for the file's bytes began. */
const startsOfBody = () =>
  hub.seen
    .filter((one) => one.host === "storage")
    .map((one) => Number(/^bytes=(\d+)-2999999$/.exec(one.range ?? "bytes=0-2999999")?.[1]));

describe("a model of the Hub", () => {
  it("is fetched, verified, and then taken from the cache", async () => {
    const reports: DownloadProgress[] = [];
    const model = await resolveModel(SOURCE, { home, onProgress: (report) => reports.push(report) });
    expect(model).toEqual({
      path: place().path,
      sha256: contentSha256,
      bytes: content.length,
      source: SOURCE,
    });
    expect(content.equals(await readFile(model.path))).toBe(true);
    expect(existsSync(place().partPath)).toBe(false);
    expect(reports[0]).toEqual({ source: SOURCE, receivedBytes: 0, totalBytes: 3e6, phase: "download" });
    expect(reports.at(-1)).toMatchObject({ receivedBytes: 3e6, totalBytes: 3e6, phase: "download" });

    const requests = hub.seen.length;
    expect(await resolveModel(SOURCE, { home, offline: true })).toEqual(model);
    expect(hub.seen).toHaveLength(requests);
  });

  it("continues after dropped connections, each time where the last one ended", async () => {
    hub.trouble = drop;
    const model = await resolveModel(SOURCE, { home });
    expect(content.equals(await readFile(model.path))).toBe(true);
    const starts = startsOfBody();
    // A connection that breaks may take bytes with it that had arrived already, but never a whole million.
    expect(starts[0]).toBe(0);
    expect(starts.length).toBeGreaterThanOrEqual(3);
    expect(starts.slice(1).every((start, index) => start > starts[index]!)).toBe(true);
  });

  it("continues a download that an earlier process left", async () => {
    const controller = new AbortController();
    let bodies = 0;
    hub.trouble = (request, response, host) => {
      if (host === "storage" && bodies++ > 0) controller.abort();
      return drop(request, response, host);
    };
    const interrupted = resolveModel(SOURCE, { home, signal: controller.signal });
    await expect(interrupted).rejects.toThrow(InterruptedError);
    const kept = (await readFile(place().partPath)).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(content.length);

    hub.seen = [];
    hub.trouble = () => false;
    expect((await resolveModel(SOURCE, { home })).sha256).toBe(contentSha256);
    expect(startsOfBody()).toEqual([kept]);
  });

  it("begins anew if the file on the Hub is another one now", async () => {
    hub.trouble = (request, response, host) => {
      if (host === "storage") hub.declaredEtag = "another";
      return drop(request, response, host);
    };
    hub.declaredEtag = "one";
    const model = await resolveModel(SOURCE, { home });
    expect(content.equals(await readFile(model.path))).toBe(true);
    const [first, second, third] = startsOfBody();
    expect([first, second]).toEqual([0, 0]);
    expect(third).toBeGreaterThan(0);
  });

  it("begins anew if the server cannot continue", async () => {
    let bodies = 0;
    hub.trouble = (request, response, host) => {
      if (host === "hub") return false;
      delete request.headers.range;
      const most = bodies++ === 0 ? 1_000_000 : content.length;
      hub.send(request, response, content, contentSha256, most);
      return true;
    };
    const model = await resolveModel(SOURCE, { home });
    expect(content.equals(await readFile(model.path))).toBe(true);
    const starts = startsOfBody();
    expect([starts.length, starts[0], starts[2]]).toEqual([3, 0, 0]);
    expect(starts[1]).toBeGreaterThan(0);
  });

  it("is removed if it is not what the Hub declares", async () => {
    hub.declaredEtag = "0".repeat(64);
    await expect(resolveModel(SOURCE, { home })).rejects.toThrow(
      new RegExp(`expected sha256 0{64}, found ${contentSha256}`),
    );
    expect([place().path, place().partPath].filter(existsSync)).toEqual([]);
  });

  it("is removed if it is not what the caller asks for", async () => {
    hub.declaredEtag = "not a sum";
    const refused = resolveModel(SOURCE, { home, sha256: "1".repeat(64) });
    await expect(refused).rejects.toThrow(ModelError);
    await expect(refused).rejects.toThrow(new RegExp(`expected sha256 1{64}, found ${contentSha256}`));
    expect([place().path, place().partPath].filter(existsSync)).toEqual([]);
    expect((await resolveModel(SOURCE, { home, sha256: contentSha256 })).bytes).toBe(content.length);
  });

  it("keeps the token from other hosts", async () => {
    vi.stubEnv("HF_TOKEN", "hf_secret");
    await resolveModel(SOURCE, { home });
    expect(new Set(hub.seen.map(({ host, authorization }) => `${host} ${authorization}`))).toEqual(
      new Set(["hub Bearer hf_secret", "storage undefined"]),
    );
  });

  it("refuses a token that is none", async () => {
    vi.stubEnv("HF_TOKEN", "secret");
    const refused = resolveModel(SOURCE, { home });
    await expect(refused).rejects.toThrow(/HF_TOKEN/);
    await expect(refused).rejects.not.toThrow(/secret/);
  });

  it("asks for a path with signs that mean something in a URL", async () => {
    hub.put("models/owner/repo", {}, "a/b");
    await expect(resolveModel("hf:owner/repo@a%2Fb/x y?#%é.gguf", { home })).rejects.toThrow(/no such file/);
    expect(hub.seen[0]?.url).toBe("/owner/repo/resolve/a%2Fb/x%20y%3F%23%25%C3%A9.gguf");
  });

  it.each([
    [401, {}, /refused \(401\).*does not exist, or is private or gated.*HF_TOKEN/],
    [401, { "x-error-code": "GatedRepo" }, /gated \(401\): accept its licence.*HF_TOKEN/],
    [403, { "x-error-code": "GatedRepo" }, /gated \(403\): accept its licence.*HF_TOKEN/],
    [404, { "x-error-code": "EntryNotFound" }, /no such file/],
    [404, { "x-error-code": "RevisionNotFound" }, /no revision "main"/],
    [404, { "x-error-code": "RepoNotFound" }, /no such repository/],
    [429, { "retry-after": "3600" }, /slow down \(429\).*3600 seconds.*HF_TOKEN/],
    [418, {}, /answered 418/],
  ])("explains status %i with %j", async (status, headers, message) => {
    hub.trouble = refuseAll(status, headers as Record<string, string>);
    const refused = resolveModel(SOURCE, { home });
    await expect(refused).rejects.toThrow(ModelError);
    await expect(refused).rejects.toThrow(message);
    expect(hub.seen).toHaveLength(1);
  });

  it("says that a token is not accepted", async () => {
    vi.stubEnv("HF_TOKEN", "hf_old");
    hub.trouble = refuseAll(401);
    await expect(resolveModel(SOURCE, { home })).rejects.toThrow(/HF_TOKEN is not valid/);
  });

  it("waits as long as the Hub asks, and over its troubles", async () => {
    hub.trouble = inTurn(refuseAll(429, { "retry-after": "7" }), refuseAll(503));
    expect((await resolveModel(SOURCE, { home })).sha256).toBe(contentSha256);
    expect(waits).toEqual([7000, 1000]);
  });

  it("gives up in the end, in plain words", async () => {
    hub.trouble = refuseAll(503);
    await expect(resolveModel(SOURCE, { home })).rejects.toThrow(/trouble of its own \(503\)/);
    expect(hub.seen).toHaveLength(5);
  });

  it("says so if nothing that answers is a Hub", async () => {
    hub.trouble = (_request, response) => {
      response.end("hello");
      return true;
    };
    await expect(resolveModel(SOURCE, { home })).rejects.toThrow(/HF_ENDPOINT/);
  });
});
