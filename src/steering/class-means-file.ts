import { ModelError } from "../errors.js";
import type { GgufValue } from "../gguf/format.js";
import { metadataNumber, metadataNumbers, metadataString, readGguf } from "../gguf/read.js";
import { readDoubleTensor } from "../gguf/read-tensor.js";
import { type TensorToWrite, writeGguf } from "../gguf/write.js";
import type { ClassMeans, GroupSums, LayerSums } from "./class-means.js";

const ARCHITECTURE = "tiller-class-means";
const FORMAT = 1;
const LANGUAGES = "tiller.means.languages";
const CLASSES = "tiller.means.classes";
const LAYERS = "tiller.means.layers";

/** Rows of the tensor of counts. */
const COUNTS = ["tokens", "texts", "normSum"] as const;

function text(value: string): GgufValue {
  return { type: "string", value };
}

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
  const { model } = means;
  const metadata = new Map<string, GgufValue>([
    ["general.architecture", text(ARCHITECTURE)],
    ["tiller.format", { type: "uint32", value: FORMAT }],
    ["tiller.model.sha256", text(model.sha256)],
    ["tiller.model.architecture", text(model.architecture)],
    ["tiller.model.name", text(model.name)],
    ["tiller.model.width", { type: "uint32", value: model.width }],
    ["tiller.data.sha256", text(means.dataSha256)],
    [LAYERS, { type: "array", items: "int32", value: means.layers }],
    [LANGUAGES, { type: "array", items: "string", value: means.groups.map(({ group }) => group.language) }],
    [CLASSES, { type: "array", items: "string", value: means.groups.map(({ group }) => group.class) }],
  ]);
  const tensors = means.groups.flatMap((sums, index) => groupTensors(sums, index, model.width));
  writeGguf(path, { metadata, tensors });
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
  const file = readGguf(path, { arrays: [LAYERS, LANGUAGES, CLASSES] });
  const refuse = (what: string): never => {
    throw new ModelError(`${path} ${what}. Delete it, and the residuals will be captured again.`);
  };
  const string = (key: string): string => metadataString(file, key) ?? refuse(`lacks ${key}`);
  const strings = (key: string): readonly string[] => {
    const value = file.metadata.get(key);
    return value?.type === "array" && value.items === "string" ? value.value : refuse(`lacks ${key}`);
  };
  if (string("general.architecture") !== ARCHITECTURE) refuse("holds no class means");
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

  const layers = [...(metadataNumbers(file, LAYERS) ?? refuse("lacks its layers"))];
  const classes = strings(CLASSES);
  const groups = strings(LANGUAGES).map((language, index): GroupSums => {
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
      group: { language, class: classes[index] ?? refuse("names fewer classes than languages") },
      layers: new Map(sumsOfLayer),
    };
  });
  return { model, layers, dataSha256, groups };
}
