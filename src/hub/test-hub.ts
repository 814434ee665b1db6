/** For tests: a Hub in memory with the addresses that `@huggingface/hub` calls, and a storage host beside it. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer, json as readJson, text as readText } from "node:stream/consumers";

export interface SeenRequest {
  readonly host: "hub" | "storage";
  readonly method: string;
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** What a server does instead of its work; called for each request, true if it answered. */
export type Trouble = (
  request: IncomingMessage,
  response: ServerResponse,
  host: SeenRequest["host"],
) => boolean;

type Files = ReadonlyMap<string, Buffer>;

interface Repository {
  private: boolean;
  /** Branches, and every commit by its own name. */
  readonly revisions: Map<string, { readonly commit: string; readonly files: Files }>;
}

export interface TestHub {
  readonly url: string;
  /** `models/owner/name` or `datasets/owner/name` */
  readonly repositories: Map<string, Repository>;
  seen: SeenRequest[];
  trouble: Trouble;
  /** What every private repository and every writing asks for. */
  token: string | undefined;
  /** Entries on a page of a listing. */
  pageSize: number;
  /** Declared for stored files in place of their sha256. */
  declaredEtag: string | undefined;
  /** Makes a branch hold these files. @returns the new commit */
  put(repository: string, files: Record<string, string | Buffer>, branch?: string): string;
  /** Files at the head of a branch. */
  files(repository: string, branch?: string): Files;
  /** Sends what `request` asks for of a body, and drops the connection after `most` bytes. */
  send(request: IncomingMessage, response: ServerResponse, body: Buffer, etag: string, most?: number): void;
  /** Ends all connections and listens no more. */
  down(): Promise<void>;
}

/** Large files are stored with Git LFS, as a Hub's `.gitattributes` says. */
const isStored = (path: string) => /\.(parquet|gguf)$/.test(path);
const hashHex = (name: string, data: string | Buffer) => createHash(name).update(data).digest("hex");
const gitId = (data: Buffer) => hashHex("sha1", Buffer.concat([Buffer.from(`blob ${data.length}\0`), data]));

