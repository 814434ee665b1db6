import {
  type ArchitectureDefinition,
  bias,
  blocks,
  count,
  decoderMetadata,
  embedding,
  keyWidth,
  matrix,
  ones,
  output,
  residualMatrix,
  type TensorPlan,
  TINY_WINDOW,
  type TinyShape,
  transformerKeys,
  typicalBias,
} from "./tensor-plan.js";
import { headNorms, queries } from "./transformers.js";

const EXPERTS = 4;
const USED = 2;

const expertKeys = (shape: TinyShape) => [
  count("expert_count", EXPERTS),
  count("expert_used_count", USED),
  count("expert_feed_forward_length", shape.feedForward),
];

/** A router and as many gated feed-forward networks as there are experts. */
function experts({ width, feedForward }: TinyShape): TensorPlan[] {
  const each = (plan: TensorPlan): TensorPlan => ({ ...plan, shape: [...plan.shape, EXPERTS] });
  return [
    matrix("ffn_gate_inp.weight", width, EXPERTS, 2),
    each(matrix("ffn_gate_exps.weight", width, feedForward)),
    each(residualMatrix("ffn_down_exps.weight", feedForward, width, 1.4)),
    each(matrix("ffn_up_exps.weight", width, feedForward)),
  ];
}

export const qwen3moe: ArchitectureDefinition = {
  metadata: (shape) => decoderMetadata("qwen3moe", shape, [...transformerKeys(shape), ...expertKeys(shape)]),
  tensors: (shape) => [
    embedding(shape, 1),
    ...blocks(shape, () => [
      ones("attn_norm.weight", shape.width),
      ...queries(shape),
      ...headNorms(shape),
      residualMatrix("attn_output.weight", shape.width, shape.width),
      ones("ffn_norm.weight", shape.width),
      ...experts(shape),
    ]),
    ...output(shape),
  ],
  typicalBias,
};

/** gpt-oss: experts and attention with biases, attention sinks, and a window in every second block. */
export const gptOss: ArchitectureDefinition = {
  metadata: (shape) =>
    decoderMetadata("gpt-oss", shape, [
      ...transformerKeys(shape),
      ...expertKeys(shape),
      count("attention.sliding_window", TINY_WINDOW),
    ]),
  tensors: (shape) => [
    embedding(shape, 1),
    ...blocks(shape, () => [
      ones("attn_norm.weight", shape.width),
      ...queries(shape),
      bias("attn_q.bias", shape.width),
      bias("attn_k.bias", keyWidth(shape)),
      bias("attn_v.bias", keyWidth(shape)),
      bias("attn_sinks.weight", shape.heads),
      residualMatrix("attn_output.weight", shape.width, shape.width),
      { ...bias("attn_output.bias", shape.width), residualAxis: 0 },
      ones("post_attention_norm.weight", shape.width),
      ...experts(shape),
      bias("ffn_gate_inp.bias", EXPERTS),
      { ...bias("ffn_gate_exps.bias", shape.feedForward), shape: [shape.feedForward, EXPERTS] },
      { ...bias("ffn_down_exps.bias", shape.width), shape: [shape.width, EXPERTS], residualAxis: 0 },
      { ...bias("ffn_up_exps.bias", shape.feedForward), shape: [shape.feedForward, EXPERTS] },
    ]),
    ...output(shape),
  ],
  typicalBias,
};
