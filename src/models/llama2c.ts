import type { GgufValue } from "../gguf/format.js";
import {
  byteToken,
  SPACE,
  TOKEN_TYPES,
  type Vocabulary,
  vocabularyMetadata,
} from "../gguf/sentence-piece.js";
import type { GgufContent, TensorToWrite } from "../gguf/write.js";

/** Seven 32-bit integers. */
const HEADER_BYTES = 28;
const BYTE_TOKENS = { first: 3, count: 256 };

interface Shape {
  readonly width: number;
  readonly feedForward: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabulary: number;
  readonly context: number;
}

/**
 * Reads a model of llama2.c (its first format, with F32 weights) that is followed by its vocabulary, `tokenizer.bin`.
 * The form has no mark to know it by: its sizes have to add up to the length of the file.
 *
 * @returns the model as GGUF, whose output matrix is a copy of the embedding instead of one with it, so that it can be
 *   trained; undefined if the bytes are something else, or a model with an output matrix of its own.
 */
export function convertLlama2c(bytes: Uint8Array): GgufContent | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = readShape(view);
  if (!shape) return undefined;
  const sections = weightSections(shape);
  const vocabulary = readVocabulary(bytes.subarray(endOfWeights(sections)), shape.vocabulary);
  if (!vocabulary) return undefined;
  return { metadata: metadata(shape, vocabulary), tensors: readTensors(bytes, shape, sections) };
}

/** True if a file with these first bytes and this length may be a model of llama2.c with its vocabulary. */
export function mayBeLlama2c(header: Uint8Array, fileBytes: number): boolean {
  const shape = readShape(new DataView(header.buffer, header.byteOffset, header.byteLength));
  return shape !== undefined && fileBytes > endOfWeights(weightSections(shape));
}

function readShape(view: DataView): Shape | undefined {
  if (view.byteLength < HEADER_BYTES) return undefined;
  const [width, feedForward, layers, heads, kvHeads, vocabulary, context] = Array.from(
    { length: 7 },
    (_, i) => view.getInt32(4 * i, true),
  ) as [number, number, number, number, number, number, number];
  const sizes = [width, feedForward, layers, heads, kvHeads, context];
  if (
    sizes.some((size) => size < 1 || size > 1 << 20) ||
    width % (2 * heads) !== 0 ||
    heads % kvHeads !== 0
  ) {
    return undefined;
  }
  // A negative number of tokens would say that the output matrix is one of its own.
  if (vocabulary < BYTE_TOKENS.first + BYTE_TOKENS.count || vocabulary > 1 << 20) return undefined;
  return { width, feedForward, layers, heads, kvHeads, vocabulary, context };
}

/** What the file holds, in its order. A section without names is not needed. */
interface Section {
  readonly name?: string | undefined;
  /** Shape of one tensor, the contiguous dimension first. */
  readonly shape: readonly number[];
  /** The section has a tensor for each block. */
  readonly perLayer?: boolean;
  /** Numbers in all. */
  readonly count: number;
}

function weightSections(shape: Shape): Section[] {
  const { width, feedForward, layers, vocabulary, context } = shape;
  const head = width / shape.heads;
  const kv = head * shape.kvHeads;
  const section = (name: string | undefined, ...sizes: number[]): Section => ({
    name,
    shape: sizes,
    count: sizes.reduce((product, size) => product * size, 1),
  });
  const blocks = (name: string, ...sizes: number[]): Section => {
    const one = section(name, ...sizes);
    return { ...one, perLayer: true, count: layers * one.count };
  };
  return [
    section("token_embd", width, vocabulary),
    blocks("attn_norm", width),
    blocks("attn_q", width, width),
    blocks("attn_k", width, kv),
    blocks("attn_v", width, kv),
    blocks("attn_output", width, width),
    blocks("ffn_norm", width),
    blocks("ffn_gate", width, feedForward),
    blocks("ffn_down", feedForward, width),
    blocks("ffn_up", width, feedForward),
    section("output_norm", width),
    // Sines and cosines of the positions, which llama.cpp computes itself.
    section(undefined, head / 2, context, 2),
  ];
}

