import type { GgufValue } from "./format.js";
import { TOKEN_TYPES, type Vocabulary, vocabularyMetadata } from "./sentence-piece.js";
import type { TensorPlan, TinyShape } from "./tiny-architectures/tensor-plan.js";
import { TINY_ARCHITECTURES, type TinyArchitecture } from "./tiny-architectures.js";
import { tinyVocabulary } from "./tiny-vocabulary.js";
import { type TensorToWrite, writeGguf } from "./write.js";

export interface TinyModelOptions {
  readonly architecture?: TinyArchitecture;
  /** Blocks, default 4. */
  readonly layers?: number;
  /** Dimensions of the residual stream, default 64; a multiple of twice `heads`. */
  readonly width?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly feedForward?: number;
  /** Number of tokens; default as many as the built-in words give. */
  readonly vocabulary?: number;
  /** Context length that the file declares, default 2048. */
  readonly context?: number;
  readonly seed?: number;
  /** Jinja text; null for a model without one. Default: Zephyr's form. */
  readonly chatTemplate?: string | null;
  /** Added to the logit of the end token, default 2: texts of some fifty tokens; -30 makes texts that never end. */
  readonly endBias?: number;
  /** Texts begin with BOS, default true. */
  readonly addBos?: boolean;
}

/** Turns as Zephyr writes them. */
export const TINY_CHAT_TEMPLATE =
  "{% for message in messages %}" +
  "{{ '<|' + message['role'] + '|>\\n' + message['content'] + eos_token + '\\n' }}" +
  "{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}";

const CONTROLS = ["<|system|>", "<|user|>", "<|assistant|>"];

/**
 * The residual's first dimension holds the same value for every token and no block writes to it. It gives
 * the output matrix, which has no bias in these architectures, something to hang a bias on. Where the output
 * matrix is the embedding, that dimension of the embedding holds the biases, and the first block writes the value.
 */
const BIAS_DIMENSION = 0;
const BIAS_VALUE = 1;

/** Logit biases by token type: texts of mostly words, with now and then a stray byte. */
const BYTE_BIAS = -4;
const CONTROL_BIAS = -30;
/** A tied embedding carries its biases into the residual, where a larger one would outweigh the block's value. */
const TIED_CONTROL_BIAS = -8;

/** Seeded generator of standard normal deviates, as sums of four uniforms: the same bits on every machine. */
function normalDeviates(seed: number): () => number {
  // Not the generator of src/random: it would change the bytes of every model, and so the texts that tests see.
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
}

/** Sets the bias dimension of each token's row. `[vocabulary][width]` */
function setTokenBias(matrix: Float32Array, width: number, biasOf: (token: number) => number): void {
  for (let token = 0; token * width < matrix.length; token += 1) {
    matrix[token * width + BIAS_DIMENSION] = biasOf(token);
  }
}

/** Fills the bias dimension of what is added to the residual, for each expert if there are several. */
function setResidualBias(data: Float32Array, { shape, residualAxis, biasWeight = 0 }: TensorPlan): void {
  if (residualAxis === undefined) return;
  const row = shape.slice(0, residualAxis).reduce((product, size) => product * size, 1);
  const slab = row * shape[residualAxis]!;
  for (let start = BIAS_DIMENSION * row; start < data.length; start += slab) {
    data.fill(biasWeight, start, start + row);
  }
}

/** Logit biases of a vocabulary's tokens. */
function logitBias(
  { types, end }: Vocabulary,
  endBias: number,
  controlBias: number,
): (token: number) => number {
  return (token) => {
    const type = types[token];
    if (token === end) return endBias;
    if (type === TOKEN_TYPES.byte) return BYTE_BIAS;
    return type === TOKEN_TYPES.control || type === TOKEN_TYPES.unknown ? controlBias : 0;
  };
}

/**
 * Writes a small GGUF model with random F32 weights that llama.cpp loads and runs in milliseconds: for
 * tests, never for text. The file is the same, byte for byte, for the same options.
 * @throws RangeError if the options contradict each other.
 */
export function writeTinyModel(path: string, options: TinyModelOptions = {}): void {
  const architecture = options.architecture ?? "llama";
  const definition = TINY_ARCHITECTURES[architecture];
  const heads = options.heads ?? 4;
  const vocabulary = tinyVocabulary({
    controls: [...CONTROLS, ...(definition.controls ?? [])],
    ...(options.vocabulary === undefined ? {} : { size: options.vocabulary }),
  });
  const width = options.width ?? 64;
  const shape: TinyShape = {
    layers: options.layers ?? 4,
    width,
    heads,
    kvHeads: options.kvHeads ?? 2,
    feedForward: options.feedForward ?? 2 * width,
    vocabulary: vocabulary.tokens.length,
    context: options.context ?? 2048,
  };
  if (shape.width % (2 * heads) !== 0 || heads % shape.kvHeads !== 0) {
    throw new RangeError(
      `width ${shape.width}, heads ${heads} and kvHeads ${shape.kvHeads} do not fit: width must be a multiple of twice heads, and heads a multiple of kvHeads.`,
    );
  }

  const next = normalDeviates(options.seed ?? 1);
  const { tied = false } = definition;
  const bias = logitBias(vocabulary, options.endBias ?? 2, tied ? TIED_CONTROL_BIAS : CONTROL_BIAS);
  const outputBias = (token: number) => bias(token) / definition.typicalBias(shape);
  const embeddingBias = BIAS_VALUE / (definition.embeddingScale?.(shape) ?? 1);
  const tensors = definition.tensors(shape).map((plan): TensorToWrite => {
    const data = new Float32Array(plan.shape.reduce((product, size) => product * size, 1));
    if (plan.deviation === 0) data.fill(plan.mean);
    else for (let at = 0; at < data.length; at += 1) data[at] = plan.mean + plan.deviation * next();
    setResidualBias(data, plan);
    if (plan.name === "output.weight") setTokenBias(data, width, outputBias);
    if (plan.name === "token_embd.weight") setTokenBias(data, width, tied ? outputBias : () => embeddingBias);
    return { name: plan.name, shape: plan.shape, data };
  });

  const metadata = new Map<string, GgufValue>([
    ["general.architecture", { type: "string", value: definition.architecture ?? architecture }],
    ["general.name", { type: "string", value: `Tiny ${architecture}` }],
    ["general.file_type", { type: "uint32", value: 0 }],
    ...definition.metadata(shape),
    ...vocabularyMetadata(vocabulary, options.addBos),
  ]);
  const template = options.chatTemplate === undefined ? TINY_CHAT_TEMPLATE : options.chatTemplate;
  if (template !== null) metadata.set("tokenizer.chat_template", { type: "string", value: template });
  writeGguf(path, { metadata, tensors });
}
