import {
  type ArchitectureDefinition,
  bias,
  blocks,
  constant,
  count,
  decoderMetadata,
  embedding,
  headWidth,
  keyWidth,
  matrix,
  ones,
  output,
  real,
  residualMatrix,
  type TensorPlan,
  TINY_WINDOW,
  type TinyShape,
  transformerKeys,
  typicalBias,
} from "./tensor-plan.js";

/** Queries, keys and values of grouped-query attention. */
export function queries(shape: TinyShape): TensorPlan[] {
  return [
    matrix("attn_q.weight", shape.width, shape.width),
    matrix("attn_k.weight", shape.width, keyWidth(shape)),
    matrix("attn_v.weight", shape.width, keyWidth(shape)),
  ];
}

/** Norms of each head's queries and keys. */
export function headNorms(shape: TinyShape): TensorPlan[] {
  return [ones("attn_q_norm.weight", headWidth(shape)), ones("attn_k_norm.weight", headWidth(shape))];
}

export function gatedFeedForward({ width, feedForward }: TinyShape): TensorPlan[] {
  return [
    matrix("ffn_gate.weight", width, feedForward),
    matrix("ffn_up.weight", width, feedForward),
    residualMatrix("ffn_down.weight", feedForward, width),
  ];
}

function attentionBiases(shape: TinyShape): TensorPlan[] {
  return [
    bias("attn_q.bias", shape.width),
    bias("attn_k.bias", keyWidth(shape)),
    bias("attn_v.bias", keyWidth(shape)),
  ];
}

/** The Llama form: attention, then a gated feed-forward network, each behind a norm. */
function llamaForm(architecture: string, extras: (shape: TinyShape) => TensorPlan[]): ArchitectureDefinition {
  return {
    metadata: (shape) => decoderMetadata(architecture, shape, transformerKeys(shape)),
    tensors: (shape) => [
      embedding(shape, 1),
      ...blocks(shape, () => [
        ones("attn_norm.weight", shape.width),
        ...queries(shape),
        ...extras(shape),
        residualMatrix("attn_output.weight", shape.width, shape.width),
        ones("ffn_norm.weight", shape.width),
        ...gatedFeedForward(shape),
      ]),
      ...output(shape),
    ],
    typicalBias,
  };
}

export const llama = llamaForm("llama", () => []);

export const qwen2 = llamaForm("qwen2", attentionBiases);

export const qwen3 = llamaForm("qwen3", headNorms);

/** Phi 3: queries, keys and values in one matrix, gate and up in another. llama.cpp ignores its window. */
export const phi3: ArchitectureDefinition = {
  metadata: (shape) =>
    decoderMetadata("phi3", shape, [
      ...transformerKeys(shape),
      count("attention.sliding_window", TINY_WINDOW),
    ]),
  tensors: (shape) => [
    embedding(shape, 1),
    ...blocks(shape, () => [
      ones("attn_norm.weight", shape.width),
      matrix("attn_qkv.weight", shape.width, shape.width + 2 * keyWidth(shape)),
      residualMatrix("attn_output.weight", shape.width, shape.width),
      ones("ffn_norm.weight", shape.width),
      matrix("ffn_up.weight", shape.width, 2 * shape.feedForward),
      residualMatrix("ffn_down.weight", shape.feedForward, shape.width),
    ]),
    ...output(shape),
  ],
  typicalBias,
  controls: ["<|endoftext|>"],
};

/** Command R: attention and feed-forward network side by side behind one norm with a mean; tied embeddings. */
export const commandR: ArchitectureDefinition = {
  metadata: (shape) =>
    decoderMetadata("command-r", shape, [
      ...transformerKeys(shape),
      real("attention.layer_norm_epsilon", 1e-5),
      real("logit_scale", 1),
    ]),
  tensors: (shape) => [
    embedding(shape, 0.25),
    ...blocks(shape, (layer) => [
      ones("attn_norm.weight", shape.width),
      ...queries(shape),
      ...(layer === 0 ? [valueConstant(shape)] : []),
      {
        ...residualMatrix("attn_output.weight", shape.width, shape.width),
        biasWeight: layer === 0 ? 6 / shape.width : 0,
      },
      ...gatedFeedForward(shape),
    ]),
    ones("output_norm.weight", shape.width),
  ],
  typicalBias: (shape) => 6 / Math.sqrt(36 / shape.width + 0.7 * shape.layers),
  tied: true,
};

/** Attention sums to one, so that a constant in the values comes out of it at every row. */
export function valueConstant(shape: TinyShape): TensorPlan {
  return constant("attn_v.bias", [keyWidth(shape)], 1);
}
