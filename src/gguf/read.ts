import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { ModelError } from "../errors.js";
import { BoundedReader } from "./bounded-reader.js";
import { describeFileKind } from "./file-kind.js";
import {
  GGUF_DEFAULT_ALIGNMENT,
  type GgufArray,
  type GgufValue,
  paddingTo,
  SCALAR_BYTES,
  type ScalarType,
  VALUE_TYPE_CODES,
  type ValueType,
} from "./format.js";
import { ggmlTypeSizes } from "./tensor-types.js";

/** Far above any real file; a file beyond them is damaged or hostile. */
const LIMITS = {
  metadata: 65_536,
  tensors: 131_072,
  nameBytes: 65_535,
  stringBytes: 16 * 1024 * 1024,
  keptBytes: 64 * 1024 * 1024,
  keptItems: 4 * 1024 * 1024,
  alignment: 1024 * 1024,
};

export interface TensorInfo {
  readonly name: string;
  /** The contiguous dimension first. */
  readonly shape: readonly number[];
  /** ggml's code; `ggmlTypeSizes` names it. */
  readonly type: number;
  readonly elements: number;
  /** Position of the data in the file, in bytes. */
  readonly offset: number;
  /** Undefined for a type that is not known here. */
  readonly bytes: number | undefined;
}

export interface GgufFile {
  readonly path: string;
  readonly version: number;
  /** Without the arrays that were not asked for. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Number of items of every array of the metadata, read or not. */
  readonly arrayLengths: ReadonlyMap<string, number>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly alignment: number;
  /** Where the tensor data begins, in bytes. */
  readonly dataOffset: number;
  readonly size: number;
}

export interface ReadGgufOptions {
  /** Keys of the arrays to be read, or "all". Default none: vocabularies are large. */
  readonly arrays?: readonly string[] | "all";
}

const TYPE_OF_CODE = new Map(
  Object.entries(VALUE_TYPE_CODES).map(([name, code]) => [code as number, name as ValueType]),
);

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "it may not be read by this user";
  return message;
}

/** Opens a regular file. The caller closes the descriptor.
 * @throws ModelError if there is none or it cannot be read.
 */
export function openModelFile(path: string): { descriptor: number; size: number } {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    throw new ModelError(`Cannot open ${path}: ${reasonOf(error)}.`, { cause: error });
  }
  const status = fstatSync(descriptor);
  if (status.isFile()) return { descriptor, size: status.size };
  closeSync(descriptor);
  throw new ModelError(
    `${path} is ${status.isDirectory() ? "a folder" : "no regular file"}, not a GGUF file.`,
  );
}

/** Reads metadata values; counts what is kept, so that no file can make it keep without bound. */
class MetadataReader {
  readonly metadata = new Map<string, GgufValue>();
  readonly arrayLengths = new Map<string, number>();
  readonly #reader: BoundedReader;
  readonly #wanted: readonly string[] | "all";
  #keptBytes = 0;
  #keptItems = 0;

  constructor(reader: BoundedReader, wanted: readonly string[] | "all") {
    this.#reader = reader;
    this.#wanted = wanted;
  }

