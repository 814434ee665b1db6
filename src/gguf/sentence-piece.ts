import type { GgufValue } from "./format.js";

/** A SentencePiece vocabulary in llama.cpp's form, `tokenizer.ggml.model = "llama"`. */

/** llama.cpp's token types. */
export const TOKEN_TYPES = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

/** SentencePiece writes a space as this character. */
export const SPACE = "\u2581";

export interface Vocabulary {
  readonly tokens: readonly string[];
  readonly scores: Float32Array;
  readonly types: Int32Array;
  readonly unknown: number;
  readonly begin: number;
  readonly end: number;
}

/** The token of a byte, 0 to 255. */
export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/** The keys of a GGUF file that hold a vocabulary. */
export function vocabularyMetadata(vocabulary: Vocabulary, addBos = true): [string, GgufValue][] {
  return [
    ["tokenizer.ggml.model", { type: "string", value: "llama" }],
    ["tokenizer.ggml.tokens", { type: "array", items: "string", value: vocabulary.tokens }],
    ["tokenizer.ggml.scores", { type: "array", items: "float32", value: vocabulary.scores }],
    ["tokenizer.ggml.token_type", { type: "array", items: "int32", value: vocabulary.types }],
    ["tokenizer.ggml.unknown_token_id", { type: "uint32", value: vocabulary.unknown }],
    ["tokenizer.ggml.bos_token_id", { type: "uint32", value: vocabulary.begin }],
    ["tokenizer.ggml.eos_token_id", { type: "uint32", value: vocabulary.end }],
    ["tokenizer.ggml.add_bos_token", { type: "bool", value: addBos }],
    ["tokenizer.ggml.add_eos_token", { type: "bool", value: false }],
    ["tokenizer.ggml.add_space_prefix", { type: "bool", value: true }],
  ];
}
