/** For tests: tiny encoders whose weights and tokenisers fixtures/tiny-encoders.py repeats. */
import { readFileSync } from "node:fs";
import type { GgufValue } from "../gguf/format.js";
import { count, real, type TensorPlan, type TinyShape } from "../gguf/tiny-architectures/tensor-plan.js";
import { TINY_ARCHITECTURES } from "../gguf/tiny-architectures.js";
import { type TensorToWrite, writeGguf } from "../gguf/write.js";

export interface EncoderFixture {
  readonly texts: readonly string[];
  readonly wordPieces: readonly string[];
  readonly unigrams: readonly (readonly [piece: string, score: number])[];
  readonly models: Readonly<
    Record<
      "bert" | "xlm-r" | "qwen3",
      {
        readonly truncated: number;
        readonly vectors: Readonly<Record<"mean" | "cls" | "last", readonly (readonly number[])[]>>;
      }
    >
  >;
}

// Made by fixtures/tiny-encoders.py with NumPy.
export const FIXTURE: EncoderFixture = JSON.parse(
  readFileSync(new URL("fixtures/tiny-encoders.json", import.meta.url), "utf8"),
);

type Metadata = [string, GgufValue][];

const text = (key: string, value: string): [string, GgufValue] => [key, { type: "string", value }];
const flag = (key: string, value: boolean): [string, GgufValue] => [key, { type: "bool", value }];

function vocabulary(tokens: readonly string[], scores: readonly number[], controls: number): Metadata {
  const types = tokens.map((_, token) => (token < controls ? 3 : 1));
  return [
    ["tokenizer.ggml.tokens", { type: "array", items: "string", value: tokens }],
    ["tokenizer.ggml.scores", { type: "array", items: "float32", value: scores }],
    ["tokenizer.ggml.token_type", { type: "array", items: "int32", value: types }],
  ];
}

/** In GGUF a piece that begins a word begins with the sign for a space, and one within a word with nothing. */
function wordPieces(): Metadata {
  const pieces = FIXTURE.wordPieces.map((piece) => {
    if (piece.startsWith("[")) return piece;
    return piece.startsWith("##") ? piece.slice(2) : `\u2581${piece}`;
  });
  return [
    text("tokenizer.ggml.model", "bert"),
    ...vocabulary(
      pieces,
      pieces.map(() => 0),
      4,
    ),
    count("tokenizer.ggml.padding_token_id", 0),
    count("tokenizer.ggml.unknown_token_id", 1),
    count("tokenizer.ggml.bos_token_id", 2),
    count("tokenizer.ggml.cls_token_id", 2),
    count("tokenizer.ggml.seperator_token_id", 3),
  ];
}

function unigrams(): Metadata {
  return [
    text("tokenizer.ggml.model", "t5"),
    ...vocabulary(
      FIXTURE.unigrams.map(([piece]) => piece),
      FIXTURE.unigrams.map(([, score]) => score),
      4,
    ),
    count("tokenizer.ggml.bos_token_id", 0),
    count("tokenizer.ggml.padding_token_id", 1),
    count("tokenizer.ggml.eos_token_id", 2),
    count("tokenizer.ggml.unknown_token_id", 3),
    flag("tokenizer.ggml.add_bos_token", true),
    flag("tokenizer.ggml.add_eos_token", true),
    flag("tokenizer.ggml.add_space_prefix", true),
    flag("tokenizer.ggml.remove_extra_whitespaces", true),
  ];
}

/** `tensor` of tiny-encoders.py. */
function weights({ name, shape }: TensorPlan): TensorToWrite {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(name)) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  const middle = name.endsWith("norm.weight") ? 1 : 0;
  const scale = shape.length === 1 ? 0.5 : 4 / Math.sqrt(shape[0]!);
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < data.length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = middle + scale * ((state >>> 20) / 4096 - 0.5);
  }
  return { name, shape, data };
}

const plan = (name: string, ...shape: number[]): TensorPlan => ({ name, shape, mean: 0, deviation: 1 });

interface Definition {
  /** Keys under the architecture's name. */
  readonly metadata: Metadata;
  readonly tensors: readonly TensorPlan[];
}

function sizes({ width, layers, feedForward, heads, context }: TinyShape): Metadata {
  return [
    count("context_length", context),
    count("embedding_length", width),
    count("block_count", layers),
    count("feed_forward_length", feedForward),
    count("attention.head_count", heads),
  ];
}

const blocks = (shape: TinyShape, planOf: (layer: number) => TensorPlan[]): TensorPlan[] =>
  Array.from({ length: shape.layers }, (_, layer) => planOf(layer)).flat();

/** Encoders of which no tiny model is written elsewhere. Their vectors are compared with themselves alone. */
const DEFINITIONS: Readonly<
  Record<"nomic-bert" | "modern-bert" | "t5encoder", (shape: TinyShape) => Definition>
