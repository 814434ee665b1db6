import { mkdtemp, readFile, rename, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InterruptedError, ModelError } from "../errors.js";
import { fileSha256 } from "./sha256.js";

// printf 'abc' | sha256sum; printf 'abd' | sha256sum
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const ABD = "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9";

let home: string;
let path: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tiller-sha256-"));
  path = join(home, "model.gguf");
  await writeFile(path, "abc");
});
afterEach(() => rm(home, { recursive: true }));

/** True if the file was read, rather than its sum taken from the cache. */
async function isHashed(): Promise<boolean> {
  let reports = 0;
  await fileSha256(path, { home, onProgress: () => reports++ });
  return reports > 0;
}

describe("fileSha256", () => {
  it("hashes a file once", async () => {
    const reports: [number, number][] = [];
    const onProgress = (hashed: number, total: number) => reports.push([hashed, total]);
    expect(await fileSha256(path, { home, onProgress })).toBe(ABC);
    expect(reports).toEqual([[3, 3]]);
    expect(await isHashed()).toBe(false);
    expect(await fileSha256(path, { home })).toBe(ABC);
  });

  it("knows a file by its real path", async () => {
    await fileSha256(path, { home });
    await symlink(path, join(home, "link.gguf"));
    path = join(home, "link.gguf");
    expect(await isHashed()).toBe(false);
  });

  it("hashes again after a change that keeps the length", async () => {
    expect(await fileSha256(path, { home })).toBe(ABC);
    await writeFile(path, "abd");
    expect(await fileSha256(path, { home })).toBe(ABD);
  });

  it("hashes again a file that was put in its place with the same time and length", async () => {
    expect(await fileSha256(path, { home })).toBe(ABC);
    const { atime, mtime } = await stat(path);
    await utimes(path, atime, mtime);
    await fileSha256(path, { home });
    await writeFile(`${path}.new`, "abd");
    await utimes(`${path}.new`, atime, mtime);
    await rename(`${path}.new`, path);
    expect(await fileSha256(path, { home })).toBe(ABD);
  });

  it.each(["", "{", "null", '{"format":2}', '{"format":1,"files":{"/a":{"sha256":"x"}}}'])(
    "survives a cache that holds %j",
    async (damage) => {
      await writeFile(join(home, "sha256.json"), damage);
      expect(await fileSha256(path, { home })).toBe(ABC);
      expect(await isHashed()).toBe(false);
    },
  );

  it("works in a home that cannot be written", async () => {
    expect(await fileSha256(path, { home: path })).toBe(ABC);
    expect(await readFile(path, "utf8")).toBe("abc");
  });

  it("says which file cannot be read, and stops when asked", async () => {
    const missing = fileSha256(join(home, "none.gguf"), { home });
    await expect(missing).rejects.toThrow(ModelError);
    await expect(missing).rejects.toThrow(/none\.gguf/);
    await expect(fileSha256(path, { home, signal: AbortSignal.abort() })).rejects.toThrow(InterruptedError);
  });
});
