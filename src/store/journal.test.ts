import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "../errors.js";
import { Journal, readJournal } from "./journal.js";
import type { Sample } from "./sample.js";
import { canMount, canSetReadOnly, readOnlyFolder, smallDisk } from "./test-disk.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-journal-"));
  path = join(folder, "samples.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TEXTS = [
  "plain",
  "two\nlines",
  "ประเทศไทย",
  "\u2028 \u0085",
  "",
  '"}\n{"endsJob":true}',
  "👩‍👩‍👧 \ud800",
];

function sample(index: number, text = TEXTS[index % TEXTS.length] ?? ""): Sample {
  return {
    id: `zero-shot/th/a\u2028b/${index}`,
    configuration: "zero-shot",
    language: "th",
    label: "a\u2028b",
    index,
    seed: 4294967295 - index,
    text,
    tokens: index,
    finish: "length",
    filters: index % 3 === 0 ? ["short", "loop"] : [],
  };
}

/** Jobs of different sizes, one of a single row. */
function jobs(sizes: readonly number[]): Sample[][] {
  let index = 0;
  return sizes.map((size) => Array.from({ length: size }, () => sample(index++)));
}

async function writeAll(all: readonly Sample[][]): Promise<Buffer> {
  await using journal = await Journal.open(path);
  for (const job of all) await journal.append(job);
  return readFile(path);
}

/** How many jobs of `all` have exactly these rows; -1 when it is not a number of whole jobs. */
function wholeJobs(all: readonly Sample[][], rows: readonly Sample[]): number {
  for (let count = 0; count <= all.length; count += 1) {
    if (JSON.stringify(all.slice(0, count).flat()) === JSON.stringify(rows)) return count;
  }
  return -1;
}