  readEntry(): void {
    const reader = this.#reader;
    const key = reader.string(LIMITS.nameBytes, "a metadata key");
    if (this.metadata.has(key) || this.arrayLengths.has(key))
      throw reader.damaged(`the key ${key} appears twice`);
    const type = this.#type(key);
    if (type !== "array") {
      this.metadata.set(key, { type, value: this.#scalar(type, key) } as GgufValue);
      return;
    }
    const items = this.#type(key);
    if (items === "array") throw reader.damaged(`${key} is an array of arrays`);
    const length = reader.length(`the length of ${key}`);
    // A string takes at least the eight bytes of its length.
    const itemBytes = items === "string" ? 8 : SCALAR_BYTES[items];
    if (length > reader.remaining / itemBytes) throw reader.damaged(`${key} claims ${length} items`);
    this.arrayLengths.set(key, length);
    if (this.#wanted === "all" || this.#wanted.includes(key)) {
      this.metadata.set(key, this.#array(items, length, key));
    } else if (items === "string") {
      for (let item = 0; item < length; item += 1) reader.skip(reader.length(`an item of ${key}`), key);
    } else {
      reader.skip(length * itemBytes, key);
    }
  }

  #array(items: ScalarType, length: number, key: string): GgufArray {
    this.#keptItems += length;
    if (this.#keptItems > LIMITS.keptItems) throw this.#reader.damaged(`${key} has ${length} items`);
    const value = Array.from({ length }, () => this.#scalar(items, key));
    return { type: "array", items, value } as GgufArray;
  }

  #type(key: string): ValueType {
    const code = this.#reader.uint32(`the type of ${key}`);
    const type = TYPE_OF_CODE.get(code);
    if (type === undefined) throw this.#reader.damaged(`${key} is of the unknown type ${code}`);
    return type;
  }

  #scalar(type: ScalarType, key: string): string | number | bigint | boolean {
    if (type !== "string") return this.#reader.scalar(type, key);
    const before = this.#reader.position;
    const value = this.#reader.string(Math.min(LIMITS.stringBytes, LIMITS.keptBytes - this.#keptBytes), key);
    this.#keptBytes += this.#reader.position - before;
    return value;
  }
}

function readTensorInfo(reader: BoundedReader): TensorInfo {
  const name = reader.string(LIMITS.nameBytes, "a tensor's name");
  const dimensions = reader.uint32(`the number of dimensions of ${name}`);
  if (dimensions > 4) throw reader.damaged(`the tensor ${name} has ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => reader.length(`a dimension of ${name}`));
  const elements = shape.reduce((product, size) => product * size, 1);
  const type = reader.uint32(`the type of ${name}`);
  const offset = reader.length(`the offset of ${name}`);
  const storage = ggmlTypeSizes.get(type);
  const rowLength = shape[0] ?? 1;
  if (!Number.isSafeInteger(elements * 8) || (storage && rowLength % storage.elements !== 0)) {
    throw reader.damaged(`the tensor ${name} has the impossible shape [${shape}]`);
  }
  const bytes = storage && (elements / storage.elements) * storage.bytes;
  return { name, shape, type, elements, offset, bytes };
}

function alignmentOf(reader: BoundedReader, metadata: ReadonlyMap<string, GgufValue>): number {
  const value = metadata.get("general.alignment");
  if (value === undefined) return GGUF_DEFAULT_ALIGNMENT;
  const alignment = value.type === "uint32" ? value.value : 0;
  if (alignment < 1 || alignment > LIMITS.alignment || (alignment & (alignment - 1)) !== 0) {
    throw reader.damaged(`general.alignment is ${String(value.value)}`);
  }
  return alignment;
}

function readVersion(reader: BoundedReader, path: string): number {
  const version = reader.uint32("the version");
  if (version === 2 || version === 3) return version;
  if ((version & 0xffff) === 0) {
    throw new ModelError(`${path} is a big-endian GGUF file; only little-endian ones can be run here.`);
  }
  throw new ModelError(
    `${path} has GGUF version ${version}; versions 2 and 3 are supported. Convert the model again with a present llama.cpp.`,
  );
}

/** Refuses tensors that lie outside the file. */
function checkTensorData(path: string, tensors: Iterable<TensorInfo>, size: number): void {
  let last: TensorInfo | undefined;
  let end = 0;
  let missing = 0;
  for (const tensor of tensors) {
    const tensorEnd = tensor.offset + (tensor.bytes ?? 0);
    if (tensorEnd > size) missing += 1;
    if (last === undefined || tensorEnd > end) {
      last = tensor;
      end = tensorEnd;
    }
  }
  if (last === undefined || end <= size) return;
  throw new ModelError(
    `${path} is cut short: it has ${size} bytes and should have at least ${end}; ${missing} ${missing === 1 ? "tensor is" : "tensors are"} incomplete, the last being ${last.name}. Download it again.`,
  );
}

function readHeader(reader: BoundedReader, path: string, options: ReadGgufOptions): GgufFile {
  reader.skip(4, "the magic number");
  const version = readVersion(reader, path);
  const tensorCount = reader.length("the number of tensors");
  const metadataCount = reader.length("the number of metadata entries");
  // 24 and 13 bytes are the least that a tensor's description and a metadata entry take.
  if (tensorCount > LIMITS.tensors || tensorCount > reader.remaining / 24) {
    throw reader.damaged(`it claims ${tensorCount} tensors`);
  }
  if (metadataCount > LIMITS.metadata || metadataCount > reader.remaining / 13) {
    throw reader.damaged(`it claims ${metadataCount} metadata entries`);
  }
  const entries = new MetadataReader(reader, options.arrays ?? []);
  for (let entry = 0; entry < metadataCount; entry += 1) entries.readEntry();
  const alignment = alignmentOf(reader, entries.metadata);

  const relative: TensorInfo[] = [];
  for (let tensor = 0; tensor < tensorCount; tensor += 1) {
    const info = readTensorInfo(reader);
    if (info.offset % alignment !== 0) throw reader.damaged(`the data of ${info.name} is not aligned`);
    relative.push(info);
  }
  const dataOffset = reader.position + paddingTo(reader.position, alignment);
  const tensors = new Map(
    relative.map((info) => [info.name, { ...info, offset: info.offset + dataOffset }] as const),
  );
  if (tensors.size !== relative.length) throw reader.damaged("two tensors have the same name");
  checkTensorData(path, tensors.values(), reader.size);
  return {
    path,
    version,
    metadata: entries.metadata,
    arrayLengths: entries.arrayLengths,
    tensors,
    alignment,
    dataOffset,
    size: reader.size,
  };
}

/**
 * Reads a GGUF file's metadata and tensor descriptions, and checks that all tensor data lies in the file.
 * Memory stays bounded whatever the file claims.
 * @throws ModelError if the file cannot be read, is not GGUF, is of another version, damaged or cut short.
 */
export function readGguf(path: string, options: ReadGgufOptions = {}): GgufFile {
  const { descriptor, size } = openModelFile(path);
  try {
    if (size === 0) throw new ModelError(`${path} is empty. Download it again.`);
    const head = new Uint8Array(64);
    const headLength = readSync(descriptor, head, 0, head.length, 0);
    if (String.fromCharCode(...head.subarray(0, Math.min(4, headLength))) !== "GGUF") {
      throw new ModelError(
        `${path} is not a GGUF file; it is ${describeFileKind(head.subarray(0, headLength))}.`,
      );
    }
    return readHeader(new BoundedReader(descriptor, path, size), path, options);
  } finally {
    closeSync(descriptor);
  }
}

/** A string of the metadata, or undefined if there is none of that key and type. */
export function metadataString(file: GgufFile, key: string): string | undefined {
  const value = file.metadata.get(key);
  return value?.type === "string" ? value.value : undefined;
}

/** A number of the metadata, 64-bit integers rounded, or undefined if there is none of that key. */
export function metadataNumber(file: GgufFile, key: string): number | undefined {
  const value = file.metadata.get(key)?.value;
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}

/** A numeric array of the metadata, if it was asked for, or undefined. */
export function metadataNumbers(file: GgufFile, key: string): Float64Array | undefined {
  const value = file.metadata.get(key);
  if (value?.type !== "array" || value.items === "string" || value.items === "bool") return undefined;
  return Float64Array.from(value.value as Iterable<number | bigint>, Number);
}

/** Number of weights in the file. */
export function parameterCount(file: GgufFile): number {
  let count = 0;
  for (const tensor of file.tensors.values()) count += tensor.elements;
  return count;
}
