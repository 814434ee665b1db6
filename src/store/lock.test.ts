import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Journal, readJournal } from "./journal.js";
import { openRun } from "./run-folder.js";
import type { Sample } from "./sample.js";
import { type CompiledStore, compileStore } from "./test-process.js";

let store: CompiledStore;
beforeAll(() => {
  store = compileStore();
});
afterAll(() => store[Symbol.dispose]());

let parent: string;
let path: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "tiller-lock-"));
  path = join(parent, "run");
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const options = { name: "n", version: "0", fingerprint: "f", recipeText: "name: n\n", create: true };
const open = `import { openRun } from "./store/run-folder.js";
const run = await openRun(process.argv[2], ${JSON.stringify(options)});`;

const job = (number: number): Sample[] =>
  [0, 1, 2, 3].map((row) => ({
    id: `c/en/a/${number * 4 + row}`,
    configuration: "c",
    language: "en",
    label: "a",
    index: number * 4 + row,
    seed: row,
    text: "word ".repeat(400),
    tokens: 400,
    finish: "end",
    filters: [],
  }));

describe("the lock of a run folder, between processes", () => {
  it("names the process that has it, and is free at once when that is killed", async () => {
    const holder = store.run(`${open} console.log("open"); process.stdin.resume();`, path);
    expect(await holder.line()).toBe("open");
    await expect(openRun(path, options)).rejects.toThrow(`in use by process ${holder.child.pid} since`);
    holder.child.kill("SIGKILL");
    await holder.end();
    await (await openRun(path, options)).close();
    expect((await readdir(path)).filter((name) => name.startsWith("lock"))).toEqual([]);
  });

  it.skipIf(process.platform !== "linux")(
    "is free when the killed process was not collected yet",
    async () => {
      // A shell that never waits: the killed holder stays a zombie for as long as the shell sleeps.
      const holder = store.run(
        `import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
const script = ${JSON.stringify(`${open} console.log(process.pid); process.stdin.resume();`)};
writeFileSync(new URL("zombie.js", import.meta.url), script);
const file = new URL("zombie.js", import.meta.url).pathname;
spawn("sh", ["-c", 'tail -f /dev/null | "$0" "$1" "$2" & exec sleep 60', process.execPath, file, process.argv[2]],
  { stdio: ["ignore", "inherit", "inherit"], detached: true }).on("spawn", function () { console.log(this.pid); });
process.stdin.resume();`,
        path,
      );
      const shell = Number(await holder.line());
      const pid = Number(await holder.line());
      try {
        await expect(openRun(path, options)).rejects.toThrow(`in use by process ${pid} since`);
        process.kill(pid, "SIGKILL");
        let state = "";
        while (state !== "Z") {
          state = (await readFile(`/proc/${pid}/stat`, "latin1")).replace(/^.*\) /, "").charAt(0);
        }
        await (await openRun(path, options)).close();
      } finally {
        process.kill(-shell, "SIGKILL");
        holder.child.kill("SIGKILL");
        await holder.end();
      }
    },
  );

  it("is never held by two, however many try at the same time", async () => {
    const dead = store.run(`${open} process.kill(process.pid, "SIGKILL");`, path);
    await dead.end();
    // The witness is made with O_EXCL: two holders at one time would be seen.
    const script = `import { openSync, closeSync, unlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openRun } from "./store/run-folder.js";
const [, , path, witness] = process.argv;
let held = 0;
for (let round = 0; round < 12; round += 1) {
  try {
    const run = await openRun(path, ${JSON.stringify(options)});
    closeSync(openSync(witness, "wx"));
    held += 1;
    await sleep(2);
    unlinkSync(witness);
    await run.close();
  } catch (error) {
    if (error.name !== "StoreError" || !error.message.includes("in use by process")) {
      console.log("WRONG", error.stack);
      process.exit(1);
    }
  }
}
console.log("held", held);`;
    const all = Array.from({ length: 6 }, () => store.run(script, path, join(parent, "witness")));
    const ends = await Promise.all(all.map((process) => process.end()));
    expect(ends.map(({ output }) => output).join("")).not.toContain("WRONG");
    expect(ends.every(({ code }) => code === 0)).toBe(true);
    const held = ends.map(({ output }) => Number(/held (\d+)/.exec(output)?.[1]));
    expect(held.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(6);
    expect((await readdir(path)).filter((name) => name.startsWith("lock"))).toEqual([]);
  });
});

describe("a run that is killed again and again", () => {
  it("ends with the bytes of one that was not", async () => {
    const count = 40;
    const whole = join(parent, "whole.jsonl");
    {
      await using journal = await Journal.open(whole);
      for (let number = 0; number < count; number += 1) await journal.append(job(number));
    }
    const script = `${open}
import { Journal } from "./store/journal.js";
const job = ${job.toString()};
const journal = await Journal.open(run.journal);
for (let number = journal.rows().length / 4; number < ${count}; number += 1) {
  await journal.append(job(number));
  console.log("job", number);
}
await journal.close();
await run.close();
console.log("done");`;
    let kills = 0;
    for (let after = 1; ; after = (after * 5 + 3) % 11) {
      const writer = store.run(script, path);
      let line = await writer.line();
      for (let jobs = 0; line?.startsWith("job") && jobs < after; jobs += 1) line = await writer.line();
      if (line?.startsWith("job")) {
        writer.child.kill("SIGKILL");
        kills += 1;
        await writer.end();
        expect((await readJournal(join(path, "samples.jsonl"))).rows.length % 4).toBe(0);
      } else {
        expect(line).toBe("done");
        await writer.end();
        break;
      }
    }
    expect(kills).toBeGreaterThan(2);
    expect((await readFile(whole)).equals(await readFile(join(path, "samples.jsonl")))).toBe(true);
  });
});
