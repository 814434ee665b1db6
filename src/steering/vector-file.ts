import { ModelError } from "../errors.js";
import type { GgufValue } from "../gguf/format.js";
import { type GgufFile, metadataNumber, metadataNumbers, metadataString } from "../gguf/read.js";
import { writeGguf } from "../gguf/write.js";
import { CONTROL_VECTOR, openControlVector, plainText, quoted, readDirections } from "./direction-tensors.js";
import {
  type LayerDirection,
  problemOf,
  STEERING_METHODS,
  type SteeringVector,
  type VectorOrigin,
} from "./steering-vector.js";
import { type ExpectedModel, otherModelProblem } from "./vector-model.js";

/**
 * A steering vector as a control-vector GGUF that llama.cpp loads: F32 tensors `direction.<block>` of unit
 * length, so that `--control-vector-scaled FILE:ALPHA` adds what Tiller adds with the absolute strength ALPHA,
 * but at all layers of the file at once. llama.cpp refuses a file with any other tensor, `direction.0` too, so
 * block 0 and everything else is metadata under `tiller.`; a vector of block 0 alone is of no use to llama.cpp.
 *
 * Format 2: `tiller.residual_norms` has NaN where the norm is not known; `tiller.positions` says which rows were
 * pooled; `tiller.origin` is there for imported and combined vectors, and for those of corrupted texts. Format 1 knew
 * none of this, and is still read.
 */

const FORMAT = 2;
const FORMATS: readonly number[] = [1, FORMAT];
const SITE = "residual-after-block";

/** Has a value in every vector file of Tiller, and in no other control vector. */
export const FORMAT_KEY = "tiller.format";

const KEYS = {
  format: FORMAT_KEY,
  version: "tiller.version",
  method: "tiller.method",
  origin: "tiller.origin",
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

const ORIGINS: readonly string[] = [...STEERING_METHODS, "imported", "combined"] satisfies VectorOrigin[];

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
    ["general.architecture", text(CONTROL_VECTOR)],
    [KEYS.hint, text(vector.model.architecture)],
    [KEYS.count, { type: "uint32", value: vector.layers.length }],
    [KEYS.format, { type: "uint32", value: FORMAT }],
    [KEYS.version, text(vector.tillerVersion)],
    [KEYS.method, text(vector.method)],
    [KEYS.class, text(vector.class)],
    [KEYS.language, text(vector.language)],
    [KEYS.weighting, text(vector.weighting)],
    [KEYS.site, text(SITE)],
    [KEYS.positions, text(vector.positions)],
    [KEYS.modelSha256, text(vector.model.sha256)],
    [KEYS.modelName, text(vector.model.name)],
    [KEYS.width, { type: "uint32", value: vector.model.width }],
    [KEYS.dataSha256, text(vector.dataSha256)],
    [KEYS.texts, { type: "uint64", value: BigInt(vector.texts) }],
    [KEYS.tokens, { type: "uint64", value: BigInt(vector.tokens) }],
    [KEYS.layers, { type: "array", items: "int32", value: vector.layers.map(({ layer }) => layer) }],
    [KEYS.residualNorms, numbers(({ residualNorm }) => residualNorm ?? Number.NaN)],
    [KEYS.differenceNorms, numbers(({ differenceNorm }) => differenceNorm)],
  ]);
  if (vector.origin !== undefined) metadata.set(KEYS.origin, text(vector.origin));
  const blockZero = vector.layers.find(({ layer }) => layer === 0);
  if (blockZero) metadata.set(KEYS.blockZero, { type: "array", items: "float32", value: blockZero.unit });
  return metadata;
}

/** What makes a vector unfit for a file, or undefined. */
function fileProblem(vector: SteeringVector): string | undefined {
  if (vector.layers.length === 0) return "it has no layers";
  let last = -1;
  for (const { layer, differenceNorm } of vector.layers) {
    if (!(Number.isInteger(layer) && layer > last)) return `its layer ${layer} follows layer ${last}`;
    if (!(differenceNorm >= 0 && differenceNorm < Number.POSITIVE_INFINITY)) {
      return `at layer ${layer} its length before normalising is ${differenceNorm}`;
    }
    last = layer;
  }
  return problemOf(vector);
}

/**
 * Writes a vector to a file, replacing what is there.
 * @throws ModelError if the vector is zero, not finite, not of the model's width, or its layers are out of order.
 */
