import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelError } from "../errors.js";
import { PartialFile } from "./partial-file.js";

const sum = (text: string) => createHash("sha256").update(text).digest("hex");
const bytes = (text: string) => new TextEncoder().encode(text);
const silent = () => {};

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-partial-"));
  path = join(folder, "model.gguf.part");
});
afterEach(() => rm(folder, { recursive: true }));

describe("PartialFile", () => {
  it("takes up all bytes of the same fingerprint, and none of another", async () => {
    {
      await using first = await PartialFile.open(path);
      await first.begin("etag-1", "bytes", silent);
      await first.append(bytes("abc"));
    }
    {
      await using second = await PartialFile.open(path);
      await second.begin("etag-1", "bytes", silent);
      expect(second.bytes).toBe(3);
      await second.append(bytes("def"));
      expect(second.sha256()).toBe(sum("abcdef"));
    }
    await using third = await PartialFile.open(path);
    await third.begin("etag-2", "bytes", silent);
    expect(third.bytes).toBe(0);
    await third.append(bytes("x"));
    expect(third.sha256()).toBe(sum("x"));
    await third.commit(join(folder, "model.gguf"));
    expect(await readdir(folder)).toEqual(["model.gguf"]);
    expect(await readFile(join(folder, "model.gguf"), "utf8")).toBe("x");
  });

  it("keeps whole sections and rolls back the rest", async () => {
    {
      await using first = await PartialFile.open(path);
      await first.begin("f", "sections", silent);
      await first.append(bytes("one"));
      await first.finishSection();
      await first.append(bytes("tw"));
      await first.rollBack();
      expect(first.sha256()).toBe(sum("one"));
      await first.append(bytes("t"));
    }
    await using second = await PartialFile.open(path);
    await second.begin("f", "sections", silent);
    expect([second.bytes, second.finishedSections]).toEqual([3, 1]);
    await second.append(bytes("half"));
    await second.rollBack();
    await second.append(bytes("two"));
    await second.finishSection();
    expect(second.sha256()).toBe(sum("onetwo"));
    expect(await readFile(path, "utf8")).toBe("onetwo");
  });

  it("begins anew if sections are missing or its state is damaged", async () => {
    const write = async () => {
      await using file = await PartialFile.open(path);
      await file.begin("f", "sections", silent);
      const before = file.bytes;
      await file.append(bytes("section"));
      await file.finishSection();
      return before;
    };
    await write();
    await truncate(path, 2);
    expect(await write()).toBe(0);
    await writeFile(`${path}.json`, "{");
    expect(await write()).toBe(0);
    expect(await write()).toBe(7);
  });

  it("refuses what the disk cannot hold", async () => {
    await using file = await PartialFile.open(path);
    await file.begin("f", "bytes", silent);
    await expect(file.requireSpace(1)).resolves.toBeUndefined();
    await expect(file.requireSpace(2 ** 60)).rejects.toThrow(/disk is full.*TILLER_HOME/);
  });

  // Writing to /dev/full fails as on a full disk, and the error comes from the kernel.
  it.skipIf(!existsSync("/dev/full"))("says so when the disk is full", async () => {
    await symlink("/dev/full", path);
    await using file = await PartialFile.open(path);
    await file.begin("f", "bytes", silent);
    const writing = file.append(bytes("abc"));
    await expect(writing).rejects.toThrow(ModelError);
    await expect(writing).rejects.toThrow(/disk is full.*model\.gguf\.part.*Free some space/);
  });
});
