import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InterruptedError, ModelError } from "../errors.js";
import { cachePlace } from "./cache.js";
import type { DownloadProgress } from "./progress.js";
import { resolveModel } from "./resolve.js";
import { parseSource } from "./source.js";

const SOURCE = "hf:owner/repo/q4/model.gguf";
const content = randomBytes(3_000_000);
const contentSha256 = createHash("sha256").update(content).digest("hex");

interface Seen {
  readonly host: "hub" | "storage";
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** What the server does instead of serving the file; called for each request, returns true if it answered. */
type Trouble = (request: IncomingMessage, response: ServerResponse, host: Seen["host"]) => boolean;

let home: string;
let seen: Seen[];
let trouble: Trouble;
let declaredEtag: string;
let hub: Server;
let storage: Server;

/** A Hub that redirects large files to a storage host, as the real one does. */
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tiller-hub-"));
  seen = [];
  trouble = () => false;
  declaredEtag = contentSha256;
  storage = createServer((request, response) => {
    note("storage", request);
    if (!trouble(request, response, "storage")) sendContent(request, response);
  });
  hub = createServer((request, response) => {
    note("hub", request);
    if (trouble(request, response, "hub")) return;
    if (request.url !== "/owner/repo/resolve/main/q4/model.gguf") {
      response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    } else if (request.headers.range === "bytes=0-0") {
      sendContent(request, response);
    } else {
      response.writeHead(302, { location: `${address(storage)}/blob` }).end();
    }
  });
  await Promise.all([hub, storage].map((server) => new Promise<void>((done) => server.listen(0, done))));
  vi.stubEnv("HF_ENDPOINT", `${address(hub)}/`);
  for (const name of ["HF_TOKEN", "HF_HUB_OFFLINE", "TILLER_OFFLINE"]) vi.stubEnv(name, undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of [hub, storage]) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  await rm(home, { recursive: true });
});

function address(server: Server): string {
  // The two names of this machine stand for two hosts, between which a token must not travel.
  return `http://${server === hub ? "localhost" : "127.0.0.1"}:${(server.address() as AddressInfo).port}`;
}

function note(host: Seen["host"], { url = "", headers }: IncomingMessage): void {
  seen.push({ host, url, range: headers.range, authorization: headers.authorization });
}

function requestedRange(request: IncomingMessage): [start: number, end: number] | undefined {
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  return match ? [Number(match[1]), Number(match[2]) + 1] : undefined;
}

function sendContent(request: IncomingMessage, response: ServerResponse, length = content.length): void {
  const range = requestedRange(request);
  const [start, end] = range ?? [0, content.length];
  response.writeHead(range ? 206 : 200, {
    etag: `"${declaredEtag}"`,
    "content-length": end - start,
    ...(range && { "content-range": `bytes ${start}-${end - 1}/${content.length}` }),
  });
  const body = content.subarray(start, Math.min(end, start + length));
  if (body.length === end - start) response.end(body);
  else response.write(body, () => setTimeout(() => response.destroy(), 20));
}

/** Sends 1,000,000 bytes, then drops the connection. */
const drop: Trouble = (request, response, host) => {
  if (host === "storage") sendContent(request, response, 1_000_000);
  return host === "storage";
};

function refuse(status: number, headers: Record<string, string> = {}): Trouble {
  return (_request, response) => {
    response.writeHead(status, headers).end("a page");
    return true;
  };
}

