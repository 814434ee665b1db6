import { closeSync } from "node:fs";
import { ModelError } from "../errors.js";
import { BoundedReader } from "./bounded-reader.js";
import { type GgufFile, openModelFile } from "./read.js";
import { ggmlTypeSizes } from "./tensor-types.js";

function halfToSingle(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function readData(file: GgufFile, name: string, allowed: readonly string[]): [type: string, ArrayBufferLike] {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) throw new ModelError(`${file.path} has no tensor ${name}.`);
  const type = ggmlTypeSizes.get(tensor.type)?.name ?? `type ${tensor.type}`;
  if (!allowed.includes(type)) {
    throw new ModelError(
      `The tensor ${name} of ${file.path} is stored as ${type}; it must be ${allowed.join(" or ")}.`,
    );
  }
  const { descriptor, size } = openModelFile(file.path);
  try {
    const reader = new BoundedReader(descriptor, file.path, size);
    reader.skip(tensor.offset, `the tensor ${name}`);
    const bytes = reader.bytes(tensor.bytes ?? 0, `the tensor ${name}`);
    // A copy: the data may lie at any offset of the buffer, and typed arrays want theirs aligned.
    return [type, bytes.slice().buffer];
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The values of an F32 or F16 tensor, in the file's order.
 * @throws ModelError if there is no such tensor or it is of another type.
 */
export function readTensor(file: GgufFile, name: string): Float32Array {
  const [type, buffer] = readData(file, name, ["F32", "F16"]);
  return type === "F32" ? new Float32Array(buffer) : Float32Array.from(new Uint16Array(buffer), halfToSingle);
}

/**
 * The values of an F64 tensor, in the file's order.
 * @throws ModelError if there is no such tensor or it is of another type.
 */
export function readDoubleTensor(file: GgufFile, name: string): Float64Array {
  return new Float64Array(readData(file, name, ["F64"])[1]);
}
