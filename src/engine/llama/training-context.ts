import koffi from "koffi";
import { EngineError, ModelError } from "../../errors.js";
import type { BatchStruct, ContextParams, Native, Pointer } from "./bindings.js";
import { LogitsHook, type RowLoss } from "./logits-hook.js";
import { contextTokens } from "./native-context.js";
import type { ThreadGovernor } from "./thread-governor.js";
import {
  type OptimizerNumbers,
  optimizerCallback,
  parameterFilter,
  type TrainingNative,
} from "./training-bindings.js";
import type { TrainingItem } from "./training-rows.js";

/** ggml's codes. */
const INT32 = 26;
const F32 = 0;
const ADAMW = 0;

export interface TrainingShape {
  /** Tokens of a row. */
  readonly tokens: number;
  /** Rows of one step of the optimiser. */
  readonly accumulate: number;
  /** Weights that are trained, by name; undefined for all that llama.cpp can train. */
  readonly weights: ReadonlySet<string> | undefined;
}

/** What the contexts of one model share. */
export interface TrainingHost {
  readonly native: Native;
  readonly training: TrainingNative;
  readonly model: Pointer;
  readonly vocabulary: number;
  readonly governor: ThreadGovernor;
  readonly threadpool: Pointer | null;
}

/** What AdamW works with in one step. */
export interface AdamW {
  /** Above 0. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Decay rates of its two averages. */
  readonly beta1: number;
  readonly beta2: number;
  /** Keeps its division from zero. */
  readonly epsilon: number;
}

/** The usual numbers. */
export const ADAMW_DEFAULTS: AdamW = {
  learningRate: 1e-4,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
};

/**
 * A context of llama.cpp with its optimiser: gradients and AdamW's averages, which begin at zero and end with it.
 *
 * Several rows to a step is something that llama.cpp offers only within one long row. Here each row is one of its
 * own: a step takes as many passes as the context could hold rows, while the model's context length, which llama.cpp
 * looks up when it begins a row, is set to one row by a second context.
 */
export class TrainingContext {
  /** For the steps from now on. */
  optimizer: AdamW = ADAMW_DEFAULTS;
  /** F32 tensors that llama.cpp can train, by name: those of `shape.weights`, or all. */
  readonly tensors = new Map<string, Pointer>();
  readonly #host: TrainingHost;
  readonly #shape: TrainingShape;
  readonly #hook: LogitsHook;
  readonly #context: Pointer;
  readonly #dataset: Pointer;
  readonly #tokens: Int32Array;
  readonly #labels: Int32Array;
  readonly #batch: BatchStruct;
  readonly #filter: Pointer;
  readonly #numbers: Pointer;
  #threads = 0;
  #passes = 0;

