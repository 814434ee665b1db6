import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HubError, InterruptedError, RecipeError } from "../errors.js";
import { resolveDataset } from "./resolve-dataset.js";
import { inTurn, refuseAll, startTestHub, type TestHub, type Trouble } from "./test-hub.js";

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

const SOURCE = "hf:datasets/owner/name";
const REPOSITORY = "datasets/owner/name";
const first = randomBytes(300_000);
const second = randomBytes(200_000);

let home: string;
let hub: TestHub;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tiller-dataset-"));
  hub = await startTestHub();
  waits.length = 0;
  vi.stubEnv("HF_ENDPOINT", hub.url);
  for (const name of ["HF_TOKEN", "HF_HUB_OFFLINE", "TILLER_OFFLINE"]) vi.stubEnv(name, undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.down().catch(() => {});
  await rm(home, { recursive: true });
});

/** A data set of two Parquet files and a card. */
const putShards = () =>
  hub.put(REPOSITORY, {
    "README.md": "# Texts\n",
    "data/train-00000-of-00002.parquet": first,
    "data/train-00001-of-00002.parquet": second,
  });

const sha256 = (data: Buffer) => createHash("sha256").update(data).digest("hex");
const SHARDS = [first, second].map(sha256);

/** Hex sha256 of each fetched file. */
async function contents(source = SOURCE, options = {}): Promise<string[]> {
  const { files } = await resolveDataset(source, { home, ...options });
  return Promise.all(files.map(async ({ path }) => sha256(await readFile(path))));
}

const names = async (source = SOURCE, options = {}) =>
  (await resolveDataset(source, { home, ...options })).files.map(({ name }) => name);

/** Drops the connection of the first `times` bodies after 100,000 bytes. */
function dropBodies(times: number): Trouble {
  let dropped = 0;
  return (request, response, host) => {
    if (host === "hub" || dropped >= times) return false;
    dropped++;
    const body = request.url?.includes(sha256(first)) ? first : second;
    hub.send(request, response, body, sha256(body), 100_000);
    return true;
  };
}

