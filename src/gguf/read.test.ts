import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ModelError } from "../errors.js";
import type { GgufValue } from "./format.js";
import { metadataNumber, metadataNumbers, metadataString, parameterCount, readGguf } from "./read.js";
import { readTensor } from "./read-tensor.js";
import { encodeGguf } from "./write.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tiller-gguf-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const metadata = new Map<string, GgufValue>([
  ["general.architecture", { type: "string", value: "llama" }],
  ["name", { type: "string", value: "Ünï 你好" }],
  ["u8", { type: "uint8", value: 200 }],
  ["i16", { type: "int16", value: -3 }],
  ["u64", { type: "uint64", value: 2n ** 40n }],
  ["f64", { type: "float64", value: 0.1 }],
  ["yes", { type: "bool", value: true }],
  ["words", { type: "array", items: "string", value: ["a", "", "ß"] }],
  ["norms", { type: "array", items: "float32", value: [1.5, -2] }],
]);
const tensors = [
  { name: "a", shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, -6) },
  { name: "b", shape: [1], data: Int32Array.of(-7) },
  { name: "c", shape: [2], data: Float32Array.of(8, 9) },
];

function written(bytes: Uint8Array, name = "file.gguf"): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** What reading `bytes` throws. */
function errorOf(bytes: Uint8Array): unknown {
  try {
    readGguf(written(bytes), { arrays: "all" });
  } catch (error) {
    return error;
  }
  return undefined;
}

function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

function patched(bytes: Uint8Array, at: number, replacement: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.set(replacement, at);
  return copy;
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("readGguf", () => {
  // The same file was read back equal by the reference implementation (pip install gguf):
  //   from gguf import GGUFReader
  //   r = GGUFReader("file.gguf")
  //   print({k: f.contents() for k, f in r.fields.items()})
  //   print([(t.name, t.data.tolist()) for t in r.tensors])
  // {'GGUF.version': 3, 'GGUF.tensor_count': 3, 'GGUF.kv_count': 9, 'general.architecture': 'llama',
  //  'name': 'Ünï 你好', 'u8': 200, 'i16': -3, 'u64': 1099511627776, 'f64': 0.1, 'yes': True,
  //  'words': ['a', '', 'ß'], 'norms': [1.5, -2.0]}
  // [('a', [[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]]), ('b', [-7]), ('c', [8.0, 9.0])]
  test("reads what was written", () => {
    const file = readGguf(written(encodeGguf({ metadata, tensors })), { arrays: "all" });
    expect(file.version).toBe(3);
    expect(new Map([...file.metadata].map(([key, { value }]) => [key, value]))).toEqual(
      new Map([...metadata].map(([key, { value }]) => [key, value])),
    );
    expect([...file.tensors.keys()]).toEqual(["a", "b", "c"]);
    expect(file.tensors.get("a")).toMatchObject({ shape: [3, 2], type: 0, elements: 6, bytes: 24 });
    expect([...readTensor(file, "a")]).toEqual([1, 2, 3, 4, 5, -6]);
    expect([...readTensor(file, "c")]).toEqual([8, 9]);
    expect(metadataString(file, "name")).toBe("Ünï 你好");
    expect(metadataNumber(file, "u64")).toBe(2 ** 40);
    expect([...metadataNumbers(file, "norms")!]).toEqual([1.5, -2]);
    expect(parameterCount(file)).toBe(9);
  });

  test("leaves out arrays unless asked, but tells their length", () => {
    const file = readGguf(written(encodeGguf({ metadata, tensors })), { arrays: ["norms"] });
    expect(file.metadata.has("words")).toBe(false);
    expect(file.metadata.has("norms")).toBe(true);
    expect(file.arrayLengths).toEqual(
      new Map([
        ["words", 3],
        ["norms", 2],
      ]),
    );
  });

  test("skips a vocabulary larger than one read", () => {
    const words = Array.from({ length: 60_000 }, (_, index) => `word-${index}`);
    const many = new Map<string, GgufValue>([
      ["tokens", { type: "array", items: "string", value: words }],
      ["after", { type: "uint32", value: 5 }],
    ]);
    const path = written(encodeGguf({ metadata: many, tensors }));
    expect(metadataNumber(readGguf(path), "after")).toBe(5);
    expect(readGguf(path, { arrays: ["tokens"] }).metadata.get("tokens")?.value).toEqual(words);
  });

  test("only F32 and F16 tensors can be read as numbers", () => {
    const file = readGguf(written(encodeGguf({ metadata, tensors })));
    expect(() => readTensor(file, "b")).toThrow(/stored as I32/);
    expect(() => readTensor(file, "zzz")).toThrow(/no tensor zzz/);
  });

  // numpy: np.array([0x3C00, 0xC000, 0x0001, 0x7BFF, 0x3555], dtype=np.uint16).view(np.float16).astype(np.float32)
  test("reads F16", () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555, 0, 0, 0);
    const bytes = encodeGguf({
      metadata: new Map(),
      tensors: [{ name: "h", shape: [8], data: new Float32Array(8) }],
    });
    bytes.set([1, 0, 0, 0], 24 + 8 + 1 + 4 + 8);
    bytes.set(new Uint8Array(halves.buffer), bytes.length - 32);
    const values = readTensor(readGguf(written(bytes)), "h");
    expect([...values].slice(0, 5)).toEqual([1, -2, 2 ** -24, 65504, 0.333251953125]);
  });
});

