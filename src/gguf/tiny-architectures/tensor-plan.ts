import type { GgufValue } from "../format.js";

/** Sizes of a tiny model. `vocabulary` counts tokens, `context` is what the file declares. */
export interface TinyShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly context: number;
}

/** What a tensor is filled with: normal deviates, or `mean` alone if the deviation is 0. */
export interface TensorPlan {
  readonly name: string;
  /** As GGUF has it: a matrix from `[inputs]` to `[outputs]` is `[inputs, outputs]`. */
  readonly shape: readonly number[];
  readonly mean: number;
  readonly deviation: number;
  /** Of a tensor whose output is added to the residual stream: which axis of its shape that output is. */
  readonly residualAxis?: number;
  /** What stands in the residual's bias dimension along that axis, default 0: nothing is written there. */
  readonly biasWeight?: number;
}

/** An architecture in llama.cpp's names. */
export interface ArchitectureDefinition {
  /** llama.cpp's name, if it is not the definition's own. */
  readonly architecture?: string;
  metadata(shape: TinyShape): [string, GgufValue][];
  tensors(shape: TinyShape): TensorPlan[];
  /** Value of the bias dimension after the last normalisation, about. */
  typicalBias(shape: TinyShape): number;
  /** What the graph multiplies embeddings by, default 1. */
  embeddingScale?(shape: TinyShape): number;
  /** Control tokens without which llama.cpp does not load a model of this name. */
  readonly controls?: readonly string[];
  /** The output matrix is the embedding matrix; a block has to write the bias dimension. */
  readonly tied?: boolean;
}

export function constant(name: string, shape: readonly number[], mean: number): TensorPlan {
  return { name, shape, mean, deviation: 0 };
}

export function ones(name: string, size: number): TensorPlan {
  return constant(name, [size], 1);
}

export function bias(name: string, size: number): TensorPlan {
  return { name, shape: [size], mean: 0, deviation: 0.1 };
}

/** `gain` 1 keeps the size of a normalised input. */
export function matrix(name: string, inputs: number, outputs: number, gain = 1): TensorPlan {
  return { name, shape: [inputs, outputs], mean: 0, deviation: gain / Math.sqrt(inputs) };
}

/** A matrix whose output is added to the residual stream. */
export function residualMatrix(name: string, inputs: number, outputs: number, gain = 1): TensorPlan {
  return { ...matrix(name, inputs, outputs, gain), residualAxis: 1 };
}

/** Tensors of every block, each name with the block's number before it. */
export function blocks(shape: TinyShape, plan: (layer: number) => readonly TensorPlan[]): TensorPlan[] {
  return Array.from({ length: shape.layers }, (_, layer) =>
    plan(layer).map((tensor) => ({ ...tensor, name: `blk.${layer}.${tensor.name}` })),
  ).flat();
}

export function embedding({ width, vocabulary }: TinyShape, deviation: number): TensorPlan {
  return { name: "token_embd.weight", shape: [width, vocabulary], mean: 0, deviation };
}

/** The last normalisation and the output matrix. */
export function output({ width, vocabulary }: TinyShape): TensorPlan[] {
  return [
    ones("output_norm.weight", width),
    // Twice the size of a normalised input: a distribution with clear favourites, yet varied samples.
    matrix("output.weight", width, vocabulary, 2),
  ];
}

export const count = (key: string, value: number): [string, GgufValue] => [key, { type: "uint32", value }];

export const real = (key: string, value: number): [string, GgufValue] => [key, { type: "float32", value }];

/** What every decoder declares, with `more` under the architecture's name. */
export function decoderMetadata(
  architecture: string,
  shape: TinyShape,
  more: readonly [string, GgufValue][] = [],
): [string, GgufValue][] {
  const keys: readonly [string, GgufValue][] = [
    count("vocab_size", shape.vocabulary),
    count("context_length", shape.context),
    count("embedding_length", shape.width),
    count("block_count", shape.layers),
    ...more,
  ];
  return keys.map(([key, value]) => [`${architecture}.${key}`, value]);
}

export function headWidth({ width, heads }: TinyShape): number {
  return width / heads;
}

/** Values of all key heads together. */
export function keyWidth(shape: TinyShape): number {
  return headWidth(shape) * shape.kvHeads;
}

/** Keys of attention with rotary positions and of a feed-forward network. */
export function transformerKeys(shape: TinyShape): [string, GgufValue][] {
  return [
    count("feed_forward_length", shape.feedForward),
    count("rope.dimension_count", headWidth(shape)),
    count("attention.head_count", shape.heads),
    count("attention.head_count_kv", shape.kvHeads),
    real("attention.layer_norm_rms_epsilon", 1e-5),
    real("rope.freq_base", 10000),
  ];
}

/** A window shorter than most test texts, so that the sliding-window mask is not idle. */
export const TINY_WINDOW = 16;

/** Gain 1 in both of a block's halves adds about 0.7 to a variance that starts at 1. */
export function typicalBias(shape: TinyShape): number {
  return 1 / Math.sqrt(1 + 0.7 * shape.layers);
}