export async function startTestHub(): Promise<TestHub> {
  const storage = createServer((request, response) => serve("storage", request, response));
  const main = createServer((request, response) => serve("hub", request, response));
  await Promise.all([main, storage].map((server) => new Promise<void>((done) => server.listen(0, done))));
  // The two names of this machine stand for two hosts, between which a token must not travel.
  const url = `http://localhost:${port(main)}`;
  const storageUrl = `http://127.0.0.1:${port(storage)}`;
  /** Stored bytes by sha256. */
  const objects = new Map<string, Buffer>();

  const hub: TestHub = {
    url,
    repositories: new Map(),
    seen: [],
    trouble: () => false,
    token: undefined,
    pageSize: 2,
    declaredEtag: undefined,
    put(name, files, branch = "main") {
      const repository = hub.repositories.get(name) ?? { private: false, revisions: new Map() };
      hub.repositories.set(name, repository);
      const entries = Object.entries(files).map(([path, data]) => [path, Buffer.from(data)] as const);
      return write(repository, new Map(entries), branch);
    },
    files: (name, branch = "main") => hub.repositories.get(name)?.revisions.get(branch)?.files ?? new Map(),
    send(request, response, body, etag, most = body.length) {
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
      const [start, end] = range ? [Number(range[1]), Number(range[2]) + 1] : [0, body.length];
      response.writeHead(range ? 206 : 200, {
        etag: `"${etag}"`,
        "content-length": end - start,
        ...(range && { "content-range": `bytes ${start}-${end - 1}/${body.length}` }),
      });
      const part = body.subarray(start, Math.min(end, start + most));
      if (part.length === end - start) response.end(part);
      else response.write(part, () => setTimeout(() => response.destroy(), 20));
    },
    async down() {
      for (const server of [main, storage]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
  return hub;

  function write(repository: Repository, files: Files, branch: string): string {
    const commit = hashHex("sha1", `${repository.revisions.size} ${[...files.keys()].join()} ${branch}`);
    for (const name of [branch, commit]) repository.revisions.set(name, { commit, files });
    for (const data of files.values()) objects.set(hashHex("sha256", data), data);
    return commit;
  }

  function serve(host: SeenRequest["host"], request: IncomingMessage, response: ServerResponse): void {
    const { method = "", url: path = "", headers } = request;
    hub.seen.push({ host, method, url: path, range: headers.range, authorization: headers.authorization });
    if (hub.trouble(request, response, host)) return;
    const answer = host === "storage" ? serveStorage : serveHub;
    answer(request, response).catch((error: Error) => response.writeHead(500).end(error.message));
  }

  async function serveStorage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sha256 = request.url?.split("/").at(-1) ?? "";
    if (request.method === "PUT") {
      const body = await buffer(request);
      const isWhole = hashHex("sha256", body) === sha256;
      if (isWhole) objects.set(sha256, body);
      response.writeHead(isWhole ? 200 : 400).end();
      return;
    }
    const body = objects.get(sha256);
    if (body) hub.send(request, response, body, hub.declaredEtag ?? sha256);
    else response.writeHead(404).end();
  }

  async function serveHub(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", url);
    const send = (body: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    const refuse = (status: number, code = "") => response.writeHead(status, { "x-error-code": code }).end();
    const hasToken = hub.token === undefined || request.headers.authorization === `Bearer ${hub.token}`;
    if (request.headers.authorization !== undefined && !hasToken) return void refuse(401);
    if (request.method === "POST" && !hasToken) return void refuse(401);

    if (pathname === "/api/repos/create") {
      const asked = (await readJson(request)) as Record<string, string>;
      const name = `${asked.type}s/${asked.organization}/${asked.name}`;
      if (hub.repositories.has(name)) return void refuse(409);
      hub.put(name, { ".gitattributes": "*.parquet filter=lfs\n" });
      hub.repositories.get(name)!.private = asked.visibility === "private";
      return void send({ url: `${url}/${name}` });
    }

    const call =
      /^\/api\/(?<name>(?:models|datasets)\/[^/]+\/[^/]+)\/(?<verb>revision|tree|preupload|commit)\/(?<rest>.+)$/.exec(
        pathname,
      ) ??
      /^\/(?<name>(?:datasets\/)?[^/]+\/[^/]+)\/(?<verb>resolve)\/(?<rest>.+)$/.exec(pathname) ??
      /^\/(?<name>datasets\/[^/]+\/[^/]+)\.git\/info\/lfs\/objects\/(?<verb>batch)(?<rest>)$/.exec(pathname);
    const { name = "", verb = "", rest = "" } = call?.groups ?? {};
    const key = /^(models|datasets)\//.test(name) ? name : `models/${name}`;
    const repository = hub.repositories.get(key);
    if (!repository || (repository.private && !hasToken)) {
      return void refuse(request.headers.authorization || !hub.token ? 404 : 401, "RepoNotFound");
    }
    const [revision = "", ...segments] = rest.split("/").map(decodeURIComponent);
    const version = repository.revisions.get(revision);
    if (!version && verb !== "batch") return void refuse(404, "RevisionNotFound");
    const files: Files = version?.files ?? new Map();

    switch (verb) {
      case "revision":
        return void send({
          _id: "1",
          id: name,
          private: repository.private,
          gated: false,
          sha: version?.commit,
        });
      case "tree": {
        const from = Number(searchParams.get("cursor") ?? 0);
        const page = [...files].slice(from, from + hub.pageSize);
        const more = from + hub.pageSize < files.size;
        const next = `<${url}${pathname}?recursive=true&cursor=${from + hub.pageSize}>; rel="next"`;
        return void send(
          [
            { type: "directory", path: "data", size: 0, oid: "0".repeat(40) },
            ...page.map(([path, data]) => treeEntry(path, data)),
          ],
          more ? { link: next } : {},
        );
      }
      case "resolve": {
        const path = segments.join("/");
        const data = files.get(path);
        if (!data) return void refuse(404, "EntryNotFound");
        response.setHeader("x-repo-commit", version?.commit ?? "");
        if (!isStored(path)) return void hub.send(request, response, data, gitId(data));
        const sha256 = hashHex("sha256", data);
        response.setHeader("x-linked-size", data.length);
        response.setHeader("x-linked-etag", `"${hub.declaredEtag ?? sha256}"`);
        if (!request.headers.accept?.includes("xet-fileinfo")) {
          return void response.writeHead(302, { location: `${storageUrl}/${sha256}` }).end();
        }
        return void response
          .writeHead(200, {
            "content-type": "application/vnd.xet-fileinfo+json",
            "x-xet-hash": sha256,
            link: `<${url}/xet>; rel="xet-auth", <${url}/xet>; rel="xet-reconstruction-info"`,
          })
          .end("{}");
      }
      case "preupload": {
        const asked = (await readJson(request)) as { files: { path: string }[] };
        const modes = asked.files.map(({ path }) => ({
          path,
          uploadMode: isStored(path) ? "lfs" : "regular",
        }));
        return void send({ files: modes });
      }
      case "batch": {
        const asked = (await readJson(request)) as { objects: { oid: string; size: number }[] };
        const actions = (oid: string) =>
          objects.has(oid) ? {} : { actions: { upload: { href: `${storageUrl}/${oid}` } } };
        return void send({
          transfer: "basic",
          objects: asked.objects.map((object) => ({ ...object, ...actions(object.oid) })),
        });
      }
      case "commit": {
        const lines = (await readText(request)).split("\n").map((line) => JSON.parse(line));
        const next = new Map(files);
        for (const { key: kind, value } of lines) {
          if (
            kind === "header" &&
            value.parentCommit !== undefined &&
            value.parentCommit !== version?.commit
          ) {
            return void refuse(412);
          }
          if (kind === "file") next.set(value.path, Buffer.from(value.content, value.encoding));
          if (kind === "deletedFile") next.delete(value.path);
          if (kind !== "lfsFile") continue;
          const data = objects.get(value.oid);
          if (!data) return void refuse(400);
          next.set(value.path, data);
        }
        const commit = write(repository, next, revision);
        return void send({ commitOid: commit, commitUrl: `${url}/${name}/commit/${commit}` });
      }
    }
  }
}

function treeEntry(path: string, data: Buffer): object {
  const entry = { type: "file", path, size: data.length, oid: gitId(data) };
  if (!isStored(path)) return entry;
  return {
    ...entry,
    oid: gitId(Buffer.from(path)),
    lfs: { oid: hashHex("sha256", data), size: data.length, pointerSize: 134 },
  };
}

function port(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Refuses every request. */
export function refuseAll(status: number, headers: Record<string, string> = {}): Trouble {
  return (_request, response) => {
    response.writeHead(status, headers).end("a page");
    return true;
  };
}

/** Each trouble once, one a request, then none. */
export function inTurn(...troubles: Trouble[]): Trouble {
  const left = [...troubles];
  return (...all) => left.shift()?.(...all) ?? false;
}