describe("Journal", () => {
  it("gives back what was added, in this process and the next", async () => {
    const all = jobs([3, 1, 4]);
    await writeAll(all);
    await using journal = await Journal.open(path);
    expect(journal.rows()).toEqual(all.flat());
    expect(journal.droppedRows).toBe(0);
    expect((await readFile(path, "utf8")).trimEnd().split(/\r\n|[\n\u0085\u2028\u2029]/)).toHaveLength(8);
  });

  it("knows which rows each job wrote, in this process and the next", async () => {
    const bounds = [
      { start: 0, end: 3 },
      { start: 3, end: 4 },
      { start: 4, end: 8 },
    ];
    {
      await using journal = await Journal.open(path);
      for (const job of jobs([3, 1, 4])) await journal.append(job);
      expect(journal.jobs()).toEqual(bounds);
    }
    expect((await readJournal(path)).jobs).toEqual(bounds);
    await using journal = await Journal.open(path);
    expect(journal.jobs()).toEqual(bounds);
  });

  it("keeps what models found, in one order of keys", async () => {
    const { filters, ...rest } = sample(1);
    await writeAll([[{ judge: 1.5, filters: ["judge"], selfCheck: 0.123, ...rest, place: 2 }]]);
    expect(await readFile(path, "utf8")).toMatch(
      /"finish":"length","place":2,"selfCheck":0.123,"judge":1.5,"filters":\["judge"\],"endsJob":true/,
    );
  });

  it("recovers exactly the whole jobs, wherever the file was cut, and ends with the same bytes", async () => {
    const all = jobs([2, 1, 2]);
    const bytes = await writeAll(all);
    const ends: number[] = [];
    for (let count = 0; count <= all.length; count += 1) {
      await rm(path, { force: true });
      ends.push((await writeAll(all.slice(0, count))).length);
    }
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      await writeFile(path, bytes.subarray(0, cut));
      const journal = await Journal.open(path);
      const whole = ends.filter((end) => end <= cut).length - 1;
      expect(wholeJobs(all, journal.rows()), `cut at ${cut}`).toBe(whole);
      expect((await stat(path)).size).toBe(ends[whole]);
      // Each append waits for the disk: a part of the cuts is enough to see that the bytes come out the same.
      if (cut % 9 === 0) {
        for (const job of all.slice(whole)) await journal.append(job);
        expect(bytes.equals(await readFile(path)), `cut at ${cut}`).toBe(true);
      }
      await journal.close();
    }
  });

  it("drops a last line that a power failure filled with anything", async () => {
    const all = jobs([2, 2]);
    const bytes = await writeAll(all);
    for (const tail of [
      Buffer.alloc(4096),
      Buffer.from("\n"),
      Buffer.from('{"id":"x"}\n'),
      Buffer.from([255, 10]),
    ]) {
      await writeFile(path, Buffer.concat([bytes, tail]));
      await using journal = await Journal.open(path);
      expect(journal.rows()).toEqual(all.flat());
      expect(bytes.equals(await readFile(path))).toBe(true);
    }
  });

  it("reports how many rows of an unfinished job it dropped", async () => {
    const bytes = await writeAll(jobs([2, 3]));
    let cut = 5;
    for (let line = 0; line < 4; line += 1) cut = bytes.indexOf("\n", cut) + 5;
    await writeFile(path, bytes.subarray(0, cut));
    expect(await readJournal(path)).toMatchObject({ droppedRows: 2 });
    expect((await readFile(path)).length).toBe(cut);
    await using journal = await Journal.open(path);
    expect(journal.droppedRows).toBe(2);
  });

  it.each([
    ["not JSON", "{oops", /samples\.jsonl, line 2: not a line of JSON/],
    ["another shape", '{"id":"a"}', /samples\.jsonl, line 2: not a sample \(configuration/],
    ["an empty line", "", /samples\.jsonl, line 2: /],
    ["an unknown key", JSON.stringify({ ...sample(9), extra: 1 }), /samples\.jsonl, line 2: not a sample/],
    ["a repeated sample", JSON.stringify(sample(0)), /samples\.jsonl, line 2: .* second time/s],
    ["invalid UTF-8", Buffer.from([0x22, 0xff, 0x22]), /samples\.jsonl, line 2: not a line of JSON/],
  ])("refuses %s before the last line, and changes nothing", async (_, line, message) => {
    const lines = (await writeAll(jobs([3]))).toString().split("\n");
    const damaged = Buffer.concat([
      Buffer.from(`${lines[0]}\n`),
      Buffer.from(line as Buffer),
      Buffer.from(`\n${lines[2]}\n`),
    ]);
    await writeFile(path, damaged);
    await expect(Journal.open(path)).rejects.toThrow(message);
    await expect(Journal.open(path)).rejects.toBeInstanceOf(StoreError);
    expect(damaged.equals(await readFile(path))).toBe(true);
  });

  it("reads lines longer than its buffer", async () => {
    const long = [sample(0, "ก".repeat(1_500_000)), sample(1)];
    await writeAll([long, [sample(2)]]);
    await using journal = await Journal.open(path);
    expect(journal.rows()).toEqual([...long, sample(2)]);
  });

  it("refuses a sample twice and one that could not be read again, and stays usable", async () => {
    await using journal = await Journal.open(path);
    await journal.append([sample(0)]);
    const before = await readFile(path);
    await expect(journal.append([sample(1), sample(0)])).rejects.toThrow(/zero-shot\/th.* already in/s);
    await expect(journal.append([sample(1), sample(1)])).rejects.toThrow(/already in/);
    await expect(journal.append([{ ...sample(1), seed: 2 ** 32 }])).rejects.toThrow(
      /cannot be written.*seed/,
    );
    await journal.append([]);
    expect(before.equals(await readFile(path))).toBe(true);
    await journal.append([sample(1)]);
    expect(journal.rows()).toEqual([sample(0), sample(1)]);
  });

  it("writes the same bytes whatever the order of a sample's keys", async () => {
    const bytes = await writeAll([[sample(1)]]);
    await rm(path);
    const turned = Object.fromEntries(Object.entries(sample(1)).reverse()) as unknown as Sample;
    expect(bytes.equals(await writeAll([[turned]]))).toBe(true);
  });

  it("carries out calls that were not waited for one after another, and closes after them", async () => {
    const all = jobs([2, 5, 1, 3]);
    const journal = await Journal.open(path);
    const added = all.map((job) => journal.append(job));
    await journal.close();
    await Promise.all(added);
    expect((await readJournal(path)).rows).toEqual(all.flat());
    await expect(journal.append([sample(90)])).rejects.toThrow(/closed/);
    await journal.close();
  });

  it.skipIf(!canMount)(
    "on a full disk stays at the last whole job, and goes on when there is space",
    async () => {
      using disk = smallDisk(64);
      const ballast = join(disk.path, "ballast");
      await writeFile(ballast, Buffer.alloc(40_000));
      const full = join(disk.path, "samples.jsonl");
      // A job longer than a page, so that the disk takes a part of it.
      const all = Array.from({ length: 8 }, (_, job) =>
        [0, 1, 2].map((row) => sample(job * 3 + row, "ö".repeat(1200))),
      );
      const expected = await writeAll(all);
      await using journal = await Journal.open(full);
      let refused: unknown;
      for (const job of all) {
        try {
          await journal.append(job);
        } catch (error) {
          refused = error;
          const whole = wholeJobs(all, journal.rows());
          expect(whole).toBeGreaterThan(0);
          expect(whole).toBeLessThan(all.length);
          expect(wholeJobs(all, (await readJournal(full)).rows)).toBe(whole);
          expect(await readJournal(full)).toMatchObject({ droppedBytes: 0 });
          await rm(ballast, { force: true });
          await journal.append(job);
        }
      }
      expect(String(refused)).toMatch(/StoreError.*ENOSPC.*free some space/);
      expect(expected.equals(await readFile(full))).toBe(true);
    },
  );

  it.skipIf(!canSetReadOnly)("cannot be opened on a read-only disk, but can be read", async () => {
    using disk = readOnlyFolder();
    const bytes = await writeAll(jobs([2]));
    const there = join(disk.path, "samples.jsonl");
    await writeFile(there, bytes.subarray(0, -3), { mode: 0o444 });
    disk.setReadOnly();
    await expect(Journal.open(there)).rejects.toThrow(/EROFS|EACCES/);
    expect(await readJournal(there)).toMatchObject({ rows: [], droppedRows: 1 });
  });
});
