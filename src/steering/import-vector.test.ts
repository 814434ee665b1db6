import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ModelError } from "../errors.js";
import type { GgufValue } from "../gguf/format.js";
import { readGguf } from "../gguf/read.js";
import { type TensorToWrite, writeGguf } from "../gguf/write.js";
import { importVector, readSteeringVector } from "./import-vector.js";
import { problemOf } from "./steering-vector.js";
import { combineVectors } from "./vector-algebra.js";
import { writeVectorFile } from "./vector-file.js";

const FIXTURES = fileURLToPath(new URL("fixtures/", import.meta.url));
const REPENG = join(FIXTURES, "repeng-vector.gguf");
const REPENG_OTHER = join(FIXTURES, "repeng-other.gguf");
const GENERATOR = join(FIXTURES, "cvector-generator.gguf");

/** From foreign-vectors.py, which has the command. */
const expected: {
  files: Record<string, Record<string, { length: number; unit: number[] }>>;
  combined: Record<string, number[]>;
} = JSON.parse(readFileSync(join(FIXTURES, "foreign-vectors.json"), "utf8"));

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tiller-import-"));
  path = join(folder, "vector.gguf");
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(tensors: readonly TensorToWrite[], entries: readonly [string, GgufValue][] = []): void {
  const architecture: GgufValue = { type: "string", value: "controlvector" };
  writeGguf(path, { metadata: new Map([["general.architecture", architecture], ...entries]), tensors });
}

function tensor(layer: number | string, ...values: number[]): TensorToWrite {
  return { name: `direction.${layer}`, shape: [values.length], data: Float32Array.from(values) };
}

