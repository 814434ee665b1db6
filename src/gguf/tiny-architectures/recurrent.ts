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
  type TinyShape,
  transformerKeys,
  typicalBias,
} from "./tensor-plan.js";
import { gatedFeedForward, headNorms } from "./transformers.js";

const STATE = 8;
const KERNEL = 4;
const STEP_RANK = 4;
/** Rate at which a state grows: a negative one forgets. */
const FORGETTING = -0.2;

/** Mamba: a selective state space instead of attention; no feed-forward network. */
export const mamba: ArchitectureDefinition = {
  metadata: (shape) =>
    decoderMetadata("mamba", shape, [
      count("ssm.conv_kernel", KERNEL),
      count("ssm.inner_size", 2 * shape.width),
      count("ssm.state_size", STATE),
      count("ssm.time_step_rank", STEP_RANK),
      real("attention.layer_norm_rms_epsilon", 1e-5),
    ]),
  tensors: (shape) => {
    const inner = 2 * shape.width;
    return [
      embedding(shape, 1),
      ...blocks(shape, () => [
        ones("attn_norm.weight", shape.width),
        matrix("ssm_in.weight", shape.width, 2 * inner),
        matrix("ssm_conv1d.weight", KERNEL, inner),
        bias("ssm_conv1d.bias", inner),
        matrix("ssm_x.weight", inner, STEP_RANK + 2 * STATE),
        matrix("ssm_dt.weight", STEP_RANK, inner),
        bias("ssm_dt.bias", inner),
        constant("ssm_a", [STATE, inner], FORGETTING),
        ones("ssm_d", inner),
        residualMatrix("ssm_out.weight", inner, shape.width, 1.5),
      ]),
      ...output(shape),
    ];
  },
  typicalBias,
};

/** Heads of the gated delta rule. */
const KEY_HEADS = 2;
const VALUE_HEADS = 4;
const DELTA_HEAD = 16;

/** Qwen 3.5: three of four blocks, here every other one, have a gated delta rule instead of attention. */
export const qwen35: ArchitectureDefinition = {
  metadata: (shape) =>
    decoderMetadata("qwen35", shape, [
      ...transformerKeys(shape),
      count("attention.key_length", headWidth(shape)),
      count("attention.value_length", headWidth(shape)),
      ["rope.dimension_sections", { type: "array", items: "int32", value: [3, 3, 2, 0] }],
      count("full_attention_interval", 2),
      count("ssm.conv_kernel", KERNEL),
      count("ssm.inner_size", VALUE_HEADS * DELTA_HEAD),
      count("ssm.state_size", DELTA_HEAD),
      count("ssm.time_step_rank", VALUE_HEADS),
      count("ssm.group_count", KEY_HEADS),
    ]),
  tensors: (shape) => [
    embedding(shape, 1),
    ...blocks(shape, (layer) => [
      ones("attn_norm.weight", shape.width),
      ...(layer % 2 === 0 ? deltaRule(shape) : gatedAttention(shape)),
      ones("post_attention_norm.weight", shape.width),
      ...gatedFeedForward(shape),
    ]),
    ...output(shape),
  ],
  typicalBias,
};

function deltaRule({ width }: TinyShape): TensorPlan[] {
  const values = VALUE_HEADS * DELTA_HEAD;
  const mixed = 2 * KEY_HEADS * DELTA_HEAD + values;
  return [
    matrix("attn_qkv.weight", width, mixed),
    matrix("attn_gate.weight", width, values),
    matrix("ssm_conv1d.weight", KERNEL, mixed),
    bias("ssm_dt.bias", VALUE_HEADS),
    constant("ssm_a", [VALUE_HEADS], FORGETTING),
    matrix("ssm_beta.weight", width, VALUE_HEADS),
    matrix("ssm_alpha.weight", width, VALUE_HEADS),
    ones("ssm_norm.weight", DELTA_HEAD),
    residualMatrix("ssm_out.weight", values, width),
  ];
}

/** Attention with a gate beside each query. */
function gatedAttention(shape: TinyShape): TensorPlan[] {
  const { width } = shape;
  return [
    matrix("attn_q.weight", width, 2 * width),
    matrix("attn_k.weight", width, keyWidth(shape)),
    matrix("attn_v.weight", width, keyWidth(shape)),
    ...headNorms(shape),
    residualMatrix("attn_output.weight", width, width, 2),
  ];
}

/** PLaMo 2 makes the step size of its state space from at least so many values. */
const STEP_VALUES = 64;

function plamoAttention(shape: TinyShape): TensorPlan[] {
  return [
    matrix("attn_qkv.weight", shape.width, shape.width + 2 * keyWidth(shape)),
    constant("attn_q_norm.weight", [headWidth(shape), shape.heads], 1),
    constant("attn_k_norm.weight", [headWidth(shape), shape.kvHeads], 1),
    residualMatrix("attn_output.weight", shape.width, shape.width),
  ];
}

function plamoStateSpace({ width, heads }: TinyShape): TensorPlan[] {
  return [
    matrix("ssm_in.weight", width, 2 * width),
    matrix("ssm_conv1d.weight", KERNEL, width),
    matrix("ssm_x.weight", width, STEP_VALUES + 2 * STATE),
    matrix("ssm_dt.weight", STEP_VALUES, heads),
    bias("ssm_dt.bias", heads),
    constant("ssm_a", [heads], FORGETTING),
    ones("ssm_d", heads),
    residualMatrix("ssm_out.weight", width, width),
    ones("ssm_dt_norm", STEP_VALUES),
    ones("ssm_b_norm", STATE),
    ones("ssm_c_norm", STATE),
  ];
}

/** PLaMo 2: state spaces and attention by turns. llama.cpp does not name its residual stream. */
export const plamo2: ArchitectureDefinition = {
  metadata: (shape) =>
    decoderMetadata("plamo2", shape, [
      count("feed_forward_length", shape.feedForward),
      count("attention.head_count", shape.heads),
      [
        "attention.head_count_kv",
        {
          type: "array",
          items: "uint32",
          value: Array.from({ length: shape.layers }, (_, layer) => (layer % 2 === 0 ? 0 : shape.kvHeads)),
        },
      ],
      count("attention.key_length", headWidth(shape)),
      count("attention.value_length", headWidth(shape)),
      count("rope.dimension_count", headWidth(shape)),
      real("attention.layer_norm_rms_epsilon", 1e-5),
      count("ssm.conv_kernel", KERNEL),
      count("ssm.inner_size", shape.width),
      count("ssm.state_size", STATE),
      count("ssm.time_step_rank", shape.heads),
      count("ssm.group_count", 0),
    ]),
  tensors: (shape) => [
    embedding(shape, 1),
    ...blocks(shape, (layer) => [
      ones("attn_norm.weight", shape.width),
      ...(layer % 2 === 0 ? plamoStateSpace(shape) : plamoAttention(shape)),
      ones("post_attention_norm", shape.width),
      ones("ffn_norm.weight", shape.width),
      matrix("ffn_up.weight", shape.width, 2 * shape.feedForward),
      residualMatrix("ffn_down.weight", shape.feedForward, shape.width),
      ones("post_ffw_norm", shape.width),
    ]),
    ...output(shape),
  ],
  typicalBias: ({ layers }) => 1 / Math.sqrt(1 + 2 * layers),
};
