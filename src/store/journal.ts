import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { StoreError } from "../errors.js";
import { storeError } from "./failure.js";
import { jsonLine } from "./json-line.js";
import { firstIssue } from "./read-json.js";
import type { Sample } from "./sample.js";
import { journalLineSchema, sampleSchema } from "./sample-schema.js";
import { syncFolder } from "./sync-folder.js";

/** The rows of one job: from `start` to before `end`, positions in the journal's rows. */
export interface JournalJob {
  readonly start: number;
  readonly end: number;
}

/** What is on disk: the whole jobs, and what an interrupted process left after them. */
export interface JournalContent {
  /** Samples of whole jobs, in the order in which they were written. */
  readonly rows: readonly Sample[];
  /** The jobs that wrote them, in their order. Every row is of one job. */
  readonly jobs: readonly JournalJob[];
  /** Length in bytes of the whole jobs. */
  readonly bytes: number;
  /** Complete rows after them, of a job that was never finished. */
  readonly droppedRows: number;
  /** Bytes after them, with those rows. */
  readonly droppedBytes: number;
}

/**
 * The append-only file `samples.jsonl`. The job is the unit of truth: it is written with one write, synced,
 * and counts from then on; part of a job never counts.
 *
 * The file itself says where jobs end: the last row of each job carries `"endsJob":true`. A row counts if
 * it, or a row after it, ends a job. Opening drops the rest, so that however a run was interrupted, it goes
 * on from a whole job, and the end is the same bytes as if it had not been.
 */
export class Journal implements AsyncDisposable {
  readonly path: string;
  /** Complete rows of an unfinished job that were dropped on opening. They are written again. */
  readonly droppedRows: number;
  #file: FileHandle | undefined;
  #size: number;
  readonly #rows: Sample[];
  readonly #jobs: JournalJob[];
  readonly #ids: Set<string>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, content: JournalContent) {
    this.path = path;
    this.#file = file;
    this.#size = content.bytes;
    this.#rows = [...content.rows];
    this.#jobs = [...content.jobs];
    this.#ids = new Set(content.rows.map((row) => row.id));
    this.droppedRows = content.droppedRows;
  }

  /**
   * Opens a journal, or makes an empty one, and cuts it to its whole jobs. One process at a time: the run
   * folder's lock sees to that.
   *
   * @throws StoreError when a line other than the last one is not a sample (with file and line), or when the
   *   file cannot be read or written
   */
  static async open(path: string): Promise<Journal> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, constants.O_RDWR | constants.O_CREAT);
      const content = await readContent(path, file);
      if (content.droppedBytes > 0) {
        await file.truncate(content.bytes);
        await file.sync();
      }
      await syncFolder(dirname(path));
      return new Journal(path, file, content);
    } catch (error) {
      await file?.close().catch(() => {});
      throw storeError(error, `open ${path}`);
    }
  }

  /** Samples of all whole jobs, in the order in which they were written. */
  rows(): readonly Sample[] {
    return this.#rows;
  }

  /** The jobs that wrote them, in their order. */
  jobs(): readonly JournalJob[] {
    return this.#jobs;
  }

  /**
   * Adds a job. When the promise resolves, the job is on the disk and part of {@link rows}; when it rejects,
   * the file holds the jobs before it and no part of this one, and the same job can be added again.
   * Calls are carried out one after another. A job of no rows leaves no trace.
   *
   * @throws StoreError when the disk is full, read-only or failing, when a row's id is already in the file,
   *   or when the journal is closed
   */
  append(job: readonly Sample[]): Promise<void> {
    const turn = this.#last.then(() => this.#append(job));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #append(job: readonly Sample[]): Promise<void> {
    const file = this.#file;
    if (file === undefined) throw new StoreError(`${this.path} is closed; open it again to add to it.`);
    if (job.length === 0) return;
    const rows = job.map((row) => this.#check(row));
    const ids = new Set<string>();
    for (const { id } of rows) {
      if (ids.has(id) || this.#ids.has(id)) {
        throw new StoreError(
          `The sample ${JSON.stringify(id)} is already in ${this.path}; a sample is written once.`,
        );
      }
      ids.add(id);
    }
    const data = Buffer.from(
      rows.map((row, at) => jsonLine(at === rows.length - 1 ? { ...row, endsJob: true } : row)).join(""),
    );
    try {
      await writeAt(file, data, this.#size);
      await file.sync();
    } catch (error) {
      // If this fails as well, opening the file again drops the same bytes.
      await file.truncate(this.#size).catch(() => {});
      throw storeError(error, `add to ${this.path}`);
    }
    this.#size += data.length;
    this.#jobs.push({ start: this.#rows.length, end: this.#rows.length + rows.length });
    for (const row of rows) {
      this.#rows.push(row);
      this.#ids.add(row.id);
    }
  }

  /** The row with its keys in one order, so that the bytes do not depend on how the caller built it. */
  #check(row: Sample): Sample {
    const checked = sampleSchema.safeParse(row);
    if (checked.success) return checked.data;
    throw new StoreError(
      `The sample ${JSON.stringify(row.id)} cannot be written to ${this.path}: ${firstIssue(checked.error)}.`,
    );
  }

  /** Waits for what was added, and closes the file. Closing again does nothing. */
  async close(): Promise<void> {
    await this.#last;
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Reads a journal without changing it, also while another process adds to it or on a read-only disk.
 *
 * @throws StoreError as {@link Journal.open}, and when the file does not exist
 */
export async function readJournal(path: string): Promise<JournalContent> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    return await readContent(path, file);
  } catch (error) {
    throw storeError(error, `read ${path}`);
  } finally {
    await file?.close();
  }
}

/** One write; a disk that is nearly full may take only a part, and then says why on the next one. */
async function writeAt(file: FileHandle, data: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < data.length) {
    const { bytesWritten } = await file.write(data, done, data.length - done, position + done);
    done += bytesWritten;
  }
}

