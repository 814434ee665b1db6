import { availableParallelism } from "node:os";
import { EngineError, ModelError } from "../../errors.js";
import { type GgufFile, metadataString, readGguf } from "../../gguf/read.js";
import type { ReadText } from "../engine.js";
import { checkAbi } from "./abi.js";
import { createThreadpool, loadNative, type ModelParams, type Native } from "./bindings.js";
import { makeGraphRoom } from "./graph-room.js";
import { findLibrary } from "./library.js";
import { readTokens } from "./prompt-tokens.js";
import { ThreadGovernor } from "./thread-governor.js";
import { loadTrainingNative, type TrainingNative } from "./training-bindings.js";
import { TrainingContext, type TrainingHost } from "./training-context.js";
import { type TrainingItem, trainingItem } from "./training-rows.js";
import { Vocabulary } from "./vocabulary.js";

/** The libraries, loaded once in a process. */
export interface TrainingLibraries {
  readonly native: Native;
  readonly training: TrainingNative;
}

/** @throws EngineError if llama.cpp is not installed or is not the release that this version drives. */
export async function loadTrainingLibraries(): Promise<TrainingLibraries> {
  const library = await findLibrary();
  const native = loadNative(library);
  checkAbi(native, library);
  const training = loadTrainingNative(library);
  native.llama_backend_init();
  return { native, training };
}

/** A model whose weights can be changed: in memory of its own, on the processor. */
export class TrainingModel {
  readonly file: GgufFile;
  readonly vocabulary: Vocabulary;
  readonly parameters: number;
  readonly #host: TrainingHost;
  readonly #chatTemplate: string | null;
  readonly #freeThreadpool: () => void;

  /** @throws ModelError, EngineError if the model cannot be loaded, or reads texts only. */
  constructor({ native, training }: TrainingLibraries, path: string, threads: number) {
    this.file = readGguf(path);
    const params: ModelParams = {
      ...(native.llama_model_default_params() as ModelParams),
      // An empty list of devices: a GPU's backend would compute with other sums, and not all operations.
      devices: Buffer.alloc(8) as never,
      n_gpu_layers: 0,
      load_mode: 0,
      use_extra_bufts: false,
    };
    const model = native.llama_model_load_from_file(path, params);
    if (model === null) throw new EngineError(`llama.cpp could not load ${path}.`);
    if (native.llama_model_has_encoder(model) || !native.llama_model_has_decoder(model)) {
      native.llama_model_free(model);
      throw new ModelError(`${path} is an encoder; only a model that writes text can be fine-tuned.`);
    }
    makeGraphRoom(training, model, this.file);
    this.vocabulary = new Vocabulary(native, model);
    this.#chatTemplate = native.llama_model_chat_template(model, null);
    this.parameters = Number(native.llama_model_n_params(model));
    const most = Math.min(threads, availableParallelism());
    const threadpool = createThreadpool(native, most);
    this.#freeThreadpool = () => threadpool?.free();
    this.#host = {
      native,
      training,
      model,
      vocabulary: this.vocabulary.size,
      governor: new ThreadGovernor(most),
      threadpool: threadpool?.pointer ?? null,
    };
  }

  get architecture(): string {
    return metadataString(this.file, "general.architecture") ?? "unknown";
  }

  /** A context with an optimiser at its beginning. The caller frees it before the model. */
  createContext(shape: {
    tokens: number;
    accumulate: number;
    weights?: ReadonlySet<string>;
  }): TrainingContext {
    return new TrainingContext(this.#host, { ...shape, weights: shape.weights });
  }

  /**
   * A text as the model is to write it: with BOS where the model wants one, and the token that ends a text, or a
   * turn, behind it. Of a prompt with an answer the answer counts alone.
   */
  item(text: ReadText): TrainingItem {
    const { tokens, promptLength } = readTokens(text, this.#chatTemplate, this.vocabulary);
    const { vocabulary } = this;
    const isText = typeof text === "string";
    const turnEnd = isText ? -1 : this.#host.training.llama_vocab_eot(vocabulary.pointer);
    const end = turnEnd >= 0 ? turnEnd : vocabulary.eos;
    const ended = end < 0 || tokens.at(-1) === end;
    return trainingItem(ended ? tokens : Int32Array.of(...tokens, end), isText ? 0 : promptLength);
  }

  free(): void {
    this.#host.native.llama_model_free(this.#host.model);
    this.#freeThreadpool();
  }
}
