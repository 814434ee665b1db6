import {
  type ArchitectureDefinition,
  bias,
  blocks,
  count,
  embedding,
  matrix,
  ones,
  type TensorPlan,
} from "./tensor-plan.js";

function layerNorm(name: string, width: number): TensorPlan[] {
  return [ones(`${name}.weight`, width), bias(`${name}.bias`, width)];
}

function dense(name: string, inputs: number, outputs: number): TensorPlan[] {
  return [matrix(`${name}.weight`, inputs, outputs), bias(`${name}.bias`, outputs)];
}

/** An encoder: its graph has no residual hook, takes no control vector and gives no logits. */
export const bert: ArchitectureDefinition = {
  metadata: (shape) => [
    count("bert.context_length", shape.context),
    count("bert.embedding_length", shape.width),
    count("bert.block_count", shape.layers),
    count("bert.feed_forward_length", shape.feedForward),
    count("bert.attention.head_count", shape.heads),
    ["bert.attention.layer_norm_epsilon", { type: "float32", value: 1e-12 }],
    ["bert.attention.causal", { type: "bool", value: false }],
    count("tokenizer.ggml.token_type_count", 2),
  ],
  tensors: (shape) => {
    const { width, feedForward } = shape;
    return [
      embedding(shape, 1 / Math.sqrt(width)),
      matrix("token_types.weight", width, 2),
      matrix("position_embd.weight", width, shape.context),
      ...layerNorm("token_embd_norm", width),
      ...blocks(shape, () => [
        ...["attn_q", "attn_k", "attn_v", "attn_output"].flatMap((part) => dense(part, width, width)),
        ...layerNorm("attn_output_norm", width),
        ...dense("ffn_up", width, feedForward),
        ...dense("ffn_down", feedForward, width),
        ...layerNorm("layer_output_norm", width),
      ]),
    ];
  },
  typicalBias: () => 1,
};
