import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HubError, InterruptedError, RecipeError } from "../errors.js";
import { type PushOptions, pushDataset } from "./push-dataset.js";
import { resolveDataset } from "./resolve-dataset.js";
import { refuseAll, startTestHub, type TestHub, type Trouble } from "./test-hub.js";

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

const REPOSITORY = "datasets/owner/name";
const parquet = randomBytes(100_000);

let root: string;
let folder: string;
let hub: TestHub;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "tiller-push-"));
  folder = join(root, "export");
  hub = await startTestHub();
  hub.token = "hf_writer";
  waits.length = 0;
  vi.stubEnv("HF_ENDPOINT", hub.url);
  vi.stubEnv("HF_TOKEN", "hf_writer");
  for (const name of ["HF_HUB_OFFLINE", "TILLER_OFFLINE"]) vi.stubEnv(name, undefined);
  await put("README.md", "# Texts\n");
  await put("data/train-00000-of-00001.parquet", parquet);
  await put("vectors/é ü#%.txt", "");
  await put(".cache/secret", "not to be pushed");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.down().catch(() => {});
  await rm(root, { recursive: true });
});

async function put(name: string, data: string | Buffer): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), data);
}

const push = (options: Partial<PushOptions> = {}) =>
  pushDataset(folder, { repository: "owner/name", ...options });
/** Requests that change something, by their last word. */
const writes = () =>
  hub.seen
    .filter(({ method }) => method !== "GET")
    .map(({ url }) =>
      /create$|preupload|batch$|commit|[0-9a-f]{64}$/.exec(url)?.[0].replace(/^[0-9a-f]{64}$/, "put"),
    );
const NEW = ["README.md", "data/train-00000-of-00001.parquet", "vectors/é ü#%.txt"];