> = {
  "nomic-bert": (shape) => {
    const { width, feedForward, vocabulary: tokens } = shape;
    return {
      metadata: [
        ...sizes(shape),
        real("attention.layer_norm_epsilon", 1e-12),
        real("rope.freq_base", 1000),
        flag("attention.causal", false),
      ],
      tensors: [
        plan("token_embd.weight", width, tokens),
        plan("token_types.weight", width, 2),
        plan("token_embd_norm.weight", width),
        plan("token_embd_norm.bias", width),
        ...blocks(shape, (i) => [
          plan(`blk.${i}.attn_qkv.weight`, width, 3 * width),
          plan(`blk.${i}.attn_output.weight`, width, width),
          plan(`blk.${i}.attn_output_norm.weight`, width),
          plan(`blk.${i}.attn_output_norm.bias`, width),
          plan(`blk.${i}.ffn_up.weight`, width, feedForward),
          plan(`blk.${i}.ffn_gate.weight`, width, feedForward),
          plan(`blk.${i}.ffn_down.weight`, feedForward, width),
          plan(`blk.${i}.layer_output_norm.weight`, width),
          plan(`blk.${i}.layer_output_norm.bias`, width),
        ]),
      ],
    };
  },
  "modern-bert": (shape) => {
    const { width, feedForward, vocabulary: tokens } = shape;
    return {
      metadata: [
        ...sizes(shape),
        count("attention.sliding_window", 8),
        real("attention.layer_norm_epsilon", 1e-5),
        real("rope.freq_base", 160000),
        real("rope.freq_base_swa", 10000),
        flag("attention.causal", false),
      ],
      tensors: [
        plan("token_embd.weight", width, tokens),
        plan("token_embd_norm.weight", width),
        plan("output_norm.weight", width),
        ...blocks(shape, (i) => [
          ...(i === 0 ? [] : [plan(`blk.${i}.attn_norm.weight`, width)]),
          plan(`blk.${i}.attn_qkv.weight`, width, 3 * width),
          plan(`blk.${i}.attn_output.weight`, width, width),
          plan(`blk.${i}.ffn_norm.weight`, width),
          plan(`blk.${i}.ffn_up.weight`, width, 2 * feedForward),
          plan(`blk.${i}.ffn_down.weight`, feedForward, width),
        ]),
      ],
    };
  },
  t5encoder: (shape) => {
    const { width, feedForward, heads, vocabulary: tokens } = shape;
    return {
      metadata: [
        ...sizes(shape),
        real("attention.layer_norm_rms_epsilon", 1e-6),
        count("attention.relative_buckets_count", 8),
      ],
      tensors: [
        plan("token_embd.weight", width, tokens),
        plan("enc.output_norm.weight", width),
        plan("enc.blk.0.attn_rel_b.weight", heads, 8),
        ...blocks(shape, (i) => [
          plan(`enc.blk.${i}.attn_norm.weight`, width),
          ...["attn_q", "attn_k", "attn_v", "attn_o"].map((part) =>
            plan(`enc.blk.${i}.${part}.weight`, width, width),
          ),
          plan(`enc.blk.${i}.ffn_norm.weight`, width),
          plan(`enc.blk.${i}.ffn_up.weight`, width, feedForward),
          plan(`enc.blk.${i}.ffn_down.weight`, feedForward, width),
        ]),
      ],
    };
  },
};

export type TinyEncoder = "bert" | "xlm-r" | "qwen3" | keyof typeof DEFINITIONS;

export interface TinyEncoderOptions {
  readonly model: TinyEncoder;
  /** llama.cpp's code; none is written by default. */
  readonly pooling?: number;
  /** Context length that the file declares, default 24, as in the fixture. */
  readonly context?: number;
}

/** Writes a tiny encoder with random F32 weights. */
export function writeTinyEncoder(path: string, { model, pooling, context = 24 }: TinyEncoderOptions): void {
  const pieces = model === "xlm-r" || model === "qwen3" || model === "t5encoder" ? unigrams() : wordPieces();
  const tokens = pieces[1]![1].value as readonly string[];
  const shape: TinyShape = {
    layers: 2,
    width: 32,
    heads: 4,
    kvHeads: 2,
    feedForward: 64,
    vocabulary: tokens.length,
    context,
  };
  const architecture = model === "xlm-r" ? "bert" : model;
  const { metadata, tensors } = definitionOf(architecture, shape);
  writeGguf(path, {
    metadata: new Map<string, GgufValue>([
      text("general.architecture", architecture),
      ...metadata,
      count("tokenizer.ggml.token_type_count", 2),
      ...(pooling === undefined ? [] : [count(`${architecture}.pooling_type`, pooling)]),
      ...pieces,
    ]),
    tensors: tensors.map(weights),
  });
}

function definitionOf(architecture: Exclude<TinyEncoder, "xlm-r">, shape: TinyShape): Definition {
  if (architecture === "bert" || architecture === "qwen3") {
    const { metadata, tensors } = TINY_ARCHITECTURES[architecture];
    return { metadata: metadata(shape), tensors: tensors(shape) };
  }
  const { metadata, tensors } = DEFINITIONS[architecture](shape);
  return { metadata: metadata.map(([key, value]) => [`${architecture}.${key}`, value]), tensors };
}
