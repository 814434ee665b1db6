import { availableParallelism } from "node:os";
import { EngineError } from "../../errors.js";
import { readGguf } from "../../gguf/read.js";
import type { Expert } from "../guidance.js";
import { checkAbi } from "./abi.js";
import { createThreadpool, loadNative, type ModelParams, type Native, type Pointer } from "./bindings.js";
import { ResidualHooks } from "./hooks.js";
import type { SteerableModel } from "./interventions.js";
import { findLibrary, type Library } from "./library.js";
import { type ContextShape, NativeContext } from "./native-context.js";
import type { LoadInput, LoadOutput } from "./protocol.js";
import { ThreadGovernor } from "./thread-governor.js";
import { Vocabulary, vocabularyDifference } from "./vocabulary.js";

/** A model that streams are decoded by: the engine's own, an adapter on it, or another file. */
export interface ExpertModel {
  readonly session: Session;
  readonly adapter?: Adapter;
}

/** A LoRA adapter on a session's model. */
export interface Adapter {
  readonly pointer: Pointer;
  readonly scale: number;
}

const DEVICE_TYPES = ["CPU", "GPU", "iGPU", "accelerator"];
/** Rows of one decode when many tokens are read at once. */
export const PREFILL_ROWS = 512;
/** Texts read side by side. */
export const ANALYSIS_SEQUENCES = 64;
/** Most sequences of one llama.cpp context. */
const MAX_STREAMS = 256;