  /** @throws EngineError if there is not enough memory or llama.cpp would train other rows; ModelError */
  constructor(host: TrainingHost, shape: TrainingShape) {
    const { native, training } = host;
    this.#host = host;
    this.#shape = shape;
    this.#hook = new LogitsHook(native, training, host.vocabulary);
    this.#filter = koffi.register((tensor: Pointer) => {
      const name = native.ggml_get_name(tensor) ?? "";
      // A weight that is trained only once is asked for only once; two blocks may share one.
      if (shape.weights !== undefined && !shape.weights.has(name)) return false;
      this.tensors.set(name, tensor);
      return true;
    }, parameterFilter);
    this.#numbers = koffi.register(() => this.#nextNumbers(), optimizerCallback);
    const step = shape.tokens * shape.accumulate;
    this.#context = this.#create(step);
    this.#start(this.#context, step);
    if (shape.accumulate > 1) {
      const single = this.#create(shape.tokens);
      this.#start(single, shape.tokens);
      native.llama_free(single);
    }
    this.#hook.watch(this.tensors.keys());
    const capacity = native.llama_n_ctx(this.#context);
    this.#dataset = training.ggml_opt_dataset_init(INT32, INT32, capacity, capacity, 1, 1);
    const memory = (tensor: Pointer) =>
      new Int32Array(koffi.view(native.ggml_get_data(tensor)!, 4 * capacity)).subarray(0, shape.tokens);
    this.#tokens = memory(training.ggml_opt_dataset_data(this.#dataset));
    this.#labels = memory(training.ggml_opt_dataset_labels(this.#dataset));
    this.#batch = native.llama_batch_init(1, 0, 1) as BatchStruct;
    if (native.llama_model_n_ctx_train(host.model) !== shape.tokens) {
      this.free();
      throw new EngineError(
        "llama.cpp would train rows of another length. Run npm ci to get the pinned version.",
      );
    }
  }

  /** Weights whose gradient the last training pass computed. Others never change. */
  get withGradient(): ReadonlySet<string> {
    return this.#hook.withGradient;
  }

  /** One pass forward and back; the last of `accumulate` passes changes the weights. Returns the loss before. */
  train(row: TrainingItem): RowLoss {
    const firstPass = this.#passes % this.#shape.accumulate === 0;
    this.#passes += 1;
    const loss = this.#pass(row, firstPass, 1);
    if (this.#shape.weights !== undefined && this.withGradient.size !== this.#shape.weights.size) {
      const missing = [...this.#shape.weights].filter((name) => !this.withGradient.has(name));
      throw new EngineError(`llama.cpp computed no gradient for ${missing.slice(0, 5).join(", ")}.`);
    }
    return loss;
  }

  /** The loss of a row. Not between the passes of one step: it would count as one of them. */
  evaluate(row: TrainingItem): RowLoss {
    return this.#pass(row, false, 0);
  }

  free(): void {
    const { native, training } = this.#host;
    native.llama_batch_free(this.#batch);
    training.ggml_opt_dataset_free(this.#dataset);
    native.llama_free(this.#context);
    koffi.unregister(this.#filter);
    koffi.unregister(this.#numbers);
    this.#hook.free();
  }

  #pass(row: TrainingItem, firstPass: boolean, split: 0 | 1): RowLoss {
    this.#setThreads();
    this.#tokens.set(row.tokens);
    this.#labels.set(row.labels);
    return this.#hook.observe(row, firstPass, () => {
      this.#host.training.llama_opt_epoch(this.#context, this.#dataset, null, null, split, null, null);
    });
  }

  #create(tokens: number): Pointer {
    const { native, model, governor } = this.#host;
    const params: ContextParams = {
      ...(native.llama_context_default_params() as ContextParams),
      n_ctx: contextTokens(tokens),
      n_batch: tokens,
      n_ubatch: this.#shape.tokens,
      n_seq_max: 1,
      n_threads: governor.threads,
      n_threads_batch: governor.threads,
      // Attention in one piece has no backward pass, nor has a cache in 16 bits.
      flash_attn_type: 0,
      type_k: F32,
      type_v: F32,
      offload_kqv: false,
      op_offload: false,
      cb_eval: this.#hook.pointer,
    };
    const context = native.llama_init_from_model(model, params);
    if (context === null) {
      throw new EngineError(
        `There is not enough memory to train on ${tokens} tokens at once. Lower --context or --accumulate.`,
      );
    }
    if (native.llama_get_memory(context) === null) {
      native.llama_free(context);
      throw new ModelError(
        "This model keeps no memory of what it has written, as encoders and diffusion models do. Only a model that " +
          "writes token by token can be fine-tuned.",
      );
    }
    return context;
  }

  #start(context: Pointer, tokens: number): void {
    this.#host.training.llama_opt_init(context, this.#host.model, {
      n_ctx_train: tokens,
      param_filter: this.#filter,
      param_filter_ud: null,
      get_opt_pars: this.#numbers,
      get_opt_pars_ud: null,
      optimizer_type: ADAMW,
    });
  }

  #nextNumbers(): OptimizerNumbers {
    const { learningRate, weightDecay, beta1, beta2, epsilon } = this.optimizer;
    const descent = { sgd_alpha: learningRate, sgd_weight_decay: 0 };
    return { alpha: learningRate, beta1, beta2, epsilon, weight_decay: weightDecay, ...descent };
  }

  /**
   * Chooses the number of threads. The optimiser's graph is computed with those of the last decode, which also
   * brings the evaluation callback to it: so one token is decoded when the number changes. Weights do not depend on
   * the number.
   */
  #setThreads(): void {
    const { native, governor, threadpool } = this.#host;
    const threads = governor.next();
    if (threads === this.#threads) return;
    if (this.#threads === 0 && threadpool !== null) {
      native.llama_attach_threadpool(this.#context, threadpool, threadpool);
    }
    this.#threads = threads;
    native.llama_set_n_threads(this.#context, threads, threads);
    native.llama_memory_clear(native.llama_get_memory(this.#context)!, true);
    const { token, pos, n_seq_id, seq_id, logits } = this.#batch;
    const set = (address: Pointer, value: number) => {
      new Int32Array(koffi.view(address, 4))[0] = value;
    };
    set(token, 0);
    set(pos, 0);
    set(n_seq_id, 1);
    set(koffi.decode(seq_id, "void *") as Pointer, 0);
    new Int8Array(koffi.view(logits, 1))[0] = 1;
    const status = native.llama_decode(this.#context, { ...this.#batch, n_tokens: 1 });
    if (status !== 0) throw new EngineError(`llama_decode failed with status ${status}.`);
  }
}
