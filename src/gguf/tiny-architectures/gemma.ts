import type { GgufValue } from "../format.js";
import {
  type ArchitectureDefinition,
  blocks,
  constant,
  count,
  decoderMetadata,
  embedding,
  headWidth,
  matrix,
  ones,
  output,
  real,
  residualMatrix,
  type TensorPlan,
  TINY_WINDOW,
  type TinyShape,
  transformerKeys,
} from "./tensor-plan.js";
import { gatedFeedForward, headNorms, queries, valueConstant } from "./transformers.js";

/** Gemma multiplies embeddings by the root of the width. */
const embeddingScale = ({ width }: TinyShape): number => Math.sqrt(width);

/** What each half of a block adds is normalised to a variance of 1. */
const typicalBias = ({ layers }: TinyShape): number => 1 / Math.sqrt(1 + 2 * layers);

/** Every second block looks at a window only. */
const windowKeys: readonly [string, GgufValue][] = [
  count("attention.sliding_window", TINY_WINDOW),
  count("attention.sliding_window_pattern", 2),
];

/** A block whose halves are normalised before and behind, with `more` between the projections and the output. */
function block(shape: TinyShape, more: readonly TensorPlan[], biasWeight = 0): TensorPlan[] {
  const { width } = shape;
  return [
    ones("attn_norm.weight", width),
    ...queries(shape),
    ...more,
    { ...residualMatrix("attn_output.weight", width, width), biasWeight },
    ones("post_attention_norm.weight", width),
    ones("ffn_norm.weight", width),
    ...gatedFeedForward(shape),
    ones("post_ffw_norm.weight", width),
  ];
}

/** Gemma 2: capped logits and tied embeddings. */
export const gemma2: ArchitectureDefinition = {
  metadata: (shape) =>
    decoderMetadata("gemma2", shape, [
      ...transformerKeys(shape),
      ...windowKeys,
      real("attn_logit_softcapping", 50),
      real("final_logit_softcapping", 30),
    ]),
  tensors: (shape) => [
    embedding(shape, 1 / (4 * Math.sqrt(shape.width))),
    ...blocks(shape, (layer) =>
      layer === 0 ? block(shape, [valueConstant(shape)], 8 / shape.width) : block(shape, []),
    ),
    // The embeddings are so short that a token's own does not outweigh what the blocks write.
    constant("output_norm.weight", [shape.width], 8),
  ],
  typicalBias: ({ layers }) => (8 * 5) / Math.sqrt(2 * layers),
  embeddingScale,
  tied: true,
};

export const gemma3: ArchitectureDefinition = {
  metadata: (shape) => decoderMetadata("gemma3", shape, [...transformerKeys(shape), ...windowKeys]),
  tensors: (shape) => [
    embedding(shape, 1 / Math.sqrt(shape.width)),
    ...blocks(shape, () => block(shape, headNorms(shape))),
    ...output(shape),
  ],
  typicalBias,
  embeddingScale,
};

/** Values that each token has for each block of its own, beside the residual stream. */
const PER_LAYER = 32;

/** Gemma 4 multiplies what a block leaves behind. */
const OUTPUT_SCALE = 0.9;

function scaledBias(layers: number, added: number): number {
  let variance = 1;
  for (let layer = 0; layer < layers; layer++) variance = (variance + added) * OUTPUT_SCALE ** 2;
  return OUTPUT_SCALE ** layers / Math.sqrt(variance);
}

/**
 * Gemma 4. The small ones of the family (E2B, E4B) give each block an embedding of the token itself, and their
 * last blocks attend to keys and values of earlier ones.
 */
