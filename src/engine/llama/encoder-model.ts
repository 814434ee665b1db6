import { availableParallelism } from "node:os";
import koffi from "koffi";
import { EngineError, ModelError } from "../../errors.js";
import { checkAbi } from "./abi.js";
import {
  type ContextParams,
  createThreadpool,
  loadNative,
  type ModelParams,
  type Native,
  type Pointer,
} from "./bindings.js";
import { type EncoderNative, loadEncoderNative } from "./encoder-bindings.js";
import { POOLING_CODES } from "./encoder-pooling.js";
import type { LoadEncoderInput, LoadEncoderOutput } from "./encoder-protocol.js";
import { findLibrary, type Library } from "./library.js";
import { NativeBatch } from "./native-batch.js";
import { contextTokens } from "./native-context.js";
import { ThreadGovernor } from "./thread-governor.js";
import { Vocabulary } from "./vocabulary.js";

/** Tokens that a context has room for at first. */
const FIRST_ROWS = 512;
/** ggml's code. Vectors that are compared with each other are worth a cache in 32 bits. */
const F32 = 0;
const OUT_OF_MEMORY = -2;

/** A text as the model reads it. */
export interface EncoderTokens {
  readonly tokens: Int32Array;
  /** True if the text has more tokens than the model reads. */
  readonly truncated: boolean;
}

interface EncoderContext {
  readonly pointer: Pointer;
  readonly memory: Pointer | null;
  readonly batch: NativeBatch;
}

/**
 * A loaded encoder: everything native, in the child process.
 *
 * One text a decode: its vector then depends on nothing else, to the last bit. Several texts in one decode move those of
 * a quantised model by up to 0.002, and are slower on a processor, where every text's attention spans them all:
 * MiniLM in 32 bits, texts of 40 words, 24 texts a second of processor time against 12 with 512 tokens a decode.
 */
export class EncoderModel {
  readonly #native: Native;
  readonly #encoding: EncoderNative;
  readonly #model: Pointer;
  readonly #pooling: number;
  readonly #vocabulary: Vocabulary;
  readonly #width: number;
  /** Tokens of a text that are read. */
  readonly #length: number;
  readonly #hasEncoder: boolean;
  readonly #governor: ThreadGovernor;
  readonly #threadpool: { pointer: Pointer; free: () => void } | null;
  /** Tokens that the model wants before and behind a text. */
  readonly #begin: Int32Array;
  readonly #end: Int32Array;
  #context: EncoderContext | undefined;

  private constructor(
    { native, encoding, library }: { native: Native; encoding: EncoderNative; library: Library },
    model: Pointer,
    input: LoadEncoderInput,
  ) {
    this.#native = native;
    this.#encoding = encoding;
    this.#model = model;
    this.#pooling = POOLING_CODES[input.pooling];
    this.#vocabulary = new Vocabulary(native, model);
    this.#width = encoding.llama_model_n_embd_out(model);
    this.#length = Math.min(input.context, native.llama_model_n_ctx_train(model));
    this.#hasEncoder = native.llama_model_has_encoder(model);
    const threads = Math.min(input.threads, availableParallelism());
    this.#governor = new ThreadGovernor(threads);
    this.#threadpool = library.backend === "cpu" ? createThreadpool(native, threads) : null;
    const bare = this.#vocabulary.tokenize("a", false, false);
    const whole = this.#vocabulary.tokenize("a", true, false);
    const at = whole.findIndex((_, start) => bare.every((token, i) => whole[start + i] === token));
    if (at < 0) throw new EngineError("The model's tokeniser does not keep its marks apart from a text.");
    this.#begin = whole.slice(0, at);
    this.#end = whole.slice(at + bare.length);
    const least = this.#begin.length + this.#end.length + 1;
    if (this.#length < least) {
      throw new EngineError(
        `The encoder reads ${this.#length} tokens of a text, and its own marks take ${least - 1} of them. Raise its context.`,
      );
    }
  }

  /** Loads llama.cpp and the model, and encodes one letter. Throws EngineError or ModelError if that fails. */
  static async load(input: LoadEncoderInput): Promise<EncoderModel> {
    const library = await findLibrary();
    const native = loadNative(library);
    checkAbi(native, library);
    const encoding = loadEncoderNative(library);
    native.llama_backend_init();
    const params: ModelParams = {
      ...(native.llama_model_default_params() as ModelParams),
      n_gpu_layers: input.gpuLayers,
    };
    const model = native.llama_model_load_from_file(input.path, params);
    if (model === null) throw new EngineError(`llama.cpp could not load ${input.path}.`);
    if (native.llama_model_has_encoder(model) && native.llama_model_has_decoder(model)) {
      native.llama_model_free(model);
      throw new ModelError(
        `${input.path} has an encoder and a decoder, and llama.cpp gives no vectors for such models. Give a sentence encoder.`,
      );
    }
    const loaded = new EncoderModel({ native, encoding, library }, model, input);
    // An architecture that cannot be run like this fails here and not within a job.
    loaded.encode(loaded.tokens("a").tokens);
    return loaded;
  }

