import { readSync } from "node:fs";
import { ModelError } from "../errors.js";
import { SCALAR_BYTES, type ScalarType } from "./format.js";

const CHUNK = 256 * 1024;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads little-endian values from a file in order. Nothing is allocated for bytes that the file lacks. */
export class BoundedReader {
  readonly #descriptor: number;
  readonly #path: string;
  readonly size: number;
  #chunk: Uint8Array = new Uint8Array(0);
  #chunkStart = 0;
  position = 0;

  constructor(descriptor: number, path: string, size: number) {
    this.#descriptor = descriptor;
    this.#path = path;
    this.size = size;
  }

  get remaining(): number {
    return this.size - this.position;
  }

  /** An error about this file at the present position. */
  damaged(what: string): ModelError {
    return new ModelError(
      `${this.#path} is damaged: ${what}, at byte ${this.position} of ${this.size}. Download it again.`,
    );
  }

  #require(count: number, what: string): void {
    if (count <= this.remaining) return;
    throw new ModelError(
      `${this.#path} is cut short: ${what} needs ${count} bytes at byte ${this.position}, and the file ends at byte ${this.size}. Download it again.`,
    );
  }

  /** The next `count` bytes; the view is valid until the next call. */
  bytes(count: number, what: string): Uint8Array {
    this.#require(count, what);
    const start = this.position - this.#chunkStart;
    if (start < 0 || start + count > this.#chunk.length) {
      this.#chunk = this.#readAt(this.position, Math.min(this.remaining, Math.max(CHUNK, count)));
      this.#chunkStart = this.position;
    }
    const from = this.position - this.#chunkStart;
    this.position += count;
    return this.#chunk.subarray(from, from + count);
  }

  #readAt(position: number, length: number): Uint8Array {
    const buffer = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const read = readSync(this.#descriptor, buffer, filled, length - filled, position + filled);
      if (read === 0) throw new ModelError(`${this.#path} became shorter while it was read.`);
      filled += read;
    }
    return buffer;
  }

  skip(count: number, what: string): void {
    this.#require(count, what);
    this.position += count;
  }

  #view(count: number, what: string): DataView {
    const bytes = this.bytes(count, what);
    return new DataView(bytes.buffer, bytes.byteOffset, count);
  }

  uint32(what: string): number {
    return this.#view(4, what).getUint32(0, true);
  }

  /** A 64-bit count or length, as a number. */
  length(what: string): number {
    const value = this.#view(8, what).getBigUint64(0, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.damaged(`${what} is ${value}`);
    return Number(value);
  }

  string(limit: number, what: string): string {
    const length = this.length(`the length of ${what}`);
    if (length > this.remaining) this.#require(length, what);
    if (length > limit) throw this.damaged(`${what} is ${length} bytes long`);
    return decoder.decode(this.bytes(length, what));
  }

  scalar(type: Exclude<ScalarType, "string">, what: string): number | bigint | boolean {
    const view = this.#view(SCALAR_BYTES[type], what);
    switch (type) {
      case "uint8":
        return view.getUint8(0);
      case "int8":
        return view.getInt8(0);
      case "bool":
        return view.getUint8(0) !== 0;
      case "uint16":
        return view.getUint16(0, true);
      case "int16":
        return view.getInt16(0, true);
      case "uint32":
        return view.getUint32(0, true);
      case "int32":
        return view.getInt32(0, true);
      case "float32":
        return view.getFloat32(0, true);
      case "uint64":
        return view.getBigUint64(0, true);
      case "int64":
        return view.getBigInt64(0, true);
      case "float64":
        return view.getFloat64(0, true);
    }
  }
}
