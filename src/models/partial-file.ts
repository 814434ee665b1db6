import { createHash, type Hash } from "node:crypto";
import { constants, type FileHandle, open, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { ModelError } from "../errors.js";
import { explainDiskError } from "./disk-error.js";
import type { ReportProgress } from "./progress.js";
import { throwIfInterrupted } from "./retry.js";

const stateSchema = z.object({
  fingerprint: z.string(),
  sections: z.array(z.int().nonnegative()),
});

const READ_BYTES = 1 << 20;

/**
 * A file while it is being fetched: `<file>.part`, and beside it `<file>.part.json` with what the bytes are
 * of. Bytes are hashed as they are written. A file may be fetched in sections; a finished section is never lost.
 */
export class PartialFile implements AsyncDisposable {
  readonly path: string;
  readonly #handle: FileHandle;
  #hash: Hash = createHash("sha256");
  #bytes = 0;
  #fingerprint = "";
  /** Lengths of the finished sections, in bytes. */
  #sections: number[] = [];
  #hashOfSections: Hash = createHash("sha256");

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Opens or creates the file. Nothing of it is used until `begin`. @throws ModelError */
  static async open(path: string): Promise<PartialFile> {
    try {
      // No flag by name opens for reading and writing, creates and does not truncate.
      return new PartialFile(path, await open(path, constants.O_RDWR | constants.O_CREAT));
    } catch (error) {
      throw explainDiskError(error, path);
    }
  }

  /** Length so far. */
  get bytes(): number {
    return this.#bytes;
  }

  get finishedSections(): number {
    return this.#sections.length;
  }

  /**
   * Takes up what is on disk if it was written under the same fingerprint, else begins anew.
   *
   * @param fingerprint what the bytes are of, such as the server's ETag.
   * @param keep `bytes` keeps all that was written; `sections` only whole sections.
   */
  async begin(
    fingerprint: string,
    keep: "bytes" | "sections",
    report: ReportProgress,
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.#fingerprint === fingerprint) return;
    try {
      const state = await this.#readState();
      const size = (await this.#handle.stat()).size;
      const sectionBytes = state?.sections.reduce((sum, length) => sum + length, 0) ?? 0;
      // Bytes of finished sections may be missing if the machine stopped before they reached the disk.
      const usable = state?.fingerprint === fingerprint && sectionBytes <= size;
      const wanted = usable ? (keep === "bytes" ? size : sectionBytes) : 0;
      if (size > wanted) await this.#handle.truncate(wanted);
      this.#sections = usable ? state.sections : [];
      this.#fingerprint = fingerprint;
      this.#hash = createHash("sha256");
      this.#bytes = 0;
      await this.#hashExisting(wanted, usable ? sectionBytes : 0, report, signal);
      await this.#writeState();
    } catch (error) {
      throw explainDiskError(error, this.path);
    }
  }

  /** Refuses to start what the disk cannot hold. @throws ModelError */
  async requireSpace(totalBytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(dirname(this.path));
    const missing = totalBytes - this.#bytes - bavail * bsize;
    if (missing <= 0) return;
    throw new ModelError(
      `The disk is full: the download needs ${formatBytes(missing)} more than is free in ${dirname(this.path)}. Free some space, or set TILLER_HOME to a folder on a larger disk, and run again.`,
    );
  }

  /** Writes at the end. @throws ModelError if the disk is full or may not be written. */
  async append(chunk: Uint8Array): Promise<void> {
    try {
      for (let offset = 0; offset < chunk.length; ) {
        const { bytesWritten } = await this.#handle.write(
          chunk,
          offset,
          chunk.length - offset,
          this.#bytes + offset,
        );
        offset += bytesWritten;
      }
    } catch (error) {
      throw explainDiskError(error, this.path);
    }
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  /** Makes what was appended since the last section final. */
  async finishSection(): Promise<void> {
    const finished = this.#sections.reduce((sum, length) => sum + length, 0);
    this.#sections.push(this.#bytes - finished);
    this.#hashOfSections = this.#hash.copy();
    try {
      await this.#handle.sync();
      await this.#writeState();
    } catch (error) {
      throw explainDiskError(error, this.path);
    }
  }

  /** Drops what was appended since the last finished section. */
  async rollBack(): Promise<void> {
    const finished = this.#sections.reduce((sum, length) => sum + length, 0);
    if (this.#bytes > finished) await this.#handle.truncate(finished);
    this.#bytes = finished;
    this.#hash = this.#hashOfSections.copy();
  }

  /** Hex sha256 of the bytes so far. */
  sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  /** Puts another file, which is on the disk, in the place of what was fetched: all that is left to do is `commit`. */
  async replace(path: string): Promise<void> {
    try {
      // First, so that a run that is cut off here fetches anew and takes nothing for what it is not.
      await rm(this.#statePath, { force: true });
      await rename(path, this.path);
    } catch (error) {
      throw explainDiskError(error, this.path);
    }
  }

  /** Gives the file its final name, once its bytes are on the disk. Closes it. */
  async commit(finalPath: string): Promise<void> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(this.path, finalPath);
      await rm(this.#statePath, { force: true });
    } catch (error) {
      throw explainDiskError(error, finalPath);
    }
  }

  /** Removes the file. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(this.path, { force: true });
    await rm(this.#statePath, { force: true });
  }

  /** Closes the file and leaves it for a later run to take up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  get #statePath(): string {
    return `${this.path}.json`;
  }

  async #readState(): Promise<z.output<typeof stateSchema> | undefined> {
    try {
      return stateSchema.parse(JSON.parse(await readFile(this.#statePath, "utf8")));
    } catch {
      return undefined;
    }
  }

  async #writeState(): Promise<void> {
    const state = { fingerprint: this.#fingerprint, sections: this.#sections };
    await writeFile(this.#statePath, JSON.stringify(state));
  }

  async #hashExisting(
    length: number,
    sectionBytes: number,
    report: ReportProgress,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    this.#hashOfSections = this.#hash.copy();
    const buffer = new Uint8Array(Math.min(length, READ_BYTES));
    while (this.#bytes < length) {
      throwIfInterrupted(signal);
      const end = this.#bytes < sectionBytes ? sectionBytes : length;
      const wanted = Math.min(buffer.length, end - this.#bytes);
      const { bytesRead } = await this.#handle.read(buffer, 0, wanted, this.#bytes);
      if (bytesRead === 0) throw new ModelError(`${this.path} was changed by another program. Run again.`);
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.#bytes += bytesRead;
      if (this.#bytes === sectionBytes) this.#hashOfSections = this.#hash.copy();
      report("verify", this.#bytes, length);
    }
  }
}

function formatBytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
