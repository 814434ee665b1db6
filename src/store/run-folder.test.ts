import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "../errors.js";
import { type OpenRunOptions, openRun, readRun } from "./run-folder.js";
import { canMount, canSetReadOnly, readOnlyFolder, smallDisk } from "./test-disk.js";

let parent: string;
let path: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "tiller-run-"));
  path = join(parent, "deep", "run");
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const options: OpenRunOptions = {
  name: "films",
  version: "0.1.0",
  fingerprint: "f1",
  recipeText: "name: films\n",
  files: { "b.jsonl": "2", "a.jsonl": "1" },
  create: true,
};

async function make(): Promise<void> {
  await (await openRun(path, options)).close();
}

describe("openRun", () => {
  it("makes the folder, and finds it again", async () => {
    {
      await using run = await openRun(path, options);
      expect(run.path).toBe(path);
      expect(run.file("vectors", "a.gguf")).toBe(join(path, "vectors", "a.gguf"));
    }
    expect((await readdir(path)).sort()).toEqual(["data", "recipe.yaml", "run.json", "vectors"]);
    const description = {
      format: 1,
      tool: "tillerlm",
      version: "0.1.0",
      name: "films",
      fingerprint: "f1",
      files: { "a.jsonl": "1", "b.jsonl": "2" },
    };
    expect(JSON.parse(await readFile(join(path, "run.json"), "utf8"))).toEqual(description);
    expect(await readRun(path)).toEqual({ description, recipeText: "name: films\n" });
    const before = await readFile(join(path, "run.json"));
    await using again = await openRun(path, { ...options, version: "0.2.0", recipeText: "name:  films\n" });
    expect(again.description).toEqual(description);
    expect(before.equals(await readFile(join(path, "run.json")))).toBe(true);
    // The recipe as it is now, where it does not concern the samples.
    expect(await readFile(again.recipe, "utf8")).toBe("name:  films\n");
  });

  it("goes on when only how much is asked for has changed, there and back", async () => {
    await (await openRun(path, { ...options, textFingerprint: "t" })).close();
    await writeFile(join(path, "samples.jsonl"), "{}\n");
    for (const fingerprint of ["f2", "f1"]) {
      await using run = await openRun(path, {
        ...options,
        fingerprint,
        textFingerprint: "t",
        version: "0.2.0",
      });
      expect(run.description).toMatchObject({ fingerprint, textFingerprint: "t", version: "0.1.0" });
    }
    const other = { ...options, fingerprint: "f2", textFingerprint: "u" };
    await expect(openRun(path, other)).rejects.toThrow(/another recipe/);
  });

  it("lets a run of an older version be extended once it was opened as it was", async () => {
    await make();
    await writeFile(join(path, "samples.jsonl"), "{}\n");
    const more = { ...options, fingerprint: "f2", textFingerprint: "t" };
    await expect(openRun(path, more)).rejects.toThrow(/another recipe/);
    await (await openRun(path, { ...options, textFingerprint: "t" })).close();
    await (await openRun(path, more)).close();
  });

  it("goes on after a process that ended while it made the folder", async () => {
    await make();
    for (const left of [[], ["run.json"], ["run.json", "vectors"]]) {
      for (const name of await readdir(path)) {
        if (!left.includes(name)) await rm(join(path, name), { recursive: true });
      }
      await writeFile(join(path, ".tiller-4194999-0123456789abcdef.tmp"), "half");
      await make();
      expect((await readdir(path)).sort()).toEqual(["data", "recipe.yaml", "run.json", "vectors"]);
    }
  });

  it("begins anew for another recipe while there are no samples", async () => {
    await make();
    await writeFile(join(path, "vectors", "old.gguf"), "");
    await using run = await openRun(path, { ...options, fingerprint: "f2", recipeText: "name: put right\n" });
    expect(run.description.fingerprint).toBe("f2");
    expect(await readdir(run.vectors)).toEqual([]);
    expect(await readFile(run.recipe, "utf8")).toBe("name: put right\n");
  });

  it("refuses another recipe's folder, and says what to compare", async () => {
    await make();
    await writeFile(join(path, "samples.jsonl"), "{}\n");
    const other = { ...options, fingerprint: "f2", files: { "a.jsonl": "1", "b.jsonl": "3" } };
    await expect(openRun(path, other)).rejects.toThrow(
      /another recipe \(films\)\. Compare .*recipe\.yaml.*These files differ: b\.jsonl\. Choose another output/,
    );
    await make();
  });

  it("refuses a folder that holds something else, and writes nothing into it", async () => {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "thesis.tex"), "");
    await expect(openRun(path, options)).rejects.toThrow(/not a run folder and is not empty.*thesis\.tex/);
    expect(await readdir(path)).toEqual(["thesis.tex"]);
    await expect(openRun(join(path, "thesis.tex"), options)).rejects.toThrow(/is a file and not a folder/);
  });

  it("does not make a folder unless asked", async () => {
    await expect(openRun(path, { ...options, create: false })).rejects.toThrow(/no run folder at/);
    await expect(readRun(path)).rejects.toThrow(/no run folder at/);
    await mkdir(path, { recursive: true });
    await expect(openRun(path, { ...options, create: false })).rejects.toThrow(/no run\.json/);
    expect(await readdir(path)).toEqual([]);
  });

  it.each([
    ['{"format":2,"tool":"tillerlm"}', /newer Tiller, format 2; this one reads 1/],
    ['{"format":0,"tool":"tillerlm"}', /another Tiller, format 0; this one reads 1/],
    ['{"format":1,"tool":"tillerlm"}', /run\.json is damaged: version/],
    ['{"format":1}', /run\.json was not made by Tiller/],
    ['{"form', /run\.json is damaged: it is not JSON/],
  ])("refuses run.json %j, and leaves no lock", async (text, message) => {
    await make();
    await writeFile(join(path, "run.json"), text);
    await expect(openRun(path, options)).rejects.toThrow(message);
    await expect(readRun(path)).rejects.toBeInstanceOf(StoreError);
    expect((await readdir(path)).filter((name) => name.startsWith("lock"))).toEqual([]);
  });

  it("refuses names that leave the folder", async () => {
    await using run = await openRun(path, options);
    for (const name of ["..", "", ".", "a/b", "a\\b", "a\0"])
      expect(() => run.file(name)).toThrow(StoreError);
  });

  it("is for one holder at a time, also within a process", async () => {
    const run = await openRun(path, options);
    await expect(openRun(path, options)).rejects.toThrow(/already open in this process/);
    await run.close();
    await run.close();
    await make();
  });

  it("respects a lock of another machine, and says which file to delete", async () => {
    await make();
    const lock = join(path, "lock-7-0123456789abcdef.json");
    const since = "2025-01-01T00:00:00.000Z";
    const elsewhere = { pid: 7, host: `not-${hostname()}`, startTicks: null, boot: null, since };
    await writeFile(lock, JSON.stringify(elsewhere));
    await expect(openRun(path, options)).rejects.toThrow(/process 7 on not-.*delete .*lock-7-/);
    await writeFile(lock, "");
    await expect(openRun(path, options)).rejects.toThrow(/not a lock of this version.*delete the file/s);
    await rm(lock);
    await make();
  });

  it("takes over a lock whose number now belongs to another process", async () => {
    await make();
    const since = "2025-01-01T00:00:00.000Z";
    const lock = { pid: process.pid, host: hostname(), startTicks: "1", boot: null, since };
    await writeFile(join(path, `lock-${process.pid}-0123456789abcdef.json`), JSON.stringify(lock));
    if (process.platform === "linux") await make();
    else await expect(openRun(path, options)).rejects.toThrow(/already open/);
  });

  it.skipIf(!canSetReadOnly)("refuses a read-only folder, and can still read it", async () => {
    using disk = readOnlyFolder();
    path = join(disk.path, "run");
    await make();
    disk.setReadOnly();
    if (canMount) await expect(openRun(path, options)).rejects.toThrow(/run folder.*EROFS.*choose a folder/);
    await expect(openRun(join(disk.path, "new"), options)).rejects.toThrow(/EROFS|EACCES/);
    expect((await readRun(path)).description.name).toBe("films");
  });

  it.skipIf(!canMount)("on a full disk says so, and opens when there is space", async () => {
    using disk = smallDisk(64);
    path = join(disk.path, "run");
    await writeFile(join(disk.path, "ballast"), Buffer.alloc(100_000)).catch(() => {});
    await expect(openRun(path, options)).rejects.toThrow(/ENOSPC.*free some space/);
    await rm(join(disk.path, "ballast"));
    await make();
  });
});