describe("a data set of the Hub", () => {
  it("is found, fetched with all of its shards, and then used without the network", async () => {
    const commit = putShards();
    const found = await resolveDataset(SOURCE, { home });
    expect(found).toMatchObject({ repository: "owner/name", revision: commit, notes: [] });
    expect(found.files.map(({ name, split, config }) => [name, split, config])).toEqual([
      ["data/train-00000-of-00002.parquet", "train", "default"],
      ["data/train-00001-of-00002.parquet", "train", "default"],
    ]);
    expect(await contents()).toEqual(SHARDS);
    // Five entries and two a page: the listing came in parts.
    expect(hub.seen.filter(({ url }) => url.includes("/tree/")).length).toBeGreaterThan(1);

    hub.seen = [];
    expect(await resolveDataset(SOURCE, { home, offline: true })).toEqual(found);
    expect(await resolveDataset(`${SOURCE}@${commit}`, { home })).toEqual(found);
    expect(hub.seen).toEqual([]);
    // A branch is looked up, its files are not fetched again.
    await resolveDataset(SOURCE, { home });
    expect(hub.seen.map(({ url }) => url.split("?")[0])).toEqual(["/api/datasets/owner/name/revision/main"]);
  });

  it("is used as it was while the Hub is down, and says so", async () => {
    const commit = putShards();
    const found = await resolveDataset(SOURCE, { home });
    await hub.down();
    const later = await resolveDataset(SOURCE, { home });
    expect(later.files).toEqual(found.files);
    expect(later.notes).toEqual([expect.stringContaining(`commit ${commit.slice(0, 7)}`)]);
    expect(later.notes[0]).toMatch(
      /as it was on \d{4}-\d\d-\d\d.*because the Hub cannot be reached: .*ECONNREFUSED/,
    );
  });

  it("follows a branch that moves, and fetches only what is new", async () => {
    putShards();
    await contents();
    hub.put(REPOSITORY, {
      "data/train-00000-of-00002.parquet": first,
      "data/train-00001-of-00002.parquet": first,
    });
    hub.seen = [];
    expect(await contents()).toEqual([SHARDS[0], SHARDS[0]]);
    expect(hub.seen.filter(({ host }) => host === "storage")).toEqual([]);
  });

  it("survives a connection that is dropped in the middle, each time where it ended", async () => {
    putShards();
    hub.trouble = dropBodies(2);
    expect(await contents()).toEqual(SHARDS);
    const starts = hub.seen
      .filter(({ host }) => host === "storage")
      .map(({ range }) => Number(/^bytes=(\d+)-/.exec(range ?? "bytes=0-")?.[1]));
    expect(starts.length).toBe(4);
    expect(starts.filter((start) => start === 0).length).toBe(2);
  });

  it("waits as long as the Hub asks", async () => {
    putShards();
    hub.trouble = inTurn(
      refuseAll(429, { "retry-after": "3" }),
      () => false,
      refuseAll(429, { "retry-after": "4" }),
    );
    expect(await contents()).toEqual(SHARDS);
    expect(waits).toEqual([3000, 4000]);
    hub.trouble = refuseAll(429, { "retry-after": "3600" });
    const refused = resolveDataset(`${SOURCE}@other`, { home });
    await expect(refused).rejects.toThrow(/slow down \(429\).*3600 seconds/);
    await expect(refused).rejects.toThrow(HubError);
  });

  it("is fetched with a token, which stays with the Hub", async () => {
    putShards();
    hub.repositories.get(REPOSITORY)!.private = true;
    hub.token = "hf_good";
    await expect(contents()).rejects.toThrow(/refused \(401\).*private or gated.*HF_TOKEN/);
    vi.stubEnv("HF_TOKEN", "hf_bad");
    await expect(contents()).rejects.toThrow(/refused \(401\).*HF_TOKEN is not valid/);
    vi.stubEnv("HF_TOKEN", "hf_good");
    hub.seen = [];
    expect(await contents()).toEqual(SHARDS);
    expect(new Set(hub.seen.map(({ host, authorization }) => `${host} ${authorization}`))).toEqual(
      new Set(["hub Bearer hf_good", "storage undefined"]),
    );
    vi.stubEnv("HF_TOKEN", "good");
    await expect(contents()).rejects.toThrow(/a token begins with hf_/);
  });

  it.each([
    [refuseAll(503), /trouble of its own \(503\)/],
    [refuseAll(404, { "x-error-code": "RepoNotFound" }), /no such repository/],
    [refuseAll(404, { "x-error-code": "RevisionNotFound" }), /no revision "main"/],
    [refuseAll(200), /does not answer as the Hugging Face Hub does.*HF_ENDPOINT/],
  ] as const)("is refused in plain words (%#)", async (trouble, message) => {
    hub.trouble = trouble;
    await expect(contents()).rejects.toThrow(message);
    await expect(contents()).rejects.toThrow(HubError);
  });

  it("says what is missing without the network", async () => {
    await expect(contents(SOURCE, { offline: true })).rejects.toThrow(/not in the cache .*network is not/);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    await expect(contents()).rejects.toThrow(/HF_HUB_OFFLINE is set/);
    vi.stubEnv("HF_HUB_OFFLINE", undefined);
    hub.put(REPOSITORY, { "a/train.csv": "x\n1\n", "b/train.csv": "x\n2\n" });
    await contents(SOURCE, { config: "a" });
    await expect(contents(SOURCE, { config: "b", offline: true })).rejects.toThrow(
      /not in the cache.*: b\/train.csv/,
    );
  });

  it("says so when the Hub is down from the start", async () => {
    await hub.down();
    await expect(contents()).rejects.toThrow(
      /could not be reached: .*ECONNREFUSED.*Check the network and HF_ENDPOINT/,
    );
  });

  it("fetches a file anew that was damaged on the disk, and refuses one that is not what is listed", async () => {
    hub.put(REPOSITORY, { "train.parquet": first, "test.csv": "x\n1\n" });
    const [file] = (await resolveDataset(SOURCE, { home })).files;
    await writeFile(file!.path, "damage");
    const again = await resolveDataset(SOURCE, { home });
    expect(first.equals(await readFile(again.files[0]!.path))).toBe(true);
    expect(again.notes).toEqual([expect.stringContaining("train.parquet was damaged")]);

    await rm(file!.path);
    hub.trouble = (request, response, host) => {
      if (host === "storage") hub.send(request, response, second, sha256(first));
      return host === "storage";
    };
    await expect(contents()).rejects.toThrow(HubError);
    const place = `${SOURCE}/test.csv`;
    hub.trouble = (request, response) => {
      if (!request.url?.includes("/resolve/")) return false;
      hub.send(request, response, Buffer.from("x\n2\n"), "0".repeat(40));
      return true;
    };
    await expect(contents(place)).rejects.toThrow(/not the file that the Hub lists: expected [0-9a-f]{40}/);
    hub.trouble = () => false;
    expect(await contents(place)).toEqual([sha256(Buffer.from("x\n1\n"))]);
  });

  it("takes files as the card says", async () => {
    const card = [
      "---",
      "configs:",
      "- config_name: de",
      "  data_files:",
      "  - split: train",
      "    path: [texts/de-*.csv]",
      "  - split: test",
      "    path: held-out/**/de.csv",
      "- config_name: fr",
      "  default: true",
      "  data_dir: texts",
      '  data_files: "fr-[0-9].csv"',
      "---",
      "# Texts",
    ].join("\n");
    hub.put(REPOSITORY, {
      "README.md": card,
      "texts/de-1.csv": "x\n1\n",
      "texts/de-2.csv": "x\n2\n",
      "texts/fr-1.csv": "x\n3\n",
      "texts/fr-x.csv": "x\n4\n",
      "held-out/de.csv": "x\n5\n",
    });
    expect(await names()).toEqual(["texts/fr-1.csv"]);
    expect(await names(SOURCE, { config: "de", split: "train" })).toEqual([
      "texts/de-1.csv",
      "texts/de-2.csv",
    ]);
    expect(await names(SOURCE, { config: "de", split: "test" })).toEqual(["held-out/de.csv"]);
    await expect(names(SOURCE, { config: "de" })).rejects.toThrow(
      /2 splits: train, test\. Choose one with `split`/,
    );
    await expect(names(SOURCE, { config: "it" })).rejects.toThrow(
      /no configuration "it"\. There are: de, fr/,
    );
    await expect(names(SOURCE, { split: "test" })).rejects.toThrow(RecipeError);
  });

  it("takes one file, a folder or a pattern", async () => {
    hub.put(REPOSITORY, {
      "README.md": "no front matter",
      "de/train.jsonl": "{}\n",
      "de/test.jsonl": "{ }\n",
      "fr/train.jsonl": "{  }\n",
      "notes.txt": "text",
    });
    await expect(names()).rejects.toThrow(/2 configurations: de, fr\. Choose one with `config`/);
    expect(await names(`${SOURCE}/fr/train.jsonl`)).toEqual(["fr/train.jsonl"]);
    expect(await names(`${SOURCE}/de`, { split: "test" })).toEqual(["de/test.jsonl"]);
    expect(await names(`${SOURCE}/*/test.jsonl`)).toEqual(["de/test.jsonl"]);
    await expect(names(`${SOURCE}/notes.txt`)).rejects.toThrow(/names no Parquet.* but notes\.txt/);
    await expect(names(`${SOURCE}/it`)).rejects.toThrow(
      /names no file\. The data files are: de\/train\.jsonl/,
    );
  });

  it("falls back on the Hub's Parquet copy", async () => {
    hub.put(REPOSITORY, { "README.md": "", "data.zip": "zip" });
    await expect(names()).rejects.toThrow(/no Parquet, JSONL.*and the Hub has no Parquet copy of it/);
    const commit = hub.put(
      REPOSITORY,
      { "de/partial-train/0000.parquet": first, "de/x/0000.parquet": second },
      "refs/convert/parquet",
    );
    await expect(names()).rejects.toThrow(/2 splits: train, x/);
    const found = await resolveDataset(SOURCE, { home, split: "train" });
    expect(found).toMatchObject({
      revision: commit,
      files: [{ name: "de/partial-train/0000.parquet", split: "train", config: "de" }],
    });
    expect(found.notes.join()).toMatch(/Parquet copy.*only the first part/);
    expect((await resolveDataset(SOURCE, { home, split: "train", offline: true })).files).toEqual(
      found.files,
    );
  });

  it("keeps hostile paths in the cache, or refuses them", async () => {
    const odd = "CON: a*b?.parquet";
    hub.put(REPOSITORY, { [odd]: first });
    const { files } = await resolveDataset(SOURCE, { home });
    expect(files[0]!.name).toBe(odd);
    expect(relative(home, files[0]!.path)).toMatch(
      /^datasets.owner--name-[0-9a-f]{16}.files.[0-9a-f]{64}\.parquet$/,
    );
    for (const hostile of [
      "../x.parquet",
      "/etc/x.parquet",
      "a\\..\\x.parquet",
      "a/\0.parquet",
      "a/../x.parquet",
    ]) {
      hub.put(REPOSITORY, { [hostile]: first });
      await expect(contents()).rejects.toThrow(/no plain path inside a repository.*do not trust/);
    }
    expect(await readdir(home)).toEqual(["datasets", "sha256.json"]);
  });

  it("is fetched once by two that want it at the same time", async () => {
    putShards();
    expect(await Promise.all([contents(), contents()])).toEqual([SHARDS, SHARDS]);
    expect(hub.seen.filter(({ host }) => host === "storage").length).toBe(2);
  });

  it("is not begun if the disk cannot hold all of it", async () => {
    putShards();
    hub.trouble = (request, response) => {
      if (request.headers.range !== "bytes=0-0") return false;
      response.writeHead(206, { "content-range": "bytes 0-0/5000000000000000", etag: '"x"' }).end(" ");
      return true;
    };
    await expect(contents()).rejects.toThrow(
      /The disk is full: the download needs \d+\.\d GB more.*TILLER_HOME/,
    );
    await expect(contents()).rejects.toThrow(HubError);
  });

  it("stops when it is asked to", async () => {
    putShards();
    const controller = new AbortController();
    hub.trouble = (_request, _response, host) => {
      if (host === "storage") controller.abort();
      return false;
    };
    await expect(contents(SOURCE, { signal: controller.signal })).rejects.toThrow(InterruptedError);
    hub.trouble = () => false;
    expect(await contents()).toEqual(SHARDS);
  });
});