describe("control vectors of other programs", () => {
  test.each([
    ["repeng", REPENG, "mistral", [0, 1, 2, 3]],
    ["repeng in 64 bits", REPENG_OTHER, "mistral", [1, 2, 3]],
    ["llama-cvector-generator", GENERATOR, "llama", [1, 2, 3]],
  ])("of %s are read", (_, file, architecture, layers) => {
    const vector = importVector(file);
    const name = file.slice(FIXTURES.length);
    expect(vector).toMatchObject({
      method: "imported",
      origin: name,
      class: name.replace(".gguf", ""),
      language: "any",
      model: { sha256: "", architecture, width: 6 },
    });
    expect(vector.layers.map(({ layer }) => layer)).toEqual(layers);
    expect(problemOf(vector)).toBeUndefined();
    for (const { layer, unit, differenceNorm, residualNorm } of vector.layers) {
      const wanted = expected.files[name]![`direction.${layer}`]!;
      expect(differenceNorm).toBeCloseTo(wanted.length, 6);
      unit.forEach((value, i) => {
        expect(value).toBeCloseTo(wanted.unit[i]!, 6);
      });
      expect(residualNorm).toBeUndefined();
    }
  });

  test("are combined as repeng does, by their own lengths", () => {
    const sum = combineVectors([importVector(REPENG), importVector(REPENG_OTHER)], { weights: [1, -0.5] });
    for (const { layer, unit, differenceNorm } of sum.layers) {
      unit.forEach((value, i) => {
        expect(value * differenceNorm).toBeCloseTo(expected.combined[layer]![i]!, 6);
      });
    }
    expect(sum.layers.map(({ layer }) => layer)).toEqual([1, 2, 3]);
  });

  test("keep everything in a file of Tiller", () => {
    const vector = importVector(REPENG, { class: "happy", language: "en" });
    writeVectorFile(path, vector);
    expect(readSteeringVector(path)).toStrictEqual(vector);
    expect(readSteeringVector(REPENG_OTHER)).toStrictEqual(importVector(REPENG_OTHER));
    expect(() => importVector(path)).toThrow(/of Tiller already/);
  });

  test("are checked against a model as far as they tell", () => {
    const model = { sha256: "c".repeat(64), width: 6, architecture: "llama" };
    expect(importVector(GENERATOR, { model }).layers).toHaveLength(3);
    // Transformers calls `mistral` what GGUF calls `llama`.
    expect(importVector(REPENG, { model }).layers).toHaveLength(4);
    expect(() => importVector(REPENG, { model: { ...model, width: 8 } })).toThrow(
      /has 6 dimensions.*model 8/,
    );
    const gemma = { ...model, architecture: "gemma3" };
    expect(() => readSteeringVector(GENERATOR, { model: gemma })).toThrow(/architecture llama.*gemma3/);
    expect(importVector(GENERATOR, { model: gemma, architecture: "gemma3" }).model.architecture).toBe(
      "gemma3",
    );
    writeVectorFile(path, importVector(GENERATOR));
    expect(() => readSteeringVector(path, { model: gemma })).toThrow(/architecture llama.*gemma3/);
  });

  test.each([
    ["no tensors", [], /no tensor direction/],
    ["a tensor of another name", [tensor(1, 1, 0), tensor("x", 1, 0)], /named direction\.x/],
    ["a layer written oddly", [tensor("01", 1, 0)], /named direction\.01/],
    ["a layer beyond any model", [tensor("10000", 1, 0)], /named direction\.10000/],
    ["a name that would paint the terminal", [tensor("\u001b[2J", 1, 0)], /named direction\.\uFFFD\[2J\./],
    ["two widths", [tensor(1, 1, 0), tensor(2, 1, 0, 0)], /direction\.2 has 3 dimensions, and others 2/],
    ["a zero direction", [tensor(3, 0, 0)], /direction\.3 is zero.*Leave that layer out/],
    ["NaN", [tensor(3, Number.NaN, 1)], /direction\.3 is not finite/],
    ["infinity", [tensor(3, Number.NEGATIVE_INFINITY, 1)], /direction\.3 is not finite/],
    ["integers", [{ name: "direction.1", shape: [2], data: Int32Array.of(1, 2) }], /stored as I32/],
    ["a matrix", [{ ...tensor(1, 1, 2, 3, 4), shape: [2, 2] }], /shape \[2,2\]/],
    ["nothing in it", [{ ...tensor(1), shape: [0] }], /shape \[0\]/],
  ])("with %s are refused", (_, tensors, message) => {
    write(tensors);
    expect(() => importVector(path)).toThrow(message);
    expect(() => readSteeringVector(path)).toThrow(ModelError);
  });

  test("that are none are refused", () => {
    writeFileSync(path, '{"direction": [1, 2]}');
    expect(() => readSteeringVector(path)).toThrow(/not a GGUF file; it is JSON/);
    writeGguf(path, { metadata: new Map(), tensors: [tensor(1, 1)] });
    expect(() => readSteeringVector(path)).toThrow(/no control vector but something else/);
    expect(() => readSteeringVector(folder)).toThrow(ModelError);
    expect(() => readSteeringVector(join(folder, "none.gguf"))).toThrow(/no such file/);
  });

  test("a hint that would paint the terminal comes through without its codes, and short", () => {
    const value = `\u001b[31m${"x".repeat(100_000)}\n`;
    write([tensor(1, 1, 0)], [["controlvector.model_hint", { type: "string", value }]]);
    const { architecture } = importVector(path).model;
    expect(architecture).toMatch(/^\uFFFD\[31mx{20}/);
    expect(architecture.length).toBeLessThan(200);
  });
});

describe("damaged files", () => {
  const files = [REPENG, join(FIXTURES, "vector-file.gguf")].map((file) => readFileSync(file));

  /** Reads the bytes as a file: a ModelError, or a vector that is fit for steering and no larger than the file. */
  function read(bytes: Uint8Array): ModelError | undefined {
    writeFileSync(path, bytes);
    try {
      const vector = readSteeringVector(path);
      expect(problemOf(vector)).toBeUndefined();
      const values = vector.layers.reduce((sum, { unit }) => sum + unit.length, 0);
      expect(2 * values).toBeLessThanOrEqual(bytes.length);
      return undefined;
    } catch (error) {
      if (error instanceof ModelError) return error;
      throw error;
    }
  }

  test("cut short anywhere", () => {
    for (const bytes of files) {
      writeFileSync(path, bytes);
      const end = Math.max(...[...readGguf(path).tensors.values()].map((each) => each.offset + each.bytes!));
      expect(read(bytes)).toBeUndefined();
      for (let length = 0; length < end; length += 1) {
        expect(read(bytes.subarray(0, length)), `${length} of ${bytes.length}`).toBeInstanceOf(ModelError);
      }
    }
  });

  test("with a count or length that is far too large anywhere", () => {
    for (const [i, bytes] of files.entries()) {
      for (let at = 4; at + 8 <= bytes.length; at += 1) {
        for (const value of i === 0 ? [1n << 63n, 1n << 31n] : [1n << 31n]) {
          const hostile = Buffer.from(bytes);
          hostile.writeBigUInt64LE(value, at);
          read(hostile);
        }
      }
    }
  });

  test("with flipped bits", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 6 }),
        (bytes, flips) => {
          const flipped = Buffer.from(bytes);
          for (const [at, bits] of flips) flipped[at % bytes.length]! ^= bits;
          read(flipped);
        },
      ),
      { numRuns: 800, seed: 1 },
    );
  });

  test("whose tensors all lie at one place do not fill the memory", () => {
    const parts: Buffer[] = [];
    const uint32 = (value: number) => parts.push(Buffer.from(Uint32Array.of(value).buffer));
    const uint64 = (value: number) => parts.push(Buffer.from(BigUint64Array.of(BigInt(value)).buffer));
    const string = (value: string) => {
      uint64(value.length);
      parts.push(Buffer.from(value));
    };
    const width = 250_000;
    const layers = 9999;
    parts.push(Buffer.from("GGUF"));
    uint32(3);
    uint64(layers);
    uint64(1);
    string("general.architecture");
    uint32(8);
    string("controlvector");
    for (let layer = 1; layer <= layers; layer += 1) {
      string(`direction.${layer}`);
      uint32(1);
      uint64(width);
      uint32(0);
      uint64(0);
    }
    parts.push(Buffer.alloc(32), Buffer.from(new Float32Array(width).fill(1).buffer));
    expect(read(Buffer.concat(parts))?.message).toMatch(/tensors overlap/);
  });
});
