import type { GgufValue } from "../gguf/format.js";
import { readTensor } from "../gguf/read-tensor.js";
import { type TensorToWrite, writeGguf } from "../gguf/write.js";
import { type CapturedKind, headMetadata, openCaptured } from "./captured-file.js";
import { type GroupRows, type TextRows, type TextVectors, textNumbers, textRowsOf } from "./text-vectors.js";

const KIND: CapturedKind = {
  architecture: "tiller-text-vectors",
  prefix: "tiller.vectors",
  what: "text vectors",
};
/** Texts of each group. */
const COUNTS = "tiller.vectors.counts";
/** Numbers of the texts, group after group. */
const TEXTS = "tiller.vectors.texts";

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
  const numbers = vectors.groups.map(numbersOf);
  const metadata = new Map<string, GgufValue>([
    ...headMetadata(KIND, { ...vectors, groups: vectors.groups.map(({ group }) => group) }),
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
  const { file, refuse, numbers, model, dataSha256, layers, groups } = openCaptured(path, KIND, expected, [
    COUNTS,
    TEXTS,
  ]);
  const missing = expected.layers?.filter((layer) => !layers.includes(layer)) ?? [];
  if (missing.length > 0) refuse(`lacks layer ${missing.join(", ")}`);

  const counts = numbers(COUNTS);
  const texts = numbers(TEXTS);
  let start = 0;
  const rows = groups.map((group, index): GroupRows => {
    const count = counts[index] ?? refuse("counts fewer groups than it names");
    const own = texts.slice(start, start + count);
    start += count;
    if (own.length !== count || new Set(own).size !== count) refuse("does not number its texts");
    const rowsOfLayer = layers.map((layer): [number, TextRows] => {
      const values = readTensor(file, tensorName(index, layer));
      if (values.length !== count * model.width) refuse("has tensors of a wrong size");
      return [layer, { rows: new Map(own.map((number, row) => [number, row])), values }];
    });
    return {
      group,
      layers: new Map(rowsOfLayer),
    };
  });
  return { model, layers, dataSha256, groups: rows };
}
