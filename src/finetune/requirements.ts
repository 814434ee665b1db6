import { statfsSync } from "node:fs";
import { EngineError, ModelError, RecipeError, StoreError } from "../errors.js";
import { type GgufFile, metadataNumber, metadataString, parameterCount } from "../gguf/read.js";
import { ggmlTypeSizes } from "../gguf/tensor-types.js";

/** What fine-tuning will hold in memory, in bytes. */
export interface MemoryEstimate {
  readonly weights: number;
  /** Of every weight but the token embedding. */
  readonly gradients: number;
  /** AdamW's two averages. */
  readonly averages: number;
  /** What the passes keep of one row, and the cache of a step. */
  readonly activations: number;
  readonly total: number;
}

const FLOAT = 4;
/** Node, the libraries and the graphs. */
const PROCESS_BYTES = 128 * 2 ** 20;
/**
 * Numbers that one token of a row keeps: in each block so many times the width, the feed-forward width, and the row's
 * length for each head; and so many times the vocabulary. Fitted to the memory that the process really held, with
 * Llama models of 0.1 to 35 million weights and rows of 256 and 512 tokens; the estimates are 3 to 17 % above it.
 */
const PER_WIDTH = 7;
const PER_FEED_FORWARD = 3;
const PER_ATTENTION = 1.5;
const PER_VOCABULARY = 5;

/** Memory for fine-tuning a model whose weights are F32, or will be. */
export function estimateMemory(
  file: GgufFile,
  rows: { readonly context: number; readonly accumulate: number },
): MemoryEstimate {
  const architecture = metadataString(file, "general.architecture");
  const number = (key: string) => metadataNumber(file, `${architecture}.${key}`) ?? 0;
  const layers = number("block_count");
  const width = number("embedding_length");
  const heads = number("attention.head_count");
  const keyHeads = number("attention.head_count_kv") || heads;
  const parameters = parameterCount(file);
  const embedding = file.tensors.get("token_embd.weight");
  const vocabulary = embedding?.shape[1] ?? 0;
  const trained = parameters - (embedding?.elements ?? 0);
  const perToken =
    layers *
      (PER_WIDTH * width +
        PER_FEED_FORWARD * number("feed_forward_length") +
        PER_ATTENTION * heads * rows.context) +
    PER_VOCABULARY * vocabulary;
  const cache = 2 * layers * width * (keyHeads / Math.max(1, heads)) * rows.context * rows.accumulate;
  const weights = FLOAT * parameters;
  const gradients = FLOAT * trained;
  const averages = 2 * gradients;
  const activations = FLOAT * (rows.context * perToken + cache);
  const total = PROCESS_BYTES + weights + gradients + averages + activations;
  return { weights, gradients, averages, activations, total };
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** @throws EngineError if the estimate is more than what is free. */
export function requireMemory(estimate: MemoryEstimate, free: number): void {
  if (estimate.total <= free) return;
  const { weights, gradients, averages, activations } = estimate;
  throw new EngineError(
    `Fine-tuning this model needs about ${gigabytes(estimate.total)} of memory, and ${gigabytes(free)} are free: ` +
      `${gigabytes(weights)} for the weights, ${gigabytes(gradients)} for their gradients, ${gigabytes(averages)} for ` +
      `AdamW's averages and ${gigabytes(activations)} for a row. Take a smaller model, a lower --context, or end other programs.`,
  );
}

/** @throws StoreError if the folder's disk has less room than `bytes`. */
export function requireDisk(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (bytes <= free) return;
  throw new StoreError(
    `Fine-tuning writes up to ${gigabytes(bytes)} to ${folder}, and ${gigabytes(free)} are free there: the last and ` +
      "the best state of the model, and the one that is being written. Free some space, or choose another --out.",
  );
}

/**
 * Tensors that are not F32, by type. llama.cpp's optimiser leaves them as they are without a word.
 * @throws ModelError if the file is one part of several
 */
export function otherTypes(file: GgufFile): ReadonlyMap<string, number> {
  if ((metadataNumber(file, "split.count") ?? 1) > 1) {
    throw new ModelError(
      `${file.path} is one part of several. Put them together first, with llama.cpp's llama-gguf-split --merge.`,
    );
  }
  const types = new Map<string, number>();
  for (const { type } of file.tensors.values()) {
    const name = ggmlTypeSizes.get(type)?.name ?? `type ${type}`;
    if (name !== "F32") types.set(name, (types.get(name) ?? 0) + 1);
  }
  return types;
}

/** @throws RecipeError saying that the weights must be converted first */
export function refuseUnconverted(file: GgufFile, types: ReadonlyMap<string, number>): void {
  const list = [...types].map(([name, count]) => `${count} as ${name}`).join(", ");
  throw new RecipeError(
    `Only F32 weights can be trained, and of the ${file.tensors.size} tensors of ${file.path} there are ${list}. ` +
      `With --convert a copy with F32 weights is made first (${gigabytes(FLOAT * parameterCount(file))}, beside the output).`,
  );
}

/** Bytes of the model with F32 weights. */
export function f32Bytes(file: GgufFile): number {
  return file.dataOffset + FLOAT * parameterCount(file);
}