async function readContent(path: string, file: FileHandle): Promise<JournalContent> {
  const rows: Sample[] = [];
  const jobs: JournalJob[] = [];
  const ids = new Set<string>();
  let wholeRows = 0;
  let wholeBytes = 0;
  let bytes = 0;
  let line = 0;
  // What is wrong with the line before the one at hand. Only the last line of the file may be wrong: a
  // power failure can leave one. Anywhere else somebody changed the file, and cutting it would lose data.
  let damage: string | undefined;
  for await (const { data, complete } of lines(file)) {
    line += 1;
    if (damage !== undefined) {
      throw new StoreError(
        `${path}, line ${line - 1}: ${damage}. The file was changed after it was written: restore it from a copy, or delete this line and all lines after it and run the recipe again, which writes them again.`,
      );
    }
    bytes += data.length + (complete ? 1 : 0);
    if (!complete) break;
    const read = readLine(data, ids);
    if ("damage" in read) {
      damage = read.damage;
      continue;
    }
    rows.push(read.sample);
    ids.add(read.sample.id);
    if (read.endsJob) {
      jobs.push({ start: wholeRows, end: rows.length });
      wholeRows = rows.length;
      wholeBytes = bytes;
    }
  }
  const droppedRows = rows.length - wholeRows;
  rows.length = wholeRows;
  return { rows, jobs, bytes: wholeBytes, droppedRows, droppedBytes: bytes - wholeBytes };
}

function readLine(
  data: Uint8Array,
  ids: ReadonlySet<string>,
): { sample: Sample; endsJob: boolean } | { damage: string } {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data));
  } catch {
    return { damage: "not a line of JSON" };
  }
  const checked = journalLineSchema.safeParse(value);
  if (!checked.success) return { damage: `not a sample (${firstIssue(checked.error)})` };
  const { endsJob, ...sample } = checked.data;
  if (ids.has(sample.id))
    return { damage: `the sample ${JSON.stringify(sample.id)} is there for the second time` };
  return { sample, endsJob: endsJob === true };
}

/** Bytes between line feeds; the last piece is not `complete` when the file does not end in one. */
async function* lines(file: FileHandle): AsyncGenerator<{ data: Uint8Array; complete: boolean }> {
  const chunk = Buffer.alloc(1 << 20);
  let rest: Buffer[] = [];
  let position = 0;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    let start = 0;
    for (;;) {
      const end = chunk.subarray(0, bytesRead).indexOf(0x0a, start);
      if (end < 0) break;
      yield { data: Buffer.concat([...rest, chunk.subarray(start, end)]), complete: true };
      rest = [];
      start = end + 1;
    }
    if (start < bytesRead) rest.push(Buffer.from(chunk.subarray(start, bytesRead)));
  }
  if (rest.length > 0) yield { data: Buffer.concat(rest), complete: false };
}