export function writeVectorFile(path: string, vector: SteeringVector): void {
  const problem = fileProblem(vector);
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
    return plainText(this.#present(metadataString(this.#file, key), key));
  }

  number(key: string): number {
    return this.#present(metadataNumber(this.#file, key), key);
  }

  count(key: string): number {
    const value = this.number(key);
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw new ModelError(`${this.#file.path} is damaged: ${key} is ${value}. Make it again.`);
  }

  numbers(key: string, length?: number): Float64Array {
    const values = metadataNumbers(this.#file, key);
    return this.#present(length === undefined || values?.length === length ? values : undefined, key);
  }
}

/** The direction of each layer that the metadata names. `[layers][width]` */
function unitsOf(file: GgufFile, layers: readonly number[]): Float32Array[] {
  const behindZero = layers.filter((layer) => layer !== 0);
  const tensors = behindZero.length > 0 || file.tensors.size > 0 ? readDirections(file) : new Map();
  if (
    new Set(layers).size !== layers.length ||
    tensors.size !== behindZero.length ||
    behindZero.some((layer) => !tensors.has(layer))
  ) {
    throw new ModelError(
      `${file.path} is damaged: its metadata names other layers than its tensors. Make it again.`,
    );
  }
  return layers.map((layer) =>
    Float32Array.from(
      (layer === 0 ? metadataNumbers(file, KEYS.blockZero) : tensors.get(layer)) ?? new Float32Array(),
    ),
  );
}

/**
 * Reads what `writeVectorFile` wrote, of this or an earlier format. `readSteeringVector` reads other programs' too.
 * @param options.model refuses a vector that was made from another model file.
 * @throws ModelError if the file is damaged, of another kind or format, or of another model.
 */
export function readVectorFile(
  path: string,
  options: { readonly model?: ExpectedModel } = {},
): SteeringVector {
  const arrays = [KEYS.layers, KEYS.residualNorms, KEYS.differenceNorms, KEYS.blockZero];
  const file = openControlVector(path, arrays);
  const refuse = (what: string): never => {
    throw new ModelError(`${path} ${what}`);
  };
  const read = new RequiredMetadata(file);
  const format = read.number(KEYS.format);
  if (!FORMATS.includes(format)) {
    refuse(
      `has vector format ${format}; this version of Tiller reads ${FORMATS.join(" and ")}. ` +
        "Make it again, or use the version of Tiller that made it.",
    );
  }
  const model = {
    sha256: read.string(KEYS.modelSha256),
    architecture: read.string(KEYS.hint),
    name: read.string(KEYS.modelName),
    width: read.number(KEYS.width),
  };
  const other = options.model && otherModelProblem(model, options.model);
  if (other !== undefined) refuse(other);
  const method = read.string(KEYS.method);
  const weighting = read.string(KEYS.weighting);
  if (!ORIGINS.includes(method)) refuse(`was made by the unknown method ${quoted(method)}.`);
  if (weighting !== "token" && weighting !== "text")
    refuse(`has the unknown weighting ${quoted(weighting)}.`);
  const origin = metadataString(file, KEYS.origin);

  const layers = [...read.numbers(KEYS.layers)];
  const residualNorms = read.numbers(KEYS.residualNorms, layers.length);
  const differenceNorms = read.numbers(KEYS.differenceNorms, layers.length);
  const units = unitsOf(file, layers);
  const vector: SteeringVector = {
    method: method as VectorOrigin,
    ...(origin !== undefined ? { origin: plainText(origin) } : {}),
    class: read.string(KEYS.class),
    language: read.string(KEYS.language),
    weighting: weighting as SteeringVector["weighting"],
    positions: format === 1 ? "all-but-bos" : read.string(KEYS.positions),
    model,
    dataSha256: read.string(KEYS.dataSha256),
    texts: read.count(KEYS.texts),
    tokens: read.count(KEYS.tokens),
    tillerVersion: read.string(KEYS.version),
    layers: layers.map((layer, index) => ({
      layer,
      unit: units[index]!,
      differenceNorm: differenceNorms[index]!,
      residualNorm: Number.isNaN(residualNorms[index]!) ? undefined : residualNorms[index]!,
    })),
  };
  const problem = fileProblem(vector);
  if (problem !== undefined) refuse(`cannot be used: ${problem}. Make it again.`);
  return vector;
}
