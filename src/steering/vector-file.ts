import { ModelError } from "../errors.js";
import type { GgufValue } from "../gguf/format.js";
import { type GgufFile, metadataNumber, metadataNumbers, metadataString, readGguf } from "../gguf/read.js";
import { readTensor } from "../gguf/read-tensor.js";
import { writeGguf } from "../gguf/write.js";
import {
  type LayerDirection,
  problemOf,
  type SteeringMethod,
  type SteeringVector,
} from "./steering-vector.js";

/**
 * A steering vector as a control-vector GGUF that llama.cpp loads: F32 tensors `direction.<block>` of unit
 * length, so that `--control-vector-scaled FILE:ALPHA` adds what Tiller adds with the absolute strength ALPHA,
 * but at all layers of the file at once. llama.cpp refuses a file with any other tensor, `direction.0` too, so
 * block 0 and everything else is metadata under `tiller.`; a vector of block 0 alone is of no use to llama.cpp.
 */

const ARCHITECTURE = "controlvector";
const FORMAT = 1;
const SITE = "residual-after-block";
const POSITIONS = "all-but-bos";

const KEYS = {
  format: "tiller.format",
  version: "tiller.version",
  method: "tiller.method",
  class: "tiller.class",
  language: "tiller.language",
  weighting: "tiller.weighting",
  site: "tiller.site",
  positions: "tiller.positions",
  modelSha256: "tiller.model.sha256",
  modelName: "tiller.model.name",
  width: "tiller.model.width",
  hint: "controlvector.model_hint",
  count: "controlvector.layer_count",
  dataSha256: "tiller.data.sha256",
  texts: "tiller.texts",
  tokens: "tiller.tokens",
  layers: "tiller.layers",
  residualNorms: "tiller.residual_norms",
  differenceNorms: "tiller.difference_norms",
  blockZero: "tiller.direction.0",
} as const;

/** Methods of this version of the format. */
const METHODS: readonly string[] = ["mean-difference", "language", "quality"] satisfies SteeringMethod[];

function text(value: string): GgufValue {
  return { type: "string", value };
}

function metadataOf(vector: SteeringVector): Map<string, GgufValue> {
  const numbers = (of: (layer: LayerDirection) => number): GgufValue => ({
    type: "array",
    items: "float64",
    value: vector.layers.map(of),
  });
  const metadata = new Map<string, GgufValue>([
    ["general.architecture", text(ARCHITECTURE)],
    [KEYS.hint, text(vector.model.architecture)],
    [KEYS.count, { type: "uint32", value: vector.layers.length }],
    [KEYS.format, { type: "uint32", value: FORMAT }],
    [KEYS.version, text(vector.tillerVersion)],
    [KEYS.method, text(vector.method)],
    [KEYS.class, text(vector.class)],
    [KEYS.language, text(vector.language)],
    [KEYS.weighting, text(vector.weighting)],
    [KEYS.site, text(SITE)],
    [KEYS.positions, text(POSITIONS)],
    [KEYS.modelSha256, text(vector.model.sha256)],
    [KEYS.modelName, text(vector.model.name)],
    [KEYS.width, { type: "uint32", value: vector.model.width }],
    [KEYS.dataSha256, text(vector.dataSha256)],
    [KEYS.texts, { type: "uint64", value: BigInt(vector.texts) }],
    [KEYS.tokens, { type: "uint64", value: BigInt(vector.tokens) }],
    [KEYS.layers, { type: "array", items: "int32", value: vector.layers.map(({ layer }) => layer) }],
    [KEYS.residualNorms, numbers(({ residualNorm }) => residualNorm)],
    [KEYS.differenceNorms, numbers(({ differenceNorm }) => differenceNorm)],
  ]);
  const blockZero = vector.layers.find(({ layer }) => layer === 0);
  if (blockZero) metadata.set(KEYS.blockZero, { type: "array", items: "float32", value: blockZero.unit });
  return metadata;
}

/**
 * Writes a vector to a file, replacing what is there.
 * @throws ModelError if the vector is zero, not finite, or not of the model's width.
 */
