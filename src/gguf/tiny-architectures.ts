import type { GgufValue } from "./format.js";

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

/** What a tensor is filled with. `writesResidual` marks matrices whose output is added to the residual. */
export interface TensorPlan {
  readonly name: string;
  readonly shape: readonly number[];
  readonly fill: "ones" | "normal";
  readonly deviation: number;
  readonly writesResidual: boolean;
}

interface ArchitectureDefinition {
  metadata(shape: TinyShape): [string, GgufValue][];
  tensors(shape: TinyShape): TensorPlan[];
  /** Value of the bias dimension after the last normalisation, about. */
  typicalBias(shape: TinyShape): number;
}

/** `bert` is an encoder: its graph has no residual hook, takes no control vector and gives no logits. */
export type TinyArchitecture = "llama" | "qwen2" | "bert";

function ones(name: string, size: number): TensorPlan {
  return { name, shape: [size], fill: "ones", deviation: 0, writesResidual: false };
}

function bias(name: string, size: number): TensorPlan {
  return { name, shape: [size], fill: "normal", deviation: 0.1, writesResidual: false };
}

/** `gain` 1 keeps the size of a normalised input. */
function matrix(
  name: string,
  inputs: number,
  outputs: number,
  gain: number,
  writesResidual = false,
): TensorPlan {
  return {
    name,
    shape: [inputs, outputs],
    fill: "normal",
    deviation: gain / Math.sqrt(inputs),
    writesResidual,
  };
}

function transformerMetadata(architecture: string, shape: TinyShape): [string, GgufValue][] {
  const count = (key: string, value: number): [string, GgufValue] => [
    `${architecture}.${key}`,
    { type: "uint32", value },
  ];
  const real = (key: string, value: number): [string, GgufValue] => [
    `${architecture}.${key}`,
    { type: "float32", value },
  ];
  return [
    count("vocab_size", shape.vocabulary),
    count("context_length", shape.context),
    count("embedding_length", shape.width),
    count("block_count", shape.layers),
    count("feed_forward_length", shape.feedForward),
    count("rope.dimension_count", shape.width / shape.heads),
    count("attention.head_count", shape.heads),
    count("attention.head_count_kv", shape.kvHeads),
    real("attention.layer_norm_rms_epsilon", 1e-5),
    real("rope.freq_base", 10000),
  ];
}

/** Gated feed-forward blocks with grouped-query attention: Llama, and Qwen2 with its biases. */
function transformerTensors(shape: TinyShape, attentionBiases: boolean): TensorPlan[] {
  const { width, feedForward } = shape;
  const keyWidth = (width / shape.heads) * shape.kvHeads;
  const blocks = Array.from({ length: shape.layers }, (_, layer) => {
    const name = (part: string): string => `blk.${layer}.${part}`;
    return [
      ones(name("attn_norm.weight"), width),
      matrix(name("attn_q.weight"), width, width, 1),
      matrix(name("attn_k.weight"), width, keyWidth, 1),
      matrix(name("attn_v.weight"), width, keyWidth, 1),
      ...(attentionBiases
        ? [
            bias(name("attn_q.bias"), width),
            bias(name("attn_k.bias"), keyWidth),
            bias(name("attn_v.bias"), keyWidth),
          ]
        : []),
      matrix(name("attn_output.weight"), width, width, 1, true),
      ones(name("ffn_norm.weight"), width),
      matrix(name("ffn_gate.weight"), width, feedForward, 1),
      matrix(name("ffn_up.weight"), width, feedForward, 1),
      matrix(name("ffn_down.weight"), feedForward, width, 1, true),
    ];
  });
  return [
    { ...matrix("token_embd.weight", width, shape.vocabulary, 1), deviation: 1 },
    ...blocks.flat(),
    ones("output_norm.weight", width),
    // Twice the size of a normalised input: a distribution with clear favourites, yet varied samples.
    matrix("output.weight", width, shape.vocabulary, 2),
  ];
}

function bertMetadata(shape: TinyShape): [string, GgufValue][] {
  const count = (key: string, value: number): [string, GgufValue] => [
    `bert.${key}`,
    { type: "uint32", value },
  ];
  return [
    count("context_length", shape.context),
    count("embedding_length", shape.width),
    count("block_count", shape.layers),
    count("feed_forward_length", shape.feedForward),
    count("attention.head_count", shape.heads),
    ["bert.attention.layer_norm_epsilon", { type: "float32", value: 1e-12 }],
    ["bert.attention.causal", { type: "bool", value: false }],
    ["tokenizer.ggml.token_type_count", { type: "uint32", value: 2 }],
  ];
}

function bertTensors(shape: TinyShape): TensorPlan[] {
  const { width, feedForward } = shape;
  const layerNorm = (name: string): TensorPlan[] => [
    ones(`${name}.weight`, width),
    bias(`${name}.bias`, width),
  ];
  const dense = (name: string, inputs: number, outputs: number): TensorPlan[] => [
    matrix(`${name}.weight`, inputs, outputs, 1),
    bias(`${name}.bias`, outputs),
  ];
  const blocks = Array.from({ length: shape.layers }, (_, layer) => [
    ...["attn_q", "attn_k", "attn_v", "attn_output"].flatMap((part) =>
      dense(`blk.${layer}.${part}`, width, width),
    ),
    ...layerNorm(`blk.${layer}.attn_output_norm`),
    ...dense(`blk.${layer}.ffn_up`, width, feedForward),
    ...dense(`blk.${layer}.ffn_down`, feedForward, width),
    ...layerNorm(`blk.${layer}.layer_output_norm`),
  ]);
  return [
    matrix("token_embd.weight", width, shape.vocabulary, 1),
    matrix("token_types.weight", width, 2, 1),
    matrix("position_embd.weight", width, shape.context, 1),
    ...layerNorm("token_embd_norm"),
    ...blocks.flat(),
  ];
}

/** Each block adds about 0.7 to a variance that starts at 1. */
function typicalBias(shape: TinyShape): number {
  return 1 / Math.sqrt(1 + 0.7 * shape.layers);
}

/** Adding an architecture: its metadata keys and its tensors, in llama.cpp's names. */
export const TINY_ARCHITECTURES: Readonly<Record<TinyArchitecture, ArchitectureDefinition>> = {
  llama: {
    metadata: (shape) => transformerMetadata("llama", shape),
    tensors: (shape) => transformerTensors(shape, false),
    typicalBias,
  },
  qwen2: {
    metadata: (shape) => transformerMetadata("qwen2", shape),
    tensors: (shape) => transformerTensors(shape, true),
    typicalBias,
  },
  bert: { metadata: bertMetadata, tensors: bertTensors, typicalBias },
};
