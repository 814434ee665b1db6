import { renameSync, rmSync, writeFileSync } from "node:fs";
import {
  GGUF_DEFAULT_ALIGNMENT,
  GGUF_MAGIC,
  GGUF_VERSION,
  type GgufArray,
  type GgufMetadata,
  type GgufValue,
  paddingTo,
  type ScalarType,
  VALUE_TYPE_CODES,
} from "./format.js";

/**
 * A tensor to be written. `shape` is in GGUF's order: the first dimension is the contiguous one, so that
 * a matrix that maps `width` inputs to `n` outputs has the shape `[width, n]`.
 */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array;
}

export interface GgufContent {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly TensorToWrite[];
}

/** ggml's codes for the tensor types that Tiller writes. */
function typeCode(data: TensorToWrite["data"]): number {
  if (data instanceof Float32Array) return 0;
  return data instanceof Int32Array ? 26 : 28;
}

/** Little-endian bytes, grown as they are written. */
class ByteWriter {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  #reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + more));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  bytes(source: Uint8Array): void {
    this.#reserve(source.length);
    this.#bytes.set(source, this.length);
    this.length += source.length;
  }

  zeros(count: number): void {
    this.#reserve(count);
    this.length += count;
  }

  uint32(value: number): void {
    this.scalar("uint32", value);
  }

  uint64(value: number | bigint): void {
    this.scalar("uint64", BigInt(value));
  }

  string(value: string): void {
    const encoded = new TextEncoder().encode(value);
    this.uint64(encoded.length);
    this.bytes(encoded);
  }

  scalar(type: ScalarType, value: number | bigint | boolean | string): void {
    if (type === "string") {
      this.string(value as string);
      return;
    }
    this.#reserve(8);
    const view = this.#view;
    const at = this.length;
    switch (type) {
      case "uint8":
        view.setUint8(at, value as number);
        break;
      case "int8":
        view.setInt8(at, value as number);
        break;
      case "bool":
        view.setUint8(at, value ? 1 : 0);
        break;
      case "uint16":
        view.setUint16(at, value as number, true);
        break;
      case "int16":
        view.setInt16(at, value as number, true);
        break;
      case "uint32":
        view.setUint32(at, value as number, true);
        break;
      case "int32":
        view.setInt32(at, value as number, true);
        break;
      case "float32":
        view.setFloat32(at, value as number, true);
        break;
      case "uint64":
        view.setBigUint64(at, value as bigint, true);
        break;
      case "int64":
        view.setBigInt64(at, value as bigint, true);
        break;
      case "float64":
        view.setFloat64(at, value as number, true);
        break;
    }
    this.length += type.endsWith("64") ? 8 : type.endsWith("32") ? 4 : type.endsWith("16") ? 2 : 1;
  }

  result(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}

function writeArray(writer: ByteWriter, array: GgufArray): void {
  writer.uint32(VALUE_TYPE_CODES[array.items]);
  writer.uint64(array.value.length);
  for (const item of array.value) writer.scalar(array.items, item);
}

function writeValue(writer: ByteWriter, value: GgufValue): void {
  writer.uint32(VALUE_TYPE_CODES[value.type]);
  if (value.type === "array") writeArray(writer, value);
  else writer.scalar(value.type, value.value);
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * The bytes of a GGUF file, version 3, little-endian, aligned to 32 bytes. Float32Array tensors are
 * stored as F32, Float64Array as F64, Int32Array as I32.
 * @throws RangeError if a tensor's data does not fill its shape.
 */
export function encodeGguf(content: GgufContent): Uint8Array {
  const writer = new ByteWriter();
  writer.bytes(new TextEncoder().encode(GGUF_MAGIC));
  writer.uint32(GGUF_VERSION);
  writer.uint64(content.tensors.length);
  writer.uint64(content.metadata.size);
  for (const [key, value] of content.metadata) {
    writer.string(key);
    writeValue(writer, value);
  }
  let offset = 0;
  for (const { name, shape, data } of content.tensors) {
    if (shape.length < 1 || shape.length > 4 || elementCount(shape) !== data.length) {
      throw new RangeError(`Tensor ${name}: ${data.length} values do not fill the shape [${shape}].`);
    }
    writer.string(name);
    writer.uint32(shape.length);
    for (const size of shape) writer.uint64(size);
    writer.uint32(typeCode(data));
    writer.uint64(offset);
    offset += data.byteLength + paddingTo(data.byteLength, GGUF_DEFAULT_ALIGNMENT);
  }
  writer.zeros(paddingTo(writer.length, GGUF_DEFAULT_ALIGNMENT));
  for (const { data } of content.tensors) {
    // Every platform that llama.cpp's packages exist for is little-endian, as the format is.
    writer.bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    writer.zeros(paddingTo(data.byteLength, GGUF_DEFAULT_ALIGNMENT));
  }
  return writer.result();
}

/**
 * Writes `encodeGguf(content)` to `path`, replacing what is there. The file appears whole or not at all.
 * @throws Error of the file system, with its code.
 */
export function writeGguf(path: string, content: GgufContent): void {
  const partial = `${path}.partial-${process.pid}`;
  try {
    writeFileSync(partial, encodeGguf(content));
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}
