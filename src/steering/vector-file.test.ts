import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ModelError, RecipeError } from "../errors.js";
import type { GgufValue } from "../gguf/format.js";
import { readGguf } from "../gguf/read.js";
import { writeGguf } from "../gguf/write.js";
import type { LayerDirection, SteeringVector } from "./steering-vector.js";
import { absoluteStrength, steeringAddition } from "./strength.js";
import { readVectorFile, writeVectorFile } from "./vector-file.js";

const FIXTURES = fileURLToPath(new URL("fixtures/", import.meta.url));
const PYTHON = process.env.PYTHON ?? "python3";

function hasPythonGguf(): boolean {
  try {
    execFileSync(PYTHON, ["-c", "import gguf"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tiller-vector-"));
  path = join(folder, "vector.gguf");
});
afterAll(() => rmSync(folder, { recursive: true }));

const layers: LayerDirection[] = [
  { layer: 0, unit: Float32Array.of(0, 1, 0), differenceNorm: 0.1, residualNorm: 0.7 },
  { layer: 2, unit: Float32Array.of(0.6, 0, -0.8), differenceNorm: 1.5, residualNorm: 5.25 },
];
const vector: SteeringVector = {
  method: "mean-difference",
  class: "žiadne",
  language: "sk",
  weighting: "text",
  positions: "all-but-first",
  model: { sha256: "a".repeat(64), architecture: "llama", name: "Tiny llama", width: 3 },
  dataSha256: "b".repeat(64),
  texts: 12,
  tokens: 345,
  tillerVersion: "0.1.0",
  layers,
};

/** With everything that format 2 added. */
const combined: SteeringVector = {
  ...vector,
  method: "combined",
  origin: "a.gguf - 0.5 * ž.gguf",
  positions: "last",
  layers: [layers[0]!, { ...layers[1]!, residualNorm: undefined }],
};

function withUnit(...values: number[]): SteeringVector {
  return { ...vector, layers: [{ ...layers[1]!, unit: Float32Array.from(values) }] };
}

describe("vector files", () => {
  test("come back as they were, block 0 too", () => {
    writeVectorFile(path, vector);
    expect(readVectorFile(path)).toEqual(vector);
    expect(readVectorFile(path, { model: vector.model })).toEqual(vector);
    expect("origin" in readVectorFile(path)).toBe(false);
  });

  test("keep origin, positions and which residual norms are unknown", () => {
    writeVectorFile(path, combined);
    expect(readVectorFile(path)).toStrictEqual(combined);
  });

  test.each(["imported", "random", "pca-diff", "logistic-probe"] as const)("keep the method %s", (method) => {
    writeVectorFile(path, { ...vector, method });
    expect(readVectorFile(path).method).toBe(method);
  });

  test("of format 1 are still read", () => {
    // Written by the version of Tiller that made format 1.
    expect(readVectorFile(join(FIXTURES, "vector-format-1.gguf"))).toEqual({
      ...vector,
      positions: "all-but-bos",
    });
  });

  test("do not hand on what a terminal obeys, and keep joiners, which scripts need", () => {
    writeVectorFile(path, { ...vector, class: "\u001b[2Jمی\u200cخواهم\u202e", origin: "a\nb" });
    expect(readVectorFile(path)).toMatchObject({ class: "\uFFFD[2Jمی\u200cخواهم\uFFFD", origin: "a\uFFFDb" });
  });

  test("of a newer format are refused", () => {
    writeVectorFile(path, vector);
    const { metadata } = readGguf(path, { arrays: "all" });
    const newer = new Map(metadata).set("tiller.format", { type: "uint32", value: 3 });
    writeGguf(path, {
      metadata: newer,
      tensors: [{ name: "direction.2", shape: [3], data: layers[1]!.unit }],
    });
    expect(() => readVectorFile(path)).toThrow(/format 3; this version of Tiller reads 1 and 2/);
  });

  // Both files of the fixture are of `combined`: vector-file.gguf is what writeVectorFile wrote, and
  //   python src/steering/fixtures/read-vector.py src/steering/fixtures/vector-file.gguf
  // (gguf 2.4.6 from llama.cpp) printed vector-file.json.
  test("are the bytes that Python's gguf package read", () => {
    writeVectorFile(path, combined);
    expect(readFileSync(path)).toEqual(readFileSync(join(FIXTURES, "vector-file.gguf")));
  });

  test.skipIf(!hasPythonGguf())("are read by Python's gguf package (skipped without it)", () => {
    writeVectorFile(path, combined);
    const printed = execFileSync(PYTHON, [join(FIXTURES, "read-vector.py"), path], {
      encoding: "utf8",
      env: { ...process.env, PYTHONIOENCODING: "utf-8" },
    });
    expect(JSON.parse(printed)).toEqual(JSON.parse(readFileSync(join(FIXTURES, "vector-file.json"), "utf8")));
  });

  // llama.cpp v0.5.0 (libllama-common) loads this file: width 3, data 0 0 0 0.6 0 -0.8 for blocks 1 and 2, and
  // twice that at strength 2. It was called from C++, declared as in common/common.h of that release:
  //   struct common_control_vector_load_info { float strength; std::string fname; };
  //   struct common_control_vector_data { int n_embd; std::vector<float> data; };
  //   common_control_vector_data common_control_vector_load(const std::vector<common_control_vector_load_info> &);
  // With one more tensor, named direction.0 or tiller.direction.0, it refuses the file.
  test("hold no tensors but those that llama.cpp accepts", () => {
    writeVectorFile(path, vector);
    const file = readGguf(path);
    expect([...file.tensors.keys()]).toEqual(["direction.2"]);
    expect(file.tensors.get("direction.2")).toMatchObject({ shape: [3], type: 0 });
    expect(file.metadata.get("general.architecture")?.value).toBe("controlvector");
    expect(file.metadata.get("controlvector.model_hint")?.value).toBe("llama");
    expect(file.metadata.get("controlvector.layer_count")?.value).toBe(2);
  });

  test("are refused for another model, naming both", () => {
    writeVectorFile(path, vector);
    expect(() => readVectorFile(path, { model: { sha256: "c".repeat(64), width: 3 } })).toThrow(
      /aaaa.*cccc/s,
    );
    expect(() => readVectorFile(path, { model: { sha256: "a".repeat(64), width: 4 } })).toThrow(
      /3 dimensions, and the loaded model 4/,
    );
  });

  test.each([
    ["a zero vector", withUnit(0, 0, 0), /length is 0/],
    ["NaN", withUnit(Number.NaN, 0, 0), /not finite/],
    ["infinity", withUnit(Number.POSITIVE_INFINITY, 0, 0), /not finite/],
    ["another width", withUnit(1, 0), /2 dimensions, and the model 3/],
    [
      "a residual norm of 0",
      { ...vector, layers: [{ ...layers[1]!, residualNorm: 0 }] },
      /residual norm is 0/,
    ],
    ["no layers", { ...vector, layers: [] }, /no layers/],
    ["layers out of order", { ...vector, layers: [layers[1]!, layers[0]!] }, /layer 0 follows layer 2/],
    ["a layer twice", { ...vector, layers: [layers[1]!, layers[1]!] }, /layer 2 follows layer 2/],
    [
      "a length that is no number",
      { ...vector, layers: [{ ...layers[1]!, differenceNorm: Number.NaN }] },
      /normalising is NaN/,
    ],
  ])("are not written with %s", (_, bad, message) => {
    expect(() => writeVectorFile(path, bad)).toThrow(message);
    expect(() => writeVectorFile(path, bad)).toThrow(ModelError);
  });

  test("a NaN that got into a file is refused", () => {
    writeVectorFile(path, vector);
    const file = readGguf(path, { arrays: "all" });
    const data = Float32Array.of(Number.NaN, 0, 1);
    writeGguf(path, { metadata: file.metadata, tensors: [{ name: "direction.2", shape: [3], data }] });
    expect(() => readVectorFile(path)).toThrow(/at layer 2 it is not finite/);
  });

  test("files of other kinds are refused", () => {
    const foreign = (entries: [string, GgufValue][]): void =>
      writeGguf(path, {
        metadata: new Map(entries),
        tensors: [{ name: "direction.1", shape: [3], data: Float32Array.of(1, 0, 0) }],
      });
    foreign([["general.architecture", { type: "string", value: "llama" }]]);
    expect(() => readVectorFile(path)).toThrow(/no control vector but llama/);
    foreign([["general.architecture", { type: "string", value: "controlvector" }]]);
    expect(() => readVectorFile(path)).toThrow(/lacks tiller.format/);
  });

  test("metadata that names other layers than the tensors is refused, however long it is", () => {
    writeVectorFile(path, vector);
    const { metadata } = readGguf(path, { arrays: "all" });
    const data = layers[1]!.unit;
    for (const value of [[0, 3], [2], [0, 2, 3], [0, 2, 2], new Array<number>(50_000).fill(0)]) {
      const changed = new Map(metadata);
      const zeros: GgufValue = { type: "array", items: "float64", value: value.map(() => 1) };
      changed.set("tiller.layers", { type: "array", items: "int32", value });
      changed.set("tiller.residual_norms", zeros).set("tiller.difference_norms", zeros);
      changed.set("tiller.direction.0", { type: "array", items: "float32", value: [0, 1, 0] });
      const tensors = value.length > 5 ? [] : [{ name: "direction.2", shape: [3], data }];
      writeGguf(path, { metadata: changed, tensors });
      if (value.length === 1) expect(readVectorFile(path).layers).toHaveLength(1);
      else expect(() => readVectorFile(path)).toThrow(/names other layers/);
    }
  });

  test.each<GgufValue>([
    { type: "float64", value: 1.5 },
    { type: "float32", value: Number.NaN },
    { type: "int64", value: -5n },
    { type: "uint64", value: 2n ** 63n },
  ])("a count of texts or tokens that is no count is refused: $value", (value) => {
    writeVectorFile(path, vector);
    const { metadata } = readGguf(path, { arrays: "all" });
    const tensors = [{ name: "direction.2", shape: [3], data: layers[1]!.unit }];
    for (const key of ["tiller.texts", "tiller.tokens"]) {
      writeGguf(path, { metadata: new Map(metadata).set(key, value), tensors });
      expect(() => readVectorFile(path)).toThrow(`is damaged: ${key} is `);
    }
  });

  test("any missing entry gives a ModelError", () => {
    writeVectorFile(path, vector);
    const file = readGguf(path, { arrays: "all" });
    const data = layers[1]!.unit;
    fc.assert(
      fc.property(fc.constantFrom(...file.metadata.keys()), (key) => {
        const metadata = new Map(file.metadata);
        metadata.delete(key);
        writeGguf(path, { metadata, tensors: [{ name: "direction.2", shape: [3], data }] });
        // Only for other programs.
        if (key === "controlvector.layer_count" || key === "tiller.site") return;
        expect(() => readVectorFile(path), key).toThrow(ModelError);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});

describe("strength", () => {
  test("is a multiple of the layer's mean residual norm, or absolute", () => {
    expect(absoluteStrength(vector, 2, 0.2)).toBeCloseTo(1.05, 12);
    expect(absoluteStrength(vector, 2, 25, "absolute")).toBe(25);
    const addition = steeringAddition(vector, 2, 2);
    expect(addition).toMatchObject({ kind: "add", layer: 2 });
    // np.float32(10.5) * np.float32([0.6, 0, -0.8])
    expect([...addition.vector].map((value) => value.toFixed(5))).toEqual(["6.30000", "0.00000", "-8.40000"]);
    expect(layers[1]!.unit).toEqual(Float32Array.of(0.6, 0, -0.8));
  });

  test("may be negative, but must be a number at a layer of the vector", () => {
    expect(steeringAddition(vector, 0, -1).vector[1]).toBeCloseTo(-0.7, 6);
    expect(() => steeringAddition(vector, 2, Number.NaN)).toThrow(RecipeError);
    expect(() => steeringAddition(vector, 1, 1)).toThrow(/no layer 1, only 0, 2/);
    expect(() => steeringAddition(vector, 1, 1, "absolute")).toThrow(/no layer 1/);
  });
});
