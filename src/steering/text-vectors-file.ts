import { ModelError } from "../errors.js";
import type { GgufValue } from "../gguf/format.js";
import { metadataNumber, metadataNumbers, metadataString, readGguf } from "../gguf/read.js";
import { readTensor } from "../gguf/read-tensor.js";
import { type TensorToWrite, writeGguf } from "../gguf/write.js";
import { type GroupRows, type TextRows, type TextVectors, textNumbers, textRowsOf } from "./text-vectors.js";

const ARCHITECTURE = "tiller-text-vectors";
const FORMAT = 1;
const LANGUAGES = "tiller.vectors.languages";
const CLASSES = "tiller.vectors.classes";
const LAYERS = "tiller.vectors.layers";
/** Texts of each group. */
const COUNTS = "tiller.vectors.counts";
/** Numbers of the texts, group after group. */
const TEXTS = "tiller.vectors.texts";

function text(value: string): GgufValue {
  return { type: "string", value };
}

function whole(value: readonly number[]): GgufValue {
  return { type: "array", items: "int32", value };
}

function tensorName(group: number, layer: number): string {
  return `group.${group}.layer.${layer}`;
}

/** The numbers of a group's texts, which all of its layers must have. */
function numbersOf({ group, layers }: GroupRows): number[] {
  const [first = [], ...others] = [...layers.values()].map(textNumbers);
  if (others.some((numbers) => numbers.join() !== first.join())) {
    throw new RangeError(`The layers of class ${group.class} (${group.language}) have different texts.`);
  }
  return first;
}

/**
 * Keeps text vectors, bit for bit, so that vectors can be made again by another method without capturing again.
 * While the file is written its content is in memory a second time.
 * @throws RangeError if a group has a text at one layer and not at another.
 */
export function writeTextVectors(path: string, vectors: TextVectors): void {
  const { model } = vectors;
  const numbers = vectors.groups.map(numbersOf);
  const metadata = new Map<string, GgufValue>([
    ["general.architecture", text(ARCHITECTURE)],
    ["tiller.format", { type: "uint32", value: FORMAT }],
    ["tiller.model.sha256", text(model.sha256)],
    ["tiller.model.architecture", text(model.architecture)],
    ["tiller.model.name", text(model.name)],
    ["tiller.model.width", { type: "uint32", value: model.width }],
    ["tiller.data.sha256", text(vectors.dataSha256)],
    [LAYERS, whole(vectors.layers)],
    [LANGUAGES, { type: "array", items: "string", value: vectors.groups.map(({ group }) => group.language) }],
    [CLASSES, { type: "array", items: "string", value: vectors.groups.map(({ group }) => group.class) }],
    [COUNTS, whole(numbers.map((each) => each.length))],
    [TEXTS, whole(numbers.flat())],
  ]);
  const tensors = vectors.groups.flatMap(({ group }, index) =>
    vectors.layers.map((layer): TensorToWrite => {
      const { rows, columns, values } = textRowsOf(vectors, group, layer);
      return { name: tensorName(index, layer), shape: [columns, rows], data: values };
    }),
  );
  writeGguf(path, { metadata, tensors });
}

/**
 * Reads what `writeTextVectors` wrote.
 * @param expected refuses vectors of another model, of other texts, or without some layers.
 * @throws ModelError if the file is damaged, of another kind, or not what is expected.
 */
export function readTextVectors(
  path: string,
  expected: { modelSha256?: string; dataSha256?: string; layers?: readonly number[] } = {},
): TextVectors {
  const file = readGguf(path, { arrays: [LAYERS, LANGUAGES, CLASSES, COUNTS, TEXTS] });
  const refuse = (what: string): never => {
    throw new ModelError(`${path} ${what}. Delete it, and the residuals will be captured again.`);
  };
  const string = (key: string): string => metadataString(file, key) ?? refuse(`lacks ${key}`);
  const strings = (key: string): readonly string[] => {
    const value = file.metadata.get(key);
    return value?.type === "array" && value.items === "string" ? value.value : refuse(`lacks ${key}`);
  };
  const numbers = (key: string): number[] => [...(metadataNumbers(file, key) ?? refuse(`lacks ${key}`))];
  if (string("general.architecture") !== ARCHITECTURE) refuse("holds no text vectors");
  if (metadataNumber(file, "tiller.format") !== FORMAT) refuse("is of another version of Tiller");
  const width = metadataNumber(file, "tiller.model.width") ?? refuse("lacks the model's width");
  const model = {
    sha256: string("tiller.model.sha256"),
    architecture: string("tiller.model.architecture"),
    name: string("tiller.model.name"),
    width,
  };
  const dataSha256 = string("tiller.data.sha256");
  if (expected.modelSha256 !== undefined && expected.modelSha256 !== model.sha256) {
    refuse(`was captured from the model ${model.sha256} and not from ${expected.modelSha256}`);
  }
  if (expected.dataSha256 !== undefined && expected.dataSha256 !== dataSha256) {
    refuse(`was captured from other texts (${dataSha256} and not ${expected.dataSha256})`);
  }
  const layers = numbers(LAYERS);
  const missing = expected.layers?.filter((layer) => !layers.includes(layer)) ?? [];
  if (missing.length > 0) refuse(`lacks layer ${missing.join(", ")}`);

  const classes = strings(CLASSES);
  const counts = numbers(COUNTS);
  const texts = numbers(TEXTS);
  let start = 0;
  const groups = strings(LANGUAGES).map((language, index): GroupRows => {
    const count = counts[index] ?? refuse("counts fewer groups than it names");
    const own = texts.slice(start, start + count);
    start += count;
    if (own.length !== count || new Set(own).size !== count) refuse("does not number its texts");
    const rowsOfLayer = layers.map((layer): [number, TextRows] => {
      const values = readTensor(file, tensorName(index, layer));
      if (values.length !== count * width) refuse("has tensors of a wrong size");
      return [layer, { rows: new Map(own.map((number, row) => [number, row])), values }];
    });
    return {
      group: { language, class: classes[index] ?? refuse("names fewer classes than languages") },
      layers: new Map(rowsOfLayer),
    };
  });
  return { model, layers, dataSha256, groups };
}
