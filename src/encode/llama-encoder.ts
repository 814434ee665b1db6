import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { choosePooling, type Pooling } from "../engine/llama/encoder-pooling.js";
import { EncoderProcess } from "../engine/llama/encoder-process.js";
import type { LoadEncoderInput, LoadEncoderOutput } from "../engine/llama/encoder-protocol.js";
import { EngineError, RecipeError } from "../errors.js";
import { metadataString, readGguf } from "../gguf/read.js";
import type { EncodeOptions, Encoder } from "./encoder.js";

/** A GPU takes all blocks unless told otherwise. */
const ALL_LAYERS = 9999;
/** Memory grows with the square of a text's length; what Tiller compares is far shorter. */
const DEFAULT_CONTEXT = 2048;

export interface LlamaEncoderOptions {
  /** GGUF file of a sentence encoder. */
  readonly path: string;
  /** Hex sha256 of the file, for the encoder's name. */
  readonly sha256: string;
  /** At most this many threads; fewer are used while other processes need the processors. */
  readonly threads?: number | undefined;
  readonly gpuLayers?: number | undefined;
  /** Default: the model's own; see `choosePooling`. */
  readonly pooling?: Pooling | undefined;
  /** Put before every text, as `query: ` or another instruction that the model was trained with. */
  readonly prefix?: string | undefined;
  /** Tokens of a text that are read, default 2048; never more than the model was trained to read. */
  readonly context?: number | undefined;
}

/** What is known of an encoder's model. */
export interface EncoderModelInfo {
  readonly architecture: string;
  readonly pooling: Pooling;
  /** Tokens of a text that are read. */
  readonly context: number;
}

/**
 * A sentence encoder in a GGUF file, run by llama.cpp in a child process: BERT, XLM-R, Nomic BERT, ModernBERT, T5's
 * encoder, Gemma's and Qwen's embedding models, and whatever else llama.cpp pools. A text's vector depends on nothing
 * but the text, to the last bit. After a native crash the call under way fails with an EngineError whose `crashed` is
 * true, and the next call loads the model again.
 */
export class LlamaEncoder implements Encoder, AsyncDisposable {
  /** File name and sha256, with the pooling, the context and the prefix where they were chosen. */
  readonly name: string;
  /** Dimensions of a vector. */
  readonly width: number;
  readonly model: EncoderModelInfo;
  readonly #prefix: string;
  readonly #input: LoadEncoderInput;
  #process: EncoderProcess;
  #starting: Promise<EncoderProcess> | undefined;
  readonly #truncated = new Set<string>();
  #closed = false;

  private constructor(
    options: LlamaEncoderOptions,
    input: LoadEncoderInput,
    architecture: string,
    { process, loaded }: { process: EncoderProcess; loaded: LoadEncoderOutput },
  ) {
    const { path, sha256, pooling, prefix = "" } = options;
    this.name = [
      `${basename(path)} (sha256 ${sha256})`,
      ...(pooling === undefined ? [] : [`pooling ${pooling}`]),
      ...(options.context === undefined ? [] : [`context ${loaded.context}`]),
      ...(prefix === "" ? [] : [`prefix ${JSON.stringify(prefix)}`]),
    ].join(", ");
    this.width = loaded.width;
    this.model = { architecture, pooling: input.pooling, context: loaded.context };
    this.#prefix = prefix;
    this.#input = input;
    this.#process = process;
  }

  /**
   * Starts the child process and loads the model.
   * @throws RecipeError for a context that is none; ModelError if the file is missing, damaged, or no sentence encoder;
   *   EngineError if the library or the model is not usable
   */
  static async open(options: LlamaEncoderOptions): Promise<LlamaEncoder> {
    const { context = DEFAULT_CONTEXT } = options;
    if (!Number.isInteger(context) || context < 1) {
      throw new RecipeError(`An encoder's context is a whole number of tokens from 1, not ${context}.`);
    }
    const file = readGguf(options.path);
    const input: LoadEncoderInput = {
      path: options.path,
      pooling: choosePooling(file, options.pooling),
      context,
      threads: options.threads ?? availableParallelism(),
      gpuLayers: options.gpuLayers ?? ALL_LAYERS,
    };
    const architecture = metadataString(file, "general.architecture") ?? "unknown";
    return new LlamaEncoder(options, input, architecture, await start(input));
  }

  /** Tokens of a text that are read. */
  get context(): number {
    return this.model.context;
  }

  /** The texts so far that were longer than the model reads: only their beginnings count. */
  get truncated(): ReadonlySet<string> {
    return this.#truncated;
  }

  /** The child's process id. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The native library's last log lines, oldest first. */
  get log(): readonly string[] {
    return this.#process.log.lines();
  }

  /**
   * Encodes texts. `[texts][width]`
   *
   * @returns a vector of length 1 for each text; zeros for a text in which the model sees nothing
   * @throws EngineError or ModelError if llama.cpp or the model fails; InterruptedError at once when the signal aborts
   */
  async encode(texts: readonly string[], { signal }: EncodeOptions = {}): Promise<Float32Array[]> {
    const vectors: Float32Array[] = texts.map(() => new Float32Array(this.width));
    const filled = [...texts.keys()].filter((text) => texts[text]!.trim() !== "");
    const process = await this.#running();
    await process.call(
      "encode",
      { texts: filled.map((text) => this.#prefix + texts[text]!) },
      {
        signal,
        onItem: ({ text, truncated, vector }) => {
          const index = filled[text]!;
          vectors[index] = vector;
          if (truncated) this.#truncated.add(texts[index]!);
        },
      },
    );
    return vectors;
  }

  async close(): Promise<void> {
    this.#closed = true;
    // A start under way would leave a process behind that nobody closes.
    await this.#starting?.catch(() => undefined);
    await this.#process.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The child process, started again if it has ended. Throws EngineError when the encoder is closed. */
  async #running(): Promise<EncoderProcess> {
    this.#requireOpen();
    if (this.#process.alive) return this.#process;
    this.#starting ??= start(this.#input)
      .then(({ process }) => {
        this.#process = process;
        return process;
      })
      .finally(() => {
        this.#starting = undefined;
      });
    const process = await this.#starting;
    this.#requireOpen();
    return process;
  }

  #requireOpen(): void {
    if (this.#closed) throw new EngineError("The encoder is closed.");
  }
}

async function start(
  input: LoadEncoderInput,
): Promise<{ process: EncoderProcess; loaded: LoadEncoderOutput }> {
  const process = new EncoderProcess();
  try {
    return { process, loaded: await process.call("load", input) };
  } catch (error) {
    await process.close();
    throw error;
  }
}