describe("a push to the Hub", () => {
  it("makes a private repository, and what is downloaded has the same bytes", async () => {
    const reports: [number, number][] = [];
    const report = await push({ commitMessage: "First", onProgress: (...all) => reports.push(all) });
    expect(report).toEqual({
      repository: "owner/name",
      url: `${hub.url}/datasets/owner/name`,
      dryRun: false,
      visibility: "private",
      created: true,
      files: NEW.map((name) => ({ name, bytes: expect.any(Number), uploaded: true })),
      uploadedBytes: 100_008,
      removed: [],
      left: [],
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      notes: [],
    });
    expect(hub.repositories.get(REPOSITORY)!.private).toBe(true);
    expect([...hub.files(REPOSITORY).keys()]).toEqual([".gitattributes", ...NEW]);
    expect(reports[0]).toEqual([0, 100_008]);
    expect(reports.at(-1)).toEqual([100_008, 100_008]);
    const { files } = await resolveDataset("hf:datasets/owner/name", { home: join(root, "home") });
    expect(files.map(({ name }) => name)).toEqual(["data/train-00000-of-00001.parquet"]);
    expect(parquet.equals(await readFile(files[0]!.path))).toBe(true);
    expect(hub.files(REPOSITORY).get("README.md")?.toString()).toBe("# Texts\n");
    // The storage's addresses are signed, and the token stays with the Hub.
    expect(hub.seen.filter(({ host, authorization }) => host === "storage" && authorization)).toEqual([]);
  });

  it("uploads only what differs, in one commit, and nothing if nothing does", async () => {
    await push();
    await put("README.md", "# Text!\n");
    hub.seen = [];
    const second = await push();
    expect(second.files.map(({ uploaded }) => uploaded)).toEqual([true, false, false]);
    expect(second.created).toBe(false);
    expect(writes()).toEqual(["preupload", "commit"]);
    hub.seen = [];
    expect((await push()).commit).toBe(undefined);
    expect(writes()).toEqual([]);
  });

  it("says which data files stay, and removes them when it is asked to", async () => {
    await push();
    await rm(join(folder, "data"), { recursive: true });
    await put("data/train-00000-of-00001.csv", "text\na\n");
    const kept = await push();
    expect(kept.left).toEqual(["data/train-00000-of-00001.parquet"]);
    expect(kept.notes).toEqual([expect.stringMatching(/not in the folder.*00001\.parquet.*Prune/)]);
    expect((await push({ prune: true })).removed).toEqual(["data/train-00000-of-00001.parquet"]);
    expect([...hub.files(REPOSITORY).keys()]).not.toContain("data/train-00000-of-00001.parquet");
    expect([...hub.files(REPOSITORY).keys()]).toContain(".gitattributes");
  });

  it("writes nothing in a dry run", async () => {
    const planned = await push({ dryRun: true });
    expect(planned).toMatchObject({
      dryRun: true,
      created: true,
      visibility: "private",
      uploadedBytes: 100_008,
    });
    expect(planned.files.map(({ name }) => name)).toEqual(NEW);
    expect((await push({ dryRun: true, private: false })).visibility).toBe("public");
    expect(new Set(hub.seen.map(({ method }) => method))).toEqual(new Set(["GET"]));
    expect(hub.repositories.size).toBe(0);

    await push();
    hub.seen = [];
    expect(await push({ dryRun: true })).toMatchObject({ created: false, uploadedBytes: 0 });
    expect(new Set(hub.seen.map(({ method }) => method))).toEqual(new Set(["GET"]));
    vi.stubEnv("HF_TOKEN", undefined);
    const blind = await push({ dryRun: true });
    expect(blind).toMatchObject({ visibility: "unknown", uploadedBytes: 100_008 });
    expect(blind.notes.join("\n")).toMatch(/could not be asked for.*\n.*There is no token/);
    await hub.down();
    expect(await push({ dryRun: true })).toMatchObject({ visibility: "unknown" });
  });

  it("refuses a public repository unless that is asked for", async () => {
    hub.put(REPOSITORY, { "README.md": "" });
    for (const dryRun of [true, false]) {
      const refused = push({ dryRun });
      await expect(refused).rejects.toThrow(/owner\/name is public: everyone could read.*settings/);
      await expect(refused).rejects.toThrow(RecipeError);
    }
    expect(writes()).toEqual([]);
    expect(await push({ private: false })).toMatchObject({ visibility: "public", notes: [] });
    hub.repositories.get(REPOSITORY)!.private = true;
    expect(await push({ private: false })).toMatchObject({
      visibility: "private",
      notes: [expect.stringContaining("stays so")],
    });
  });

  it("makes a public repository when it is asked to", async () => {
    expect(await push({ private: false })).toMatchObject({ created: true, visibility: "public" });
    expect(hub.repositories.get(REPOSITORY)!.private).toBe(false);
  });

  /** Does `trouble` at the first request that matches. */
  const once = (method: string, pattern: RegExp, trouble: Trouble): Trouble => {
    let done = false;
    return (request, response, host) => {
      if (done || request.method !== method || !pattern.test(request.url ?? "")) return false;
      done = true;
      return trouble(request, response, host);
    };
  };
  const hangUp: Trouble = (request) => {
    request.socket.destroy();
    return true;
  };

  it.each([
    ["the storage ends the connection", once("PUT", /./, hangUp), [500]],
    ["the Hub ends the connection", once("POST", /commit/, hangUp), [500]],
    ["the Hub asks to wait", once("POST", /preupload/, refuseAll(429, { "retry-after": "9" })), [9000]],
    ["the Hub has trouble", once("POST", /create/, refuseAll(502)), [500]],
    ["another push came between", once("POST", /commit/, refuseAll(412)), [500]],
    ["an address of the storage is too old", once("PUT", /./, refuseAll(403)), [500]],
  ] as const)("goes on when %s", async (_name, trouble, expected) => {
    hub.trouble = trouble;
    expect((await push()).commit).toMatch(/^[0-9a-f]{40}$/);
    expect([...hub.files(REPOSITORY).keys()]).toEqual([".gitattributes", ...NEW]);
    expect(waits).toEqual(expected);
  });

  it("makes no second commit if only the answer to the first was lost", async () => {
    let lost = false;
    hub.trouble = (request, response) => {
      if (request.method === "POST" && /commit/.test(request.url ?? "") && !lost) {
        lost = true;
        response.end = (() => response.destroy()) as never;
      }
      return false;
    };
    expect(await push()).toMatchObject({
      created: true,
      uploadedBytes: 100_008,
      commit: hub.repositories.get(REPOSITORY)!.revisions.get("main")!.commit,
    });
    expect(writes().filter((one) => one === "commit")).toEqual(["commit"]);
    expect(hub.files(REPOSITORY).size).toBe(4);
  });

  it("that died half-way is repeated without sending a file twice", async () => {
    hub.trouble = (request, response, host) =>
      /commit/.test(request.url ?? "") && refuseAll(503)(request, response, host);
    await expect(push()).rejects.toThrow(/trouble of its own \(503\).*what has arrived is not sent again/);
    hub.trouble = () => false;
    hub.seen = [];
    expect((await push()).commit).toMatch(/^[0-9a-f]{40}$/);
    expect(writes()).toEqual(["preupload", "batch", "commit"]);
  });

  it("stops when it is asked to", async () => {
    const controller = new AbortController();
    hub.trouble = (request) => {
      if (request.method === "PUT") controller.abort();
      return false;
    };
    await expect(push({ signal: controller.signal })).rejects.toThrow(InterruptedError);
    expect([...hub.files(REPOSITORY).keys()]).toEqual([".gitattributes"]);
  });

  it.each([
    ["POST", 401, {}, /refused \(401\).*token is not valid.*settings\/tokens/],
    [
      "POST",
      403,
      { "x-error-message": "storage limit" },
      /refused \(403\) \(storage limit\).*write permission/,
    ],
    ["POST", 404, {}, /failed \(404\).*no such owner/],
    ["PUT", 413, {}, /refused \(413\).*smaller files/],
    ["POST", 507, {}, /refused \(507\).*owner has no space left/],
    ["POST", 429, { "retry-after": "600" }, /slow down \(429\)\. Run again in 600 seconds/],
    ["POST", 400, { "x-error-message": "bad YAML" }, /answered 400 \(bad YAML\)/],
  ] as const)("explains %s with status %i", async (method, status, headers, message) => {
    hub.trouble = (request, response, host) =>
      request.method === method && refuseAll(status, headers)(request, response, host);
    await expect(push()).rejects.toThrow(message);
    await expect(push()).rejects.toThrow(HubError);
  });

  it("explains the refusal of one file among many", async () => {
    hub.trouble = (request, response) => {
      if (!request.url?.endsWith("/batch")) return false;
      const oid = createHash("sha256").update(parquet).digest("hex");
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(
          JSON.stringify({ objects: [{ oid, size: 100_000, error: { code: 413, message: "too large" } }] }),
        );
      return true;
    };
    await expect(push()).rejects.toThrow(/refused \(413\) \(.*train-00000-of-00001\.parquet: too large/);
  });

  it("needs a token that the Hub knows", async () => {
    vi.stubEnv("HF_TOKEN", undefined);
    await expect(push()).rejects.toThrow(/needs a token.*HF_TOKEN/);
    expect(hub.seen).toEqual([]);
    await expect(push({ token: "hf_wrong" })).rejects.toThrow(/refused \(401\).*not valid/);
    await expect(push({ token: "wrong" })).rejects.toThrow(/begins with hf_/);
    expect((await push({ token: "hf_writer" })).created).toBe(true);
  });

  it("keeps from the network when it is told to", async () => {
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    await expect(push()).rejects.toThrow(/HF_HUB_OFFLINE is set/);
    expect(hub.seen).toEqual([]);
  });

  it("says that the Hub is down", async () => {
    await hub.down();
    await expect(push()).rejects.toThrow(/could not be reached: .*ECONNREFUSED/);
  });

  it("takes plain folders and names only", async () => {
    for (const repository of ["name", "../x/y", "owner/../x", "a/b/c", ""]) {
      await expect(push({ repository })).rejects.toThrow(/is no repository/);
    }
    await symlink("/etc/hostname", join(folder, "data/link.csv"));
    await expect(push()).rejects.toThrow(/link\.csv is a link/);
    await expect(pushDataset(join(root, "none"), { repository: "a/b" })).rejects.toThrow(/cannot be read/);
    await mkdir(join(root, "empty"));
    await expect(pushDataset(join(root, "empty"), { repository: "a/b" })).rejects.toThrow(/has no files/);
    await rm(join(folder, "data/link.csv"));
    await put("variant/run.json", "{}");
    await expect(push()).rejects.toThrow(/has a run folder in it/);
    expect(hub.seen).toEqual([]);
  });
});