const place = () => cachePlace(parseSource(SOURCE) as never, home);
/** Where each request for the file's bytes began. */
const startsOfBody = () =>
  seen
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

    const requests = seen.length;
    expect(await resolveModel(SOURCE, { home, offline: true })).toEqual(model);
    expect(seen).toHaveLength(requests);
  });

  it("continues after dropped connections, each time where the last one ended", async () => {
    trouble = drop;
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
    trouble = drop;
    const interrupted = resolveModel(SOURCE, {
      home,
      signal: controller.signal,
      onProgress: ({ receivedBytes }) => receivedBytes > 0 && controller.abort(),
    });
    await expect(interrupted).rejects.toThrow(InterruptedError);
    const kept = (await readFile(place().partPath)).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(content.length);

    seen = [];
    trouble = () => false;
    expect((await resolveModel(SOURCE, { home })).sha256).toBe(contentSha256);
    expect(startsOfBody()).toEqual([kept]);
  });

  it("begins anew if the file on the Hub is another one now", async () => {
    trouble = (request, response, host) => {
      if (host === "storage") declaredEtag = "another";
      return drop(request, response, host);
    };
    declaredEtag = "one";
    const model = await resolveModel(SOURCE, { home });
    expect(content.equals(await readFile(model.path))).toBe(true);
    const [first, second, third] = startsOfBody();
    expect([first, second]).toEqual([0, 0]);
    expect(third).toBeGreaterThan(0);
  });

  it("begins anew if the server cannot continue", async () => {
    let bodies = 0;
    trouble = (request, response, host) => {
      if (host === "hub") return false;
      delete request.headers.range;
      sendContent(request, response, bodies++ === 0 ? 1_000_000 : content.length);
      return true;
    };
    const model = await resolveModel(SOURCE, { home });
    expect(content.equals(await readFile(model.path))).toBe(true);
    const starts = startsOfBody();
    expect([starts.length, starts[0], starts[2]]).toEqual([3, 0, 0]);
    expect(starts[1]).toBeGreaterThan(0);
  });

  it("is removed if it is not what the Hub declares", async () => {
    declaredEtag = "0".repeat(64);
    await expect(resolveModel(SOURCE, { home })).rejects.toThrow(
      new RegExp(`expected sha256 0{64}, found ${contentSha256}`),
    );
    expect([place().path, place().partPath].filter(existsSync)).toEqual([]);
  });

  it("is removed if it is not what the caller asks for", async () => {
    declaredEtag = "not a sum";
    const refused = resolveModel(SOURCE, { home, sha256: "1".repeat(64) });
    await expect(refused).rejects.toThrow(ModelError);
    await expect(refused).rejects.toThrow(new RegExp(`expected sha256 1{64}, found ${contentSha256}`));
    expect([place().path, place().partPath].filter(existsSync)).toEqual([]);
    expect((await resolveModel(SOURCE, { home, sha256: contentSha256 })).bytes).toBe(content.length);
  });

  it("keeps the token from other hosts", async () => {
    vi.stubEnv("HF_TOKEN", "hf_secret");
    await resolveModel(SOURCE, { home });
    expect(new Set(seen.map(({ host, authorization }) => `${host} ${authorization}`))).toEqual(
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
    await expect(resolveModel("hf:owner/repo@a%2Fb/x y?#%é.gguf", { home })).rejects.toThrow(/no such file/);
    expect(seen[0]?.url).toBe("/owner/repo/resolve/a%2Fb/x%20y%3F%23%25%C3%A9.gguf");
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
    trouble = refuse(status, headers as Record<string, string>);
    const refused = resolveModel(SOURCE, { home });
    await expect(refused).rejects.toThrow(ModelError);
    await expect(refused).rejects.toThrow(message);
    expect(seen).toHaveLength(1);
  });

  it("says that a token is not accepted", async () => {
    vi.stubEnv("HF_TOKEN", "hf_old");
    trouble = refuse(401);
    await expect(resolveModel(SOURCE, { home })).rejects.toThrow(/HF_TOKEN is not valid/);
  });

  it("waits as long as the Hub asks, and over its troubles", async () => {
    const answers = [refuse(429, { "retry-after": "1" }), refuse(503)];
    const start = performance.now();
    trouble = (...all) => answers.shift()?.(...all) ?? false;
    expect((await resolveModel(SOURCE, { home })).sha256).toBe(contentSha256);
    expect(performance.now() - start).toBeGreaterThan(1900);
  });

  it("gives up in the end, in plain words", async () => {
    trouble = refuse(503);
    await expect(resolveModel(SOURCE, { home })).rejects.toThrow(/trouble of its own \(503\)/);
    expect(seen).toHaveLength(5);
  });

  it("says so if nothing that answers is a Hub", async () => {
    trouble = (_request, response) => {
      response.end("hello");
      return true;
    };
    await expect(resolveModel(SOURCE, { home })).rejects.toThrow(/HF_ENDPOINT/);
  });
});
