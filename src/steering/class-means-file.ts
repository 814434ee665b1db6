import { readDoubleTensor } from "../gguf/read-tensor.js";
import { type TensorToWrite, writeGguf } from "../gguf/write.js";
import { type CapturedKind, headMetadata, openCaptured } from "./captured-file.js";
import type { ClassMeans, GroupSums, LayerSums } from "./class-means.js";

const KIND: CapturedKind = {
  architecture: "tiller-class-means",
  prefix: "tiller.means",
  what: "class means",
};

/** Rows of the tensor of counts. */
const COUNTS = ["tokens", "texts", "normSum"] as const;

function groupTensors(sums: GroupSums, index: number, width: number): TensorToWrite[] {
  const layers = [...sums.layers.values()];
  const stacked = (part: "tokenSum" | "textSum"): Float64Array => {
    const data = new Float64Array(layers.length * width);
    layers.forEach((layer, row) => {
      data.set(layer[part], row * width);
    });
    return data;
  };
  return [
    { name: `group.${index}.token_sum`, shape: [width, layers.length], data: stacked("tokenSum") },
    { name: `group.${index}.text_sum`, shape: [width, layers.length], data: stacked("textSum") },
    {
      name: `group.${index}.counts`,
      shape: [COUNTS.length, layers.length],
      data: Float64Array.from(layers.flatMap((layer) => COUNTS.map((count) => layer[count]))),
    },
  ];
}

/** Keeps means, as 64-bit sums, so that vectors can be made again from other groups without capturing again. */
export function writeClassMeans(path: string, means: ClassMeans): void {
  const groups = means.groups.map(({ group }) => group);
  const tensors = means.groups.flatMap((sums, index) => groupTensors(sums, index, means.model.width));
  writeGguf(path, { metadata: new Map(headMetadata(KIND, { ...means, groups })), tensors });
}

/**
 * Reads what `writeClassMeans` wrote.
 * @param expected refuses means of another model or of other texts.
 * @throws ModelError if the file is damaged, of another kind, or not of the expected model and texts.
 */
export function readClassMeans(
  path: string,
  expected: { modelSha256?: string; dataSha256?: string } = {},
): ClassMeans {
  const { file, refuse, model, dataSha256, layers, groups } = openCaptured(path, KIND, expected);
  const { width } = model;
  const sums = groups.map((group, index): GroupSums => {
    const tokenSum = readDoubleTensor(file, `group.${index}.token_sum`);
    const textSum = readDoubleTensor(file, `group.${index}.text_sum`);
    const counts = readDoubleTensor(file, `group.${index}.counts`);
    const cells = layers.length * width;
    if (
      tokenSum.length !== cells ||
      textSum.length !== cells ||
      counts.length !== COUNTS.length * layers.length
    ) {
      refuse("has tensors of a wrong size");
    }
    const sumsOfLayer = layers.map((layer, row): [number, LayerSums] => [
      layer,
      {
        tokenSum: tokenSum.slice(row * width, (row + 1) * width),
        textSum: textSum.slice(row * width, (row + 1) * width),
        tokens: counts[row * COUNTS.length]!,
        texts: counts[row * COUNTS.length + 1]!,
        normSum: counts[row * COUNTS.length + 2]!,
      },
    ]);
    return {
      group,
      layers: new Map(sumsOfLayer),
    };
  });
  return { model, layers, dataSha256, groups: sums };
}
