import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { storeError } from "./failure.js";
import { jsonLine } from "./json-line.js";
import { syncFolder } from "./sync-folder.js";

const lineSchema = z.strictObject({ key: z.string().regex(/^[0-9a-f]{64}$/), value: z.unknown() });

/** Answers are synced to the disk when there are so many, or when the oldest has waited so long. */
const BATCH = 64;
const LONGEST_WAIT_MS = 2000;

/**
 * What a model, a judge or a translator answered, by the content that it was asked about: an append-only JSON Lines file
 * of `{key, value}`, each key a sha256.
 *
 * A last line that a killed process left half written is cut off on opening, and a line that is no answer is passed
 * over: what was in them is asked again. Of two lines of one key the last counts. One process at a time.
 */
export class AnswerCache implements AsyncDisposable {
  readonly path: string;
  readonly #values: Map<string, unknown>;
  #file: FileHandle | undefined;
  #size: number;
  #pending: string[] = [];
  #oldest = 0;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, values: Map<string, unknown>, size: number) {
    this.path = path;
    this.#file = file;
    this.#values = values;
    this.#size = size;
  }

  /** Opens a cache, or makes an empty one. @throws StoreError when the file cannot be read or written */
  static async open(path: string): Promise<AnswerCache> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, constants.O_RDWR | constants.O_CREAT);
      const bytes = await file.readFile();
      const size = bytes.lastIndexOf(0x0a) + 1;
      if (size < bytes.length) await file.truncate(size);
      await syncFolder(dirname(path));
      return new AnswerCache(path, file, readValues(bytes.subarray(0, size)), size);
    } catch (error) {
      await file?.close().catch(() => {});
      throw storeError(error, `open ${path}`);
    }
  }

  /** What is known of a key, if it has the wanted shape. */
  get<Value>(key: string, schema: z.ZodType<Value>): Value | undefined {
    const value = this.#values.get(key);
    return value === undefined ? undefined : schema.safeParse(value).data;
  }

  /** Remembers an answer. It is on the disk after the next `flush`, which this calls now and then. */
  async add(key: string, value: object): Promise<void> {
    this.#values.set(key, value);
    if (this.#pending.length === 0) this.#oldest = performance.now();
    this.#pending.push(jsonLine({ key, value }));
    const waited = performance.now() - this.#oldest;
    if (this.#pending.length >= BATCH || waited >= LONGEST_WAIT_MS) await this.flush();
  }

  /**
   * Writes and syncs what was added.
   *
   * @throws StoreError when the disk is full, read-only or failing: the next call tries again
   */
  flush(): Promise<void> {
    const turn = this.#last.then(() => this.#write());
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #write(): Promise<void> {
    const file = this.#file;
    const lines = this.#pending;
    if (file === undefined || lines.length === 0) return;
    this.#pending = [];
    const data = Buffer.from(lines.join(""));
    try {
      for (let done = 0; done < data.length; ) {
        done += (await file.write(data, done, data.length - done, this.#size + done)).bytesWritten;
      }
      await file.sync();
    } catch (error) {
      this.#pending = [...lines, ...this.#pending];
      throw storeError(error, `add to ${this.path}`);
    }
    this.#size += data.length;
  }

  /** Writes what was added, and closes the file. Closing again does nothing. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      const file = this.#file;
      this.#file = undefined;
      await file?.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function readValues(bytes: Uint8Array): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const line of new TextDecoder().decode(bytes).split("\n")) {
    try {
      const { key, value } = lineSchema.parse(JSON.parse(line));
      values.set(key, value);
    } catch {
      // A power failure can leave lines of anything.
    }
  }
  return values;
}