/** llama.cpp drops whatever in an adapter is no pair of matrices, such as a trained norm, without a word. */
function refuseLostTensors(path: string): void {
  const lost = [...readGguf(path).tensors.keys()].find((name) => !/\.lora_[ab]$/.test(name));
  if (lost === undefined) return;
  throw new EngineError(
    `The adapter ${path} holds more than llama.cpp applies: ${lost} would be left out. Train it without modules_to_save.`,
  );
}

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
  /** A memory of states takes a batch apart by its texts: only the rows of one text keep their order. */
  readonly recurrent: boolean;
  readonly #model: Pointer;
  readonly #library: Library;
  readonly #governor: ThreadGovernor;
  readonly #threads: number;
  readonly #threadpool: { pointer: Pointer; free: () => void } | null;
  #analysis: NativeContext | undefined;
  /** Contexts that texts were last written in, by adapter. */
  readonly #generation = new Map<Adapter | undefined, NativeContext>();
  readonly #own: ExpertModel = { session: this };
  readonly #experts = new Map<string, ExpertModel>();
  #residuals: boolean | undefined;
  #native: ReadonlySet<number> | undefined;
  /** What interventions need to know of the model. */
  readonly steerable: SteerableModel;

  private constructor(native: Native, library: Library, model: Pointer, input: LoadInput) {
    this.native = native;
    this.#library = library;
    this.#model = model;
    this.vocabulary = new Vocabulary(native, model);
    this.hooks = new ResidualHooks(native, library.backend === "cpu");
    this.recurrent = native.llama_model_is_recurrent(model) || native.llama_model_is_hybrid(model);
    this.layers = native.llama_model_n_layer(model);
    this.width = native.llama_model_n_embd(model);
    this.context = input.context;
    this.chatTemplate = native.llama_model_chat_template(model, null);
    this.architecture = this.metadata("general.architecture") ?? "unknown";
    const { layers, width } = this;
    this.steerable = {
      layers,
      width,
      steersNatively: (layer) => this.hasResiduals() && this.#nativeLayers().has(layer),
    };
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
    const session = new Session(native, library, model, input);
    try {
      for (const expert of input.experts ?? []) await session.#addExpert(expert, input);
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  /** The engine's own model, or an expert by its name. Throws EngineError if there is none of that name. */
  expert(name: string | undefined): ExpertModel {
    if (name === undefined) return this.#own;
    const expert = this.#experts.get(name);
    if (expert) return expert;
    throw new EngineError(
      `guidance: there is no expert ${name}. The engine was opened with: ${[...this.#experts.keys()].join(", ") || "none"}.`,
    );
  }

  async #addExpert({ name, kind, path, scale = 1 }: Expert, input: LoadInput): Promise<void> {
    if (this.#experts.has(name)) throw new EngineError(`There are two experts of the name ${name}.`);
    if (!Number.isFinite(scale)) throw new EngineError(`The expert ${name} has the scale ${scale}.`);
    if (kind === "adapter") {
      refuseLostTensors(path);
      const pointer = this.native.llama_adapter_lora_init(this.#model, path);
      if (pointer === null) {
        throw new EngineError(
          `The adapter ${path} does not fit the model: it was trained on another base, or the file is damaged.`,
        );
      }
      this.#experts.set(name, { session: this, adapter: { pointer, scale } });
      return;
    }
    const session = await Session.load({ ...input, path, experts: [] });
    this.#experts.set(name, { session });
    const difference = vocabularyDifference(this.vocabulary, session.vocabulary);
    if (difference) {
      throw new EngineError(
        `The expert ${path} has another vocabulary: ${difference}. Streams are summed token by token, so both ` +
          "models must have the same tokens.",
      );
    }
  }

  /** Tokens that end a text: those of the vocabulary, and those that hold a stop string. */
  endTokens(stop: readonly string[]): number[] {
    const { vocabulary } = this;
    return Array.from({ length: vocabulary.size }, (_, token) => token).filter(
      (token) =>
        vocabulary.isEndOfGeneration(token) ||
        stop.some((text) => Buffer.from(vocabulary.piece(token)).includes(text)),
    );
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
      this.#residuals = this.hooks.observe(this.width, () => context.decode(1)).length === this.layers;
      context.clear();
    }
    return this.#residuals;
  }

  /**
   * Blocks whose output llama.cpp's control vector really changes: some architectures leave it out without a word.
   * Found by one decode in which a vector is added at every block and taken out again behind it.
   */
  #nativeLayers(): ReadonlySet<number> {
    if (this.#native === undefined) {
      const context = this.analysis();
      const vector = new Float32Array(this.width).fill(1);
      const blocks = Array.from({ length: this.layers - 1 }, (_, i) => i + 1);
      const read = (additions: ReadonlyMap<number, Float32Array>, undo: boolean) => {
        const outputs = new Map<number, Float32Array>();
        context.clear();
        context.setControlVector(additions);
        context.batch.set(0, Math.max(0, this.vocabulary.bos), 0, 0, true);
        this.hooks.use(blocks, (layer, values) => {
          outputs.set(layer, values.slice());
          const before = plain?.get(layer);
          if (undo && before) values.set(before);
          return undo;
        });
        context.decode(1);
        this.hooks.rethrow();
        return outputs;
      };
      let plain: Map<number, Float32Array> | undefined;
      try {
        plain = read(new Map(), false);
        const steered = read(new Map(blocks.map((layer) => [layer, vector])), true);
        const moved = (layer: number) =>
          plain!.get(layer)!.some((value, i) => steered.get(layer)![i] !== value);
        this.#native = new Set(blocks.filter(moved));
      } finally {
        this.hooks.use([]);
        context.setControlVector(new Map());
        context.clear();
      }
    }
    return this.#native;
  }

  /** Throws EngineError unless the residual stream can be read and changed. */
  requireResiduals(): void {
    if (this.hasResiduals()) return;
    throw new EngineError(
      `Models of the architecture ${this.architecture} cannot be steered or read: llama.cpp does not name their residual stream.`,
    );
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

  /** A context in which `sequences` streams are written, each in a cache of its own. */
  generation(sequences: number, hooked: boolean, adapter?: Adapter): NativeContext {
    if (sequences > MAX_STREAMS) {
      throw new EngineError(
        `The job needs ${sequences} caches at once, and llama.cpp has ${MAX_STREAMS}. Lower model.sequences in the recipe.`,
      );
    }
    const current = this.#generation.get(adapter);
    if (current?.shape.sequences === sequences && (current.shape.callback !== undefined) === hooked) {
      return current;
    }
    current?.free();
    this.#generation.delete(adapter);
    const context = this.#create({
      tokens: this.context,
      sequences,
      unified: false,
      rows: PREFILL_ROWS,
      ...(hooked ? { callback: this.hooks.pointer } : {}),
    });
    this.#generation.set(adapter, context);
    if (adapter) context.setAdapter(adapter.pointer, adapter.scale);
    return context;
  }

  close(): void {
    this.#analysis?.free();
    for (const context of this.#generation.values()) context.free();
    this.#threadpool?.free();
    this.hooks.free();
    for (const { session, adapter } of this.#experts.values()) {
      if (adapter) this.native.llama_adapter_lora_free(adapter.pointer);
      else session.close();
    }
    this.native.llama_model_free(this.#model);
    this.native.llama_backend_free();
  }

  #create(shape: ContextShape): NativeContext {
    const { width, layers, architecture } = this;
    const model = { pointer: this.#model, width, layers, architecture };
    return new NativeContext(this.native, model, this.#governor, shape, this.#threadpool?.pointer ?? null);
  }
}
