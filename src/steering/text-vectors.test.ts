import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Capture } from "../engine/engine.js";
import { EngineError, ModelError, RecipeError } from "../errors.js";
import { metadataNumbers, readGguf } from "../gguf/read.js";
import { writeGguf } from "../gguf/write.js";
import { addCapture, type ClassGroup, emptyClassMeans, meanOf } from "./class-means.js";
import {
  addTextVector,
  contrastRows,
  emptyTextVectors,
  pairsOf,
  type TextVectors,
  textRowsOf,
} from "./text-vectors.js";
import { readTextVectors, writeTextVectors } from "./text-vectors-file.js";

const model = { sha256: "m".repeat(64), architecture: "llama", name: "Tiny", width: 2 };
const good: ClassGroup = { language: "en", class: "good" };
const bad: ClassGroup = { language: "en", class: "bad" };

function captureOf(text: number, layer = 3): Capture {
  const none = new Int32Array(0);
  const values = Float32Array.of(text + 0.1, -layer);
  return { text, layer, positions: none, tokens: none, values, count: 4, meanNorm: 1 };
}

function vectorsOf(sets: readonly (readonly [ClassGroup, readonly number[]])[], layers = [3]): TextVectors {
  const vectors = emptyTextVectors(model, layers, "d".repeat(64));
  for (const [group, texts] of sets) {
    for (const text of texts)
      for (const layer of layers) addTextVector(vectors, group, captureOf(text, layer));
  }
  return vectors;
}

const firstColumn = ({ values }: { values: Float32Array | Float64Array }) =>
  [...values].filter((_, at) => at % 2 === 0).map(Math.floor);

describe("text vectors", () => {
  test("come back in the order of the texts, however they came", () => {
    const vectors = vectorsOf([
      [good, [4, 0, 30, 2]],
      [bad, [7, 5]],
    ]);
    expect(textRowsOf(vectors, good, 3)).toEqual({
      rows: 4,
      columns: 2,
      values: Float32Array.of(0.1, -3, 2.1, -3, 4.1, -3, 30.1, -3),
    });
    expect(firstColumn(textRowsOf(vectors, bad, 3))).toEqual([5, 7]);
  });

  test("keep many texts", () => {
    const texts = Array.from({ length: 100 }, (_, text) => text);
    expect(firstColumn(textRowsOf(vectorsOf([[good, texts]]), good, 3))).toEqual(texts);
  });

  test("have the mean that class means have", () => {
    const means = emptyClassMeans(model, [3], "");
    for (const text of [1, 5, 6]) addCapture(means, good, captureOf(text));
    const { values } = textRowsOf(vectorsOf([[good, [1, 5, 6]]]), good, 3);
    expect((values[0]! + values[2]! + values[4]!) / 3).toBeCloseTo(meanOf(means, good, 3, "text")[0]!, 6);
  });

  test("pass over layers that were not asked for", () => {
    const vectors = vectorsOf([]);
    addTextVector(vectors, good, captureOf(0, 4));
    expect(vectors.groups).toEqual([]);
  });

  test("refuse what addCapture refuses, and a text that is there", () => {
    const vectors = vectorsOf([[good, [0]]]);
    expect(() => addTextVector(vectors, good, captureOf(0))).toThrow(/captured before/);
    const rows = { ...captureOf(1), values: new Float32Array(4) };
    expect(() => addTextVector(vectors, good, rows)).toThrow(/4 values/);
    const nan = { ...captureOf(1), values: Float32Array.of(1, Number.NaN) };
    expect(() => addTextVector(vectors, good, nan)).toThrow(EngineError);
    addTextVector(vectors, bad, captureOf(0));
    expect(() => textRowsOf(vectors, { ...good, language: "de" }, 3)).toThrow(/good \(en\), bad \(en\)/);
    expect(() => textRowsOf(vectors, good, 4)).toThrow(RecipeError);
  });
});

