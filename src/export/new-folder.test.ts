import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { StoreError } from "../errors.js";
import { writeNewFolder } from "./new-folder.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-new-folder-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("leaves what another process has put there meanwhile", async () => {
  const target = join(folder, "race", "out");
  const written = writeNewFolder(target, { overwrite: false }, async (add) => {
    await add("a", "ours");
    await mkdir(target);
    await writeFile(join(target, "b"), "theirs");
  });
  await expect(written).rejects.toThrow(StoreError);
  expect(await readFile(join(target, "b"), "utf8")).toBe("theirs");
  expect(await readdir(join(folder, "race"))).toEqual(["out"]);
});

it("takes an empty folder", async () => {
  const target = join(folder, "empty");
  await mkdir(target);
  await writeNewFolder(target, { overwrite: false }, (add) => add("deep/a", "ours"));
  expect(await readFile(join(target, "deep", "a"), "utf8")).toBe("ours");
});

it("removes what killed exports left, but what may be at work and what may be the user's", async () => {
  const parent = join(folder, "left");
  // No process has this number: Linux ends at 2^22.
  const dead = (mark: string, ending: string) => `.tiller-99999999-${mark.repeat(16)}.${ending}`;
  const names = {
    half: dead("a", "tmp"),
    replaced: dead("b", "old"),
    between: dead("c", "tmp"),
    users: dead("c", "old"),
    living: `.tiller-${process.pid}-${"d".repeat(16)}.tmp`,
    new: dead("e", "tmp"),
  };
  const longAgo = new Date(Date.now() - 2 * 3_600_000);
  for (const name of Object.values(names)) {
    await mkdir(join(parent, name, "data"), { recursive: true });
    if (name !== names.new) await utimes(join(parent, name), longAgo, longAgo);
  }
  await writeNewFolder(join(parent, "out"), { overwrite: false }, (add) => add("a", "ours"));
  const present = Object.entries(names).filter(([, name]) => existsSync(join(parent, name)));
  expect(present.map(([key]) => key)).toEqual(["between", "users", "living", "new"]);
});
