import { EngineError } from "../../errors.js";
import type { ContextParams, Native, Pointer } from "./bindings.js";
import { NativeBatch } from "./native-batch.js";
import type { ThreadGovernor } from "./thread-governor.js";

export interface ContextShape {
  /** Tokens that one sequence can hold. */
  readonly tokens: number;
  readonly sequences: number;
  /** One cache for all sequences, so that a batch's rows keep their order; otherwise a stream for each. */
  readonly unified: boolean;
  /** Most rows in one decode. */
  readonly rows: number;
  /** Address of the evaluation callback. */
  readonly callback?: Pointer;
}

const BLOCK = 256;

/** Tokens that llama.cpp makes room for when it is asked for so many. */
export function contextTokens(tokens: number): number {
  return Math.ceil(tokens / BLOCK) * BLOCK;
}

/** A llama.cpp context with its batch: caches of sequences, and decoding. */
export class NativeContext {
  readonly shape: ContextShape;
  /** Tokens that one sequence can really hold. */
  readonly capacity: number;
  readonly batch: NativeBatch;
  readonly #native: Native;
  readonly #pointer: Pointer;
  readonly #memory: Pointer;
  readonly #width: number;
  readonly #layers: number;
  readonly #governor: ThreadGovernor;
  #threads = 0;
  #controlled = false;

  constructor(
    native: Native,
    model: { pointer: Pointer; width: number; layers: number; architecture: string },
    governor: ThreadGovernor,
    shape: ContextShape,
    threadpool: Pointer | null,
  ) {
    const perSequence = contextTokens(shape.tokens);
    const params: ContextParams = {
      ...(native.llama_context_default_params() as ContextParams),
      n_ctx: shape.unified ? perSequence : perSequence * shape.sequences,
      n_batch: shape.rows,
      n_ubatch: shape.rows,
      n_seq_max: shape.sequences,
      n_threads: governor.threads,
      n_threads_batch: governor.threads,
      kv_unified: shape.unified,
      cb_eval: shape.callback ?? null,
    };
    const pointer = native.llama_init_from_model(model.pointer, params);
    if (pointer === null) {
      throw new EngineError(
        `There is not enough memory for ${shape.sequences} sequences of ${perSequence} tokens. ` +
          "Lower model.sequences or model.context in the recipe.",
      );
    }
    this.shape = shape;
    this.#native = native;
    this.#pointer = pointer;
    const memory = native.llama_get_memory(pointer);
    if (memory === null) {
      native.llama_free(pointer);
      throw new EngineError(
        `Models of the architecture ${model.architecture} keep no memory of what they have written, as encoders and ` +
          "diffusion models do. Tiller needs one that writes token by token.",
      );
    }
    this.#memory = memory;
    this.#width = model.width;
    this.#layers = model.layers;
    this.#governor = governor;
    this.capacity = shape.unified ? native.llama_n_ctx(pointer) : native.llama_n_ctx_seq(pointer);
    this.batch = new NativeBatch(native, shape.rows);
    if (threadpool !== null) native.llama_attach_threadpool(pointer, threadpool, threadpool);
    const asked = { n_batch: shape.rows, n_ubatch: shape.rows, n_seq_max: shape.sequences };
    const got = {
      n_batch: native.llama_n_batch(pointer),
      n_ubatch: native.llama_n_ubatch(pointer),
      n_seq_max: native.llama_n_seq_max(pointer),
    };
    if (JSON.stringify(asked) !== JSON.stringify(got) || this.capacity < shape.tokens) {
      this.free();
      throw new EngineError(
        `llama.cpp made a context of another shape: asked ${JSON.stringify(asked)} with ${shape.tokens} tokens each, ` +
          `got ${JSON.stringify(got)} with ${this.capacity}. The library does not match this version of tillerlm.`,
      );
    }
  }

  get pointer(): Pointer {
    return this.#pointer;
  }

  /** Decodes the first `rows` rows of the batch. Throws EngineError if llama.cpp refuses. */
  decode(rows: number): void {
    if (rows < 1 || rows > this.batch.capacity)
      throw new EngineError(`A batch of ${rows} rows does not fit.`);
    // The attention of a lone row is divided among the threads, and its sums then depend on their number.
    const threads = rows === 1 ? 1 : this.#governor.next();
    if (threads !== this.#threads) {
      this.#native.llama_set_n_threads(this.#pointer, threads, threads);
      this.#threads = threads;
    }
    const status = this.#native.llama_decode(this.#pointer, this.batch.rows(rows));
    if (status === 0) return;
    throw new EngineError(
      status === 1
        ? "The context is full: lower model.sequences or raise model.context in the recipe."
        : `llama_decode failed with status ${status}.`,
    );
  }

  /** Forgets every sequence. */
  clear(): void {
    this.#native.llama_memory_clear(this.#memory, true);
  }

  remove(sequence: number): void {
    this.truncate(sequence, 0);
  }

  /** Forgets what a sequence holds from a position on. False where the memory, a recurrent one, cannot. */
  truncate(sequence: number, position: number): boolean {
    return this.#native.llama_memory_seq_rm(this.#memory, sequence, position, -1);
  }

  copy(from: number, to: number): void {
    this.#native.llama_memory_seq_cp(this.#memory, from, to, -1, -1);
  }

  /**
   * Adds a vector after each of these blocks, at every position of every sequence, or nothing. Caches made
   * before are stale: `clear` first. Block 0 cannot be reached this way.
   */
  setControlVector(additions: ReadonlyMap<number, Float32Array>): void {
    if (additions.size === 0) {
      if (this.#controlled) this.#native.llama_set_adapter_cvec(this.#pointer, null, 0, this.#width, 0, 0);
      this.#controlled = false;
      return;
    }
    // A shorter buffer would silently leave the other layers as they were.
    const data = new Float32Array(this.#width * (this.#layers - 1));
    for (const [layer, vector] of additions) data.set(vector, (layer - 1) * this.#width);
    const status = this.#native.llama_set_adapter_cvec(
      this.#pointer,
      data,
      data.length,
      this.#width,
      1,
      this.#layers - 1,
    );
    if (status !== 0) throw new EngineError(`llama.cpp refused the control vector with status ${status}.`);
    this.#controlled = true;
  }

  /** Puts an adapter on the model's weights, in this context alone. Caches made before are stale. */
  setAdapter(adapter: Pointer, scale: number): void {
    const status = this.#native.llama_set_adapters_lora(
      this.#pointer,
      BigUint64Array.of(BigInt(adapter)),
      1,
      Float32Array.of(scale),
    );
    if (status !== 0) throw new EngineError(`llama.cpp refused the adapter with status ${status}.`);
  }

  free(): void {
    this.batch.free();
    this.#native.llama_free(this.#pointer);
  }
}
