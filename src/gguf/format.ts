/** The GGUF container, version 3, as far as Tiller reads and writes it. */

export const GGUF_MAGIC = "GGUF";
export const GGUF_VERSION = 3;
export const GGUF_DEFAULT_ALIGNMENT = 32;

/** Code of each metadata value type in the file. */
export const VALUE_TYPE_CODES = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;

export type ValueType = keyof typeof VALUE_TYPE_CODES;
export type ScalarType = Exclude<ValueType, "array">;
export type NumberType = Exclude<ScalarType, "bool" | "string" | "uint64" | "int64">;

/** One metadata value with its type in the file. 64-bit integers are bigints. */
export type GgufValue =
  | { readonly type: NumberType; readonly value: number }
  | { readonly type: "uint64" | "int64"; readonly value: bigint }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | GgufArray;

/** A metadata array; all its items are of one type. Arrays of arrays are not written. */
export type GgufArray =
  | {
      readonly type: "array";
      readonly items: NumberType;
      readonly value: readonly number[] | Float32Array | Int32Array;
    }
  | { readonly type: "array"; readonly items: "uint64" | "int64"; readonly value: readonly bigint[] }
  | { readonly type: "array"; readonly items: "bool"; readonly value: readonly boolean[] }
  | { readonly type: "array"; readonly items: "string"; readonly value: readonly string[] };

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Bytes of each scalar type in the file; strings have a length of their own. */
export const SCALAR_BYTES: Readonly<Record<Exclude<ScalarType, "string">, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  uint64: 8,
  int64: 8,
  float64: 8,
};

/** Bytes up to the next multiple of `alignment`. */
export function paddingTo(offset: number, alignment: number): number {
  return (alignment - (offset % alignment)) % alignment;
}