export function writeVectorFile(path: string, vector: SteeringVector): void {
  const problem = problemOf(vector);
  if (problem !== undefined) throw new ModelError(`The vector for ${path} was not written: ${problem}.`);
  const tensors = vector.layers
    .filter(({ layer }) => layer > 0)
    .map(({ layer, unit }) => ({ name: `direction.${layer}`, shape: [unit.length], data: unit }));
  writeGguf(path, { metadata: metadataOf(vector), tensors });
}

/** Reads metadata that must be there. */
class RequiredMetadata {
  readonly #file: GgufFile;
  constructor(file: GgufFile) {
    this.#file = file;
  }

  #present<T>(value: T | undefined, key: string): T {
    if (value !== undefined) return value;
    throw new ModelError(
      `${this.#file.path} is not a complete steering vector of Tiller: it lacks ${key}. Make it again.`,
    );
  }

  string(key: string): string {
    return this.#present(metadataString(this.#file, key), key);
  }

  number(key: string): number {
    return this.#present(metadataNumber(this.#file, key), key);
  }

  numbers(key: string, length?: number): Float64Array {
    const values = metadataNumbers(this.#file, key);
    return this.#present(length === undefined || values?.length === length ? values : undefined, key);
  }
}

/**
 * Reads what `writeVectorFile` wrote.
 * @param options.model refuses a vector that was made from another model file.
 * @throws ModelError if the file is damaged, of another kind or format, or of another model.
 */
export function readVectorFile(
  path: string,
  options: { model?: { readonly sha256: string; readonly width: number } } = {},
): SteeringVector {
  const arrays = [KEYS.layers, KEYS.residualNorms, KEYS.differenceNorms, KEYS.blockZero];
  const file = readGguf(path, { arrays });
  const refuse = (what: string): never => {
    throw new ModelError(`${path} ${what}`);
  };
  const architecture = metadataString(file, "general.architecture");
  if (architecture !== ARCHITECTURE) refuse(`is no control vector but ${architecture ?? "something else"}.`);
  const read = new RequiredMetadata(file);
  const format = read.number(KEYS.format);
  if (format !== FORMAT) {
    refuse(`has vector format ${format}; this version of Tiller reads ${FORMAT}. Make it again.`);
  }
  const sha256 = read.string(KEYS.modelSha256);
  const width = read.number(KEYS.width);
  if (options.model !== undefined && options.model.sha256 !== sha256) {
    refuse(
      `was made from another model: its sha256 is ${sha256}, and the loaded model's is ${options.model.sha256}. ` +
        "Make the vector again with this model.",
    );
  }
  if (options.model !== undefined && options.model.width !== width) {
    refuse(`has ${width} dimensions, and the loaded model ${options.model.width}.`);
  }
  const method = read.string(KEYS.method);
  const weighting = read.string(KEYS.weighting);
  if (!METHODS.includes(method)) refuse(`was made by the unknown method ${method}.`);
  if (weighting !== "token" && weighting !== "text") refuse(`has the unknown weighting ${weighting}.`);

  const layers = [...read.numbers(KEYS.layers)];
  const residualNorms = read.numbers(KEYS.residualNorms, layers.length);
  const differenceNorms = read.numbers(KEYS.differenceNorms, layers.length);
  const vector: SteeringVector = {
    method: method as SteeringMethod,
    class: read.string(KEYS.class),
    language: read.string(KEYS.language),
    weighting: weighting as SteeringVector["weighting"],
    model: { sha256, architecture: read.string(KEYS.hint), name: read.string(KEYS.modelName), width },
    dataSha256: read.string(KEYS.dataSha256),
    texts: read.number(KEYS.texts),
    tokens: read.number(KEYS.tokens),
    tillerVersion: read.string(KEYS.version),
    layers: layers.map((layer, index) => ({
      layer,
      unit:
        layer === 0
          ? Float32Array.from(read.numbers(KEYS.blockZero))
          : readTensor(file, `direction.${layer}`),
      differenceNorm: differenceNorms[index]!,
      residualNorm: residualNorms[index]!,
    })),
  };
  const problem = problemOf(vector);
  if (problem !== undefined) refuse(`cannot be used: ${problem}. Make it again.`);
  return vector;
}