describe("pairs", () => {
  test("are texts with the same place in their classes, as far as the shorter one goes", () => {
    const vectors = vectorsOf([
      [good, [0, 1, 2]],
      [bad, [3, 4]],
      [{ language: "en", class: "third" }, [5, 6, 7, 8]],
    ]);
    const groups = vectors.groups.map(({ group }) => group);
    const { rows, partners } = pairsOf(contrastRows(vectors, groups, 3));
    expect(firstColumn(rows)).toEqual([0, 1, 0, 1, 2]);
    expect(firstColumn(partners)).toEqual([3, 4, 5, 6, 7]);
    expect([rows.rows, partners.rows]).toEqual([5, 5]);
  });

  test("need another class", () => {
    expect(() => contrastRows(vectorsOf([[good, [0]]]), [good], 3)).toThrow(RangeError);
  });
});

describe("text vectors in a file", () => {
  let folder: string;
  let path: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tiller-texts-"));
    path = join(folder, "vectors.gguf");
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const sets: [ClassGroup, number[]][] = [
    [good, [4, 0, 3]],
    [bad, [1, 2]],
  ];

  test("come back bit for bit, and can be added to", () => {
    const vectors = vectorsOf(sets, [3, 0]);
    writeTextVectors(path, vectors);
    const back = readTextVectors(path, {
      modelSha256: model.sha256,
      dataSha256: vectors.dataSha256,
      layers: [0],
    });
    expect(back).toMatchObject({ model, layers: [0, 3], dataSha256: vectors.dataSha256 });
    expect(back.groups.map(({ group }) => group)).toEqual([good, bad]);
    for (const group of [good, bad]) {
      for (const layer of [0, 3]) {
        expect(textRowsOf(back, group, layer)).toEqual(textRowsOf(vectors, group, layer));
      }
    }
    expect(() => addTextVector(back, good, captureOf(4))).toThrow(/captured before/);
    addTextVector(back, good, captureOf(1));
    expect(firstColumn(textRowsOf(back, good, 3))).toEqual([0, 1, 3, 4]);
  });

  test("are the same bytes every time, in whatever order the texts came", () => {
    const [first, second] = [sets, sets.map(([group, texts]) => [group, texts.toSorted()] as const)].map(
      (each) => {
        writeTextVectors(path, vectorsOf(each));
        return readFileSync(path);
      },
    );
    expect(first!.equals(second!)).toBe(true);
  });

  test("are refused for another model, other texts or more layers", () => {
    writeTextVectors(path, vectorsOf(sets));
    expect(() => readTextVectors(path, { modelSha256: "x".repeat(64) })).toThrow(/mmmm.* and not from xxxx/);
    expect(() => readTextVectors(path, { dataSha256: "y".repeat(64) })).toThrow(ModelError);
    expect(() => readTextVectors(path, { layers: [3, 5, 6] })).toThrow(/lacks layer 5, 6/);
  });

  test("are not written with texts missing at a layer", () => {
    const vectors = vectorsOf(sets, [0, 3]);
    addTextVector(vectors, good, captureOf(9, 0));
    expect(() => writeTextVectors(path, vectors)).toThrow(/good \(en\) have different texts/);
  });

  test("damage is refused", () => {
    writeTextVectors(path, vectorsOf(sets));
    const file = readGguf(path, { arrays: "all" });
    const tensors = ["group.0.layer.3", "group.1.layer.3"].map((name, group) => ({
      name,
      shape: [2, 3 - group],
      data: new Float32Array(2 * (3 - group)),
    }));
    for (const key of file.metadata.keys()) {
      const metadata = new Map(file.metadata);
      metadata.delete(key);
      writeGguf(path, { metadata, tensors });
      expect(() => readTextVectors(path), key).toThrow(ModelError);
    }
    const counts = metadataNumbers(file, "tiller.vectors.counts")!;
    const metadata = new Map(file.metadata);
    metadata.set("tiller.vectors.counts", {
      type: "array",
      items: "int32",
      value: [...counts].reverse(),
    });
    writeGguf(path, { metadata, tensors });
    expect(() => readTextVectors(path)).toThrow(/wrong size/);
    writeGguf(path, { metadata: file.metadata, tensors: tensors.slice(1) });
    expect(() => readTextVectors(path)).toThrow(ModelError);
  });
});
