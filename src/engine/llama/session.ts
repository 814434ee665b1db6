import { availableParallelism } from "node:os";
import { EngineError } from "../../errors.js";
import { checkAbi } from "./abi.js";
import { createThreadpool, loadNative, type ModelParams, type Native, type Pointer } from "./bindings.js";
import { ResidualHooks } from "./hooks.js";
import { findLibrary, type Library } from "./library.js";
import { type ContextShape, NativeContext } from "./native-context.js";
import type { LoadInput, LoadOutput } from "./protocol.js";
import { ThreadGovernor } from "./thread-governor.js";
import { Vocabulary } from "./vocabulary.js";

const DEVICE_TYPES = ["CPU", "GPU", "iGPU", "accelerator"];
/** Rows of one decode when many tokens are read at once. */
export const PREFILL_ROWS = 512;
/** Texts read side by side. */
export const ANALYSIS_SEQUENCES = 64;

/** A loaded model with its vocabulary, hooks and contexts: everything native, in the child process. */
export class Session {
  readonly native: Native;
  readonly vocabulary: Vocabulary;
  readonly hooks: ResidualHooks;
  readonly layers: number;
  readonly width: number;
  readonly context: number;
  readonly chatTemplate: string | null;
  readonly architecture: string;
  readonly #model: Pointer;
  readonly #library: Library;
  readonly #governor: ThreadGovernor;
  readonly #threads: number;
  readonly #threadpool: { pointer: Pointer; free: () => void } | null;
  #analysis: NativeContext | undefined;
  #generation: NativeContext | undefined;
  #residuals: boolean | undefined;

  private constructor(native: Native, library: Library, model: Pointer, input: LoadInput) {
    this.native = native;
    this.#library = library;
    this.#model = model;
    this.vocabulary = new Vocabulary(native, model);
    this.hooks = new ResidualHooks(native);
    this.layers = native.llama_model_n_layer(model);
    this.width = native.llama_model_n_embd(model);
    this.context = input.context;
    this.chatTemplate = native.llama_model_chat_template(model, null);
    this.architecture = this.metadata("general.architecture") ?? "unknown";
    this.#threads = Math.min(input.threads, availableParallelism());
    this.#governor = new ThreadGovernor(this.#threads);
    this.#threadpool = library.backend === "cpu" ? createThreadpool(native, this.#threads) : null;
  }

  /** Loads llama.cpp and the model. Throws EngineError when either is not usable. */
  static async load(input: LoadInput): Promise<Session> {
    const library = await findLibrary();
    const native = loadNative(library);
    checkAbi(native, library);
    native.llama_backend_init();
    const params: ModelParams = {
      ...(native.llama_model_default_params() as ModelParams),
      n_gpu_layers: input.gpuLayers,
    };
    const model = native.llama_model_load_from_file(input.path, params);
    if (model === null) throw new EngineError(`llama.cpp could not load ${input.path}.`);
    if (native.llama_model_has_encoder(model) || !native.llama_model_has_decoder(model)) {
      native.llama_model_free(model);
      throw new EngineError(`${input.path} is an encoder; Tiller needs a model that writes text.`);
    }
    return new Session(native, library, model, input);
  }

  describe(): LoadOutput {
    const { native } = this;
    const devices = Array.from({ length: Number(native.ggml_backend_dev_count()) }, (_, i) => {
      const device = native.ggml_backend_dev_get(i)!;
      const type = DEVICE_TYPES[native.ggml_backend_dev_type(device)] ?? "device";
      return `${native.ggml_backend_dev_name(device)} (${type}: ${native.ggml_backend_dev_description(device)})`;
    });
    return {
      model: {
        architecture: this.architecture,
        name: this.metadata("general.name") ?? "",
        layers: this.layers,
        width: this.width,
        vocabulary: this.vocabulary.size,
        context: native.llama_model_n_ctx_train(this.#model),
        parameters: Number(native.llama_model_n_params(this.#model)),
        bytes: Number(native.llama_model_size(this.#model)),
        hasChatTemplate: this.chatTemplate !== null,
      },
      info: {
        library: `${this.#library.name}@${this.#library.packageVersion}`,
        version: `llama.cpp ${native.llama_version()}, ggml ${native.ggml_version()}`,
        backend: this.#library.backend,
        devices,
        threads: this.#threads,
        directory: this.#library.directory,
      },
      hooks: this.hasResiduals(),
    };
  }

  metadata(key: string): string | undefined {
    const out = Buffer.alloc(1024);
    const length = this.native.llama_model_meta_val_str(this.#model, key, out, out.length);
    return length < 0 ? undefined : out.toString("utf8", 0, Math.min(length, out.length - 1));
  }

  /** True if the graph names the residual stream after every block, so that it can be read and changed. */
  hasResiduals(): boolean {
    if (this.#residuals === undefined) {
      const context = this.analysis();
      context.clear();
      context.batch.set(0, Math.max(0, this.vocabulary.bos), 0, 0, true);
      this.#residuals = this.hooks.observe(() => context.decode(1)).size === this.layers;
      context.clear();
    }
    return this.#residuals;
  }

  /** The context in which texts are read: rows keep their order, and the residual stream is open. */
  analysis(): NativeContext {
    this.#analysis ??= this.#create({
      tokens: Math.max(this.context, PREFILL_ROWS),
      sequences: ANALYSIS_SEQUENCES,
      unified: true,
      rows: PREFILL_ROWS,
      callback: this.hooks.pointer,
    });
    return this.#analysis;
  }

  /** A context in which `sequences` texts are written, each in a stream of its own. */
  generation(sequences: number, hooked: boolean): NativeContext {
    const current = this.#generation?.shape;
    if (current?.sequences !== sequences || (current.callback !== undefined) !== hooked) {
      this.#generation?.free();
      this.#generation = undefined;
      this.#generation = this.#create({
        tokens: this.context,
        sequences,
        unified: false,
        rows: PREFILL_ROWS,
        ...(hooked ? { callback: this.hooks.pointer } : {}),
      });
    }
    return this.#generation!;
  }

  close(): void {
    this.#analysis?.free();
    this.#generation?.free();
    this.#threadpool?.free();
    this.hooks.free();
    this.native.llama_model_free(this.#model);
    this.native.llama_backend_free();
  }

  #create(shape: ContextShape): NativeContext {
    const model = { pointer: this.#model, width: this.width, layers: this.layers };
    return new NativeContext(this.native, model, this.#governor, shape, this.#threadpool?.pointer ?? null);
  }
}