  describe(): LoadEncoderOutput {
    return { width: this.#width, context: this.#length };
  }

  /** A text's tokens between the model's marks; of a text that is too long, the first. Control tokens are text. */
  tokens(text: string): EncoderTokens {
    const bare = this.#vocabulary.tokenize(text, false, false);
    if (bare.length === 0) return { tokens: bare, truncated: false };
    const room = this.#length - this.#begin.length - this.#end.length;
    const read = bare.subarray(0, room);
    const tokens = new Int32Array(this.#begin.length + read.length + this.#end.length);
    tokens.set(this.#begin);
    tokens.set(read, this.#begin.length);
    tokens.set(this.#end, this.#begin.length + read.length);
    return { tokens, truncated: bare.length > room };
  }

  /**
   * Encodes a text.
   * @returns its vector, of length 1. `[width]`
   * @throws EngineError if llama.cpp fails; ModelError if the vector is not a number
   */
  encode(tokens: Int32Array): Float32Array {
    const context = this.#contextFor(tokens.length);
    for (const [position, token] of tokens.entries()) context.batch.set(position, token, position, 0, true);
    // The attention of a lone row is divided among the threads, and its sums then depend on their number.
    const threads = tokens.length === 1 ? 1 : this.#governor.next();
    this.#native.llama_set_n_threads(context.pointer, threads, threads);
    const run = this.#hasEncoder ? this.#encoding.llama_encode : this.#native.llama_decode;
    const status = run(context.pointer, context.batch.rows(tokens.length));
    if (status === OUT_OF_MEMORY) throw notEnoughMemory(tokens.length);
    if (status !== 0) throw new EngineError(`llama.cpp failed to encode with status ${status}.`);
    const vector = this.#unitVector(context);
    if (context.memory !== null) this.#native.llama_memory_clear(context.memory, false);
    return vector;
  }

  close(): void {
    this.#freeContext();
    this.#threadpool?.free();
    this.#native.llama_model_free(this.#model);
    this.#native.llama_backend_free();
  }

  #unitVector(context: EncoderContext): Float32Array {
    const address = this.#encoding.llama_get_embeddings_seq(context.pointer, 0);
    if (address === null) throw new EngineError("llama.cpp gave no vector for a text.");
    const pooled = new Float32Array(koffi.view(address, 4 * this.#width));
    const norm = Math.sqrt(pooled.reduce((sum, value) => sum + value * value, 0));
    if (!(norm > 0 && Number.isFinite(norm))) {
      throw new ModelError(
        "The model gave a vector that is not a number or has no length: its weights are damaged. Download it again.",
      );
    }
    return pooled.map((value) => value / norm);
  }

  /** A context for at least so many tokens. It grows with the longest text, and so does its memory. */
  #contextFor(rows: number): EncoderContext {
    if (this.#context && this.#context.batch.capacity >= rows) return this.#context;
    this.#freeContext();
    const capacity = contextTokens(Math.max(rows, FIRST_ROWS));
    const native = this.#native;
    const params: ContextParams = {
      ...(native.llama_context_default_params() as ContextParams),
      n_ctx: capacity,
      n_batch: capacity,
      // A text is pooled within one pass, and attention in both directions needs it whole.
      n_ubatch: capacity,
      n_seq_max: 1,
      n_threads: this.#governor.threads,
      n_threads_batch: this.#governor.threads,
      embeddings: true,
      pooling_type: this.#pooling,
      // Attention in one piece rounds keys and values to 16 bits.
      flash_attn_type: 0,
      type_k: F32,
      type_v: F32,
    };
    const pointer = native.llama_init_from_model(this.#model, params);
    if (pointer === null) throw notEnoughMemory(rows);
    if (this.#threadpool) {
      native.llama_attach_threadpool(pointer, this.#threadpool.pointer, this.#threadpool.pointer);
    }
    const batch = new NativeBatch(native, capacity);
    this.#context = { pointer, memory: native.llama_get_memory(pointer), batch };
    if (native.llama_n_ubatch(pointer) < rows || native.llama_n_ctx_seq(pointer) < rows) {
      throw new EngineError(
        "llama.cpp made a context of another shape than asked for. The library does not match this version of tillerlm.",
      );
    }
    return this.#context;
  }

  #freeContext(): void {
    if (!this.#context) return;
    this.#context.batch.free();
    this.#native.llama_free(this.#context.pointer);
    this.#context = undefined;
  }
}

function notEnoughMemory(rows: number): EngineError {
  return new EngineError(
    `There is not enough memory to encode ${rows} tokens at once. Lower the encoder's context, so that less of a long text is read.`,
  );
}
