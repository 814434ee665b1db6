import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "../errors.js";
import { canMount, canSetReadOnly, readOnlyFolder, smallDisk } from "./test-disk.js";
import { writeFileAtomic } from "./write-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-write-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("writeFileAtomic", () => {
  it("writes text, bytes and parts, and leaves nothing beside them", async () => {
    await writeFileAtomic(join(folder, "text"), "żółć");
    await writeFileAtomic(join(folder, "bytes"), Uint8Array.of(0, 255));
    await writeFileAtomic(join(folder, "parts"), ["a", "b", "", "c"]);
    expect(await readFile(join(folder, "text"), "utf8")).toBe("żółć");
    expect([...(await readFile(join(folder, "bytes")))]).toEqual([0, 255]);
    expect(await readFile(join(folder, "parts"), "utf8")).toBe("abc");
    expect((await readdir(folder)).sort()).toEqual(["bytes", "parts", "text"]);
  });

  it("keeps the old file when the parts fail on the way", async () => {
    const path = join(folder, "data");
    await writeFile(path, "old");
    function* parts() {
      yield "new";
      throw new Error("out of texts");
    }
    await expect(writeFileAtomic(path, parts())).rejects.toThrow(/write .*data: out of texts/);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["data"]);
  });

  it("says so when the folder is missing or the path is a folder", async () => {
    await expect(writeFileAtomic(join(folder, "no", "file"), "x")).rejects.toThrow(StoreError);
    await mkdir(join(folder, "sub"));
    await expect(writeFileAtomic(join(folder, "sub"), "x")).rejects.toThrow(StoreError);
    expect(await readdir(folder)).toEqual(["sub"]);
  });

  it.skipIf(!canMount)("on a full disk keeps the old file and leaves no half file", async () => {
    using disk = smallDisk(64);
    const path = join(disk.path, "data");
    await writeFileAtomic(path, "old");
    await expect(writeFileAtomic(path, "x".repeat(100_000))).rejects.toThrow(/ENOSPC.*free some space/s);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(disk.path)).toEqual(["data"]);
    await writeFileAtomic(path, "x".repeat(30_000));
    expect((await readFile(path)).length).toBe(30_000);
  });

  it.skipIf(!canSetReadOnly)("on a read-only folder says what to do", async () => {
    using disk = readOnlyFolder();
    disk.setReadOnly();
    await expect(writeFileAtomic(join(disk.path, "data"), "x")).rejects.toThrow(
      /(EROFS|EACCES).*(can be written|may write)/s,
    );
  });
});