describe("files that are not good GGUF", () => {
  test.each([
    ["a web page", ascii("<!DOCTYPE html><html>"), /web page/],
    [
      "a Git LFS pointer",
      ascii("version https://git-lfs.github.com/spec/v1\noid sha256:0"),
      /Git LFS pointer/,
    ],
    ["safetensors", Uint8Array.of(64, 0, 0, 0, 0, 0, 0, 0, ...ascii('{"__metadata__":{}}')), /safetensors/],
    ["a zip archive", Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0), /zip archive/],
    ["JSON", ascii('{"error":"Unauthorized"}'), /JSON/],
    ["two bytes", ascii("GG"), /not a GGUF file/],
    ["a magic number alone", ascii("GGUF"), /cut short/],
    ["nothing", new Uint8Array(0), /empty/],
    ["big-endian", Uint8Array.of(...ascii("GGUF"), 0, 0, 0, 3, ...new Uint8Array(16)), /big-endian/],
    ["version 1", Uint8Array.of(...ascii("GGUF"), 1, 0, 0, 0, ...new Uint8Array(16)), /version 1/],
  ])("%s", (_, bytes, message) => {
    const error = errorOf(bytes);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).message).toMatch(message);
  });

  test("a folder, and a file that is not there", () => {
    expect(() => readGguf(folder)).toThrow(/is a folder/);
    expect(() => readGguf(join(folder, "none.gguf"))).toThrow(/no such file/);
  });

  test("cut off in the tensor data: says how many bytes there should be", () => {
    const whole = encodeGguf({ metadata, tensors });
    // The last 24 bytes are padding.
    expect(errorOf(whole.slice(0, -24))).toBeUndefined();
    expect((errorOf(whole.slice(0, -25)) as ModelError).message).toMatch(
      new RegExp(`has ${whole.length - 25} bytes and should have at least ${whole.length - 24}; 1 tensor is`),
    );
  });

  test("a quantised tensor that is cut off", () => {
    const bytes = encodeGguf({
      metadata: new Map(),
      tensors: [{ name: "q", shape: [256], data: new Float32Array(256) }],
    });
    // Code 16 is IQ2_XXS: 66 bytes for 256 values.
    bytes.set([16, 0, 0, 0], 24 + 8 + 1 + 4 + 8);
    const { dataOffset } = readGguf(written(bytes));
    expect(errorOf(bytes.slice(0, dataOffset + 66))).toBeUndefined();
    expect((errorOf(bytes.slice(0, dataOffset + 65)) as ModelError).message).toMatch(/cut short/);
  });

  test("hostile counts and lengths are refused", () => {
    const whole = encodeGguf({ metadata, tensors });
    for (const value of [2n ** 63n, 2n ** 50n, 2n ** 32n, 1_000_000n]) {
      // Tensor count, metadata count, length of the first key.
      for (const at of [8, 16, 24])
        expect(errorOf(patched(whole, at, uint64(value)))).toBeInstanceOf(ModelError);
    }
  });

  test("any mutation of a file is read or refused with a ModelError, within bounded memory", () => {
    const whole = encodeGguf({ metadata, tensors });
    const edit = fc.record({
      at: fc.nat(whole.length - 1),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    });
    const before = process.memoryUsage().arrayBuffers;
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 4 }), fc.nat(whole.length), (edits, length) => {
        const bytes = whole.slice();
        for (const { at, bytes: replacement } of edits) {
          bytes.set(replacement.subarray(0, whole.length - at), at);
        }
        const kept = bytes.slice(0, edits.length === 0 ? length : undefined);
        const error = errorOf(kept);
        if (error !== undefined) expect(error).toBeInstanceOf(ModelError);
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });
});