function gemma4Form(small: boolean): ArchitectureDefinition {
  const perLayer = ({ width, layers, vocabulary }: TinyShape): TensorPlan[] => [
    {
      name: "per_layer_token_embd.weight",
      shape: [PER_LAYER * layers, vocabulary],
      mean: 0,
      deviation: 1 / Math.sqrt(PER_LAYER),
    },
    matrix("per_layer_model_proj.weight", width, PER_LAYER * layers, Math.sqrt(width)),
    ones("per_layer_proj_norm.weight", PER_LAYER),
  ];
  const perLayerOfBlock = ({ width }: TinyShape): TensorPlan[] => [
    matrix("inp_gate.weight", width, PER_LAYER),
    residualMatrix("proj.weight", PER_LAYER, width),
    ones("post_norm.weight", width),
  ];
  return {
    architecture: "gemma4",
    metadata: (shape) =>
      decoderMetadata("gemma4", shape, [
        ...transformerKeys(shape),
        count("attention.sliding_window", TINY_WINDOW),
        [
          "attention.sliding_window_pattern",
          {
            type: "array",
            items: "bool",
            value: Array.from({ length: shape.layers }, (_, i) => i % 2 === 0),
          },
        ],
        count("attention.shared_kv_layers", small ? Math.max(0, shape.layers - 2) : 0),
        count("attention.key_length", headWidth(shape)),
        count("attention.value_length", headWidth(shape)),
        count("attention.key_length_swa", headWidth(shape)),
        count("attention.value_length_swa", headWidth(shape)),
        count("rope.dimension_count_swa", headWidth(shape)),
        count("embedding_length_per_layer_input", small ? PER_LAYER : 0),
        real("final_logit_softcapping", 30),
      ]),
    tensors: (shape) => [
      embedding(shape, 1 / Math.sqrt(shape.width)),
      ...(small ? perLayer(shape) : []),
      constant("rope_freqs.weight", [headWidth(shape) / 2], 1),
      ...blocks(shape, () => [
        // Scores are not divided by the root of the head's width: the norms do it.
        ...block(
          shape,
          headNorms(shape).map((norm) => ({ ...norm, mean: headWidth(shape) ** -0.25 })),
        ),
        ...(small ? perLayerOfBlock(shape) : []),
        constant("layer_output_scale.weight", [1], OUTPUT_SCALE),
      ]),
      ...output(shape),
    ],
    typicalBias: ({ layers }) => scaledBias(layers, small ? 3 : 2),
    embeddingScale,
  };
}

export const gemma4 = gemma4Form(false);

export const gemma4Small = gemma4Form(true);

/** Copies of the residual stream side by side, and the sizes of what couples them: constants of llama.cpp. */
const STREAMS = 4;
const STREAM_WIDTH = 256;
const LAUREL_RANK = 64;

/** Gemma 3n: four residual streams, which one block's output holds one after the other. */
export const gemma3n: ArchitectureDefinition = {
  metadata: (shape) =>
    decoderMetadata("gemma3n", shape, [
      ...transformerKeys(shape),
      count("attention.sliding_window", TINY_WINDOW),
    ]),
  tensors: (shape) => {
    const { width, layers, vocabulary } = shape;
    return [
      embedding(shape, 1 / Math.sqrt(width)),
      constant("altup_proj.weight", [width, width, STREAMS - 1], 1 / width),
      constant("altup_unembd_proj.weight", [width, width, STREAMS - 1], 1 / width),
      constant("per_layer_token_embd.weight", [STREAM_WIDTH * layers, vocabulary], 0),
      matrix("per_layer_model_proj.weight", width, STREAM_WIDTH * layers),
      ones("per_layer_proj_norm.weight", STREAM_WIDTH),
      ...blocks(shape, () => [
        ...block(shape, headNorms(shape)),
        matrix("inp_gate.weight", width, STREAM_WIDTH),
        residualMatrix("proj.weight", STREAM_WIDTH, width),
        ones("post_norm.weight", width),
        matrix("altup_correct_coef.weight", STREAMS, STREAMS),
        ones("altup_correct_scale.weight", width),
        matrix("altup_predict_coef.weight", STREAMS, STREAMS * STREAMS),
        matrix("altup_router.weight", width, STREAMS),
        ones("altup_router_norm.weight", width),
        matrix("laurel_l.weight", width, LAUREL_RANK),
        residualMatrix("laurel_r.weight", LAUREL_RANK, width),
        ones("laurel_post_norm.weight", width),
      ]),
      ...output(shape),
    ];
  },
  typicalBias,
  embeddingScale,
};