/** The byte behind the last weight. */
function endOfWeights(sections: readonly Section[]): number {
  return HEADER_BYTES + 4 * sections.reduce((sum, { count }) => sum + count, 0);
}

function readTensors(bytes: Uint8Array, shape: Shape, sections: readonly Section[]): TensorToWrite[] {
  const tensors: TensorToWrite[] = [];
  let at = bytes.byteOffset + HEADER_BYTES;
  for (const { name, shape: sizes, perLayer, count } of sections) {
    const pieces = perLayer ? shape.layers : 1;
    const pieceBytes = (4 * count) / pieces;
    for (let piece = 0; piece < pieces; piece++, at += pieceBytes) {
      if (name === undefined) continue;
      tensors.push({
        name: `${perLayer ? `blk.${piece}.` : ""}${name}.weight`,
        shape: sizes,
        // Copied, as numbers in the file need not lie on a multiple of four.
        data: new Float32Array(bytes.buffer.slice(at, at + pieceBytes)),
      });
    }
  }
  return [...tensors, { ...tensors[0]!, name: "output.weight" }];
}

/** Reads `tokenizer.bin`: the longest piece's length, then score, length and bytes of each piece. */
function readVocabulary(bytes: Uint8Array, count: number): Vocabulary | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // One piece is a byte order mark, which would be dropped.
  const text = new TextDecoder("utf-8", { ignoreBOM: true });
  const tokens: string[] = [];
  const scores = new Float32Array(count);
  const types = new Int32Array(count);
  let at = 4;
  for (let token = 0; token < count; token++) {
    if (at + 8 > bytes.length) return undefined;
    scores[token] = view.getFloat32(at, true);
    const length = view.getInt32(at + 4, true);
    at += 8;
    if (length < 0 || at + length > bytes.length) return undefined;
    types[token] = tokenType(token);
    tokens.push(pieceText(token, text.decode(bytes.subarray(at, at + length))));
    at += length;
  }
  return at === bytes.length ? { tokens, scores, types, unknown: 0, begin: 1, end: 2 } : undefined;
}

function tokenType(token: number): number {
  if (token === 0) return TOKEN_TYPES.unknown;
  if (token < BYTE_TOKENS.first) return TOKEN_TYPES.control;
  return token < BYTE_TOKENS.first + BYTE_TOKENS.count ? TOKEN_TYPES.byte : TOKEN_TYPES.normal;
}

/** A piece as SentencePiece writes it; llama2.c has spaces, line feeds around control tokens, and bytes as such. */
function pieceText(token: number, text: string): string {
  switch (tokenType(token)) {
    case TOKEN_TYPES.byte:
      return byteToken(token - BYTE_TOKENS.first);
    case TOKEN_TYPES.normal:
      return text.replaceAll(" ", SPACE);
    default:
      return text.trim();
  }
}

function metadata(shape: Shape, vocabulary: Vocabulary): Map<string, GgufValue> {
  const uint32 = (value: number): GgufValue => ({ type: "uint32", value });
  return new Map<string, GgufValue>([
    ["general.architecture", { type: "string", value: "llama" }],
    ["general.name", { type: "string", value: `llama2.c, ${shape.layers} blocks of ${shape.width}` }],
    ["general.file_type", uint32(0)],
    ["llama.block_count", uint32(shape.layers)],
    ["llama.context_length", uint32(shape.context)],
    ["llama.embedding_length", uint32(shape.width)],
    ["llama.feed_forward_length", uint32(shape.feedForward)],
    ["llama.attention.head_count", uint32(shape.heads)],
    ["llama.attention.head_count_kv", uint32(shape.kvHeads)],
    ["llama.attention.layer_norm_rms_epsilon", { type: "float32", value: 1e-5 }],
    ["llama.rope.dimension_count", uint32(shape.width / shape.heads)],
    ["llama.vocab_size", uint32(shape.vocabulary)],
    ...vocabularyMetadata(vocabulary),
  ]);
}
