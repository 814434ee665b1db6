import { availableParallelism } from "node:os";
import { EngineError } from "../../errors.js";
import type {
  Capabilities,
  Capture,
  CaptureOptions,
  Completion,
  Engine,
  EngineInfo,
  GenerateOptions,
  GenerationRequest,
  ModelInfo,
  NextTokensOptions,
  Prompt,
  ReadText,
  TokenLogProbabilities,
} from "../engine.js";
import type { Expert } from "../guidance.js";
import type { Intervention } from "../intervention.js";
import { LlamaProcess } from "./child-process.js";
import type { LoadInput, LoadOutput, Route } from "./protocol.js";

/** A GPU takes all blocks unless told otherwise. */
const ALL_LAYERS = 9999;
const DEFAULT_CONTEXT = 512;
const DEFAULT_SEQUENCES = 16;
const MAX_SEQUENCES = 64;

export interface LlamaOptions {
  readonly path: string;
  readonly sha256: string;
  /** Tokens of prompt and text together, for each sequence; rounded up to a multiple of 256. */
  readonly context?: number;
  /** At most this many threads; fewer are used while other processes need the processors. */
  readonly threads?: number;
  readonly gpuLayers?: number;
  /** Other models for the streams of guidance. */
  readonly experts?: readonly Expert[];
}

interface SteeringOptions {
  readonly interventions?: readonly Intervention[];
  readonly signal?: AbortSignal;
  /** For tests that compare the two ways to the residual stream. */
  readonly route?: Route;
}

function steering({ interventions = [], route }: SteeringOptions) {
  return { interventions, ...(route ? { route } : {}) };
}

/**
 * llama.cpp in a child process. After a native crash the operation under way fails with an EngineError whose
 * `crashed` is true, and the next operation starts the process and loads the model again.
 */
export class LlamaEngine implements Engine {
  readonly model: ModelInfo;
  readonly capabilities: Capabilities;
  readonly info: EngineInfo;
  readonly #input: LoadInput;
  #process: LlamaProcess;
  #starting: Promise<LlamaProcess> | undefined;
  #closed = false;

  private constructor(options: LlamaOptions, input: LoadInput, process: LlamaProcess, loaded: LoadOutput) {
    this.#input = input;
    this.#process = process;
    this.model = { ...loaded.model, file: options.path, sha256: options.sha256 };
    this.info = loaded.info;
    this.capabilities = { capture: loaded.hooks, steering: loaded.hooks, logProbabilities: true };
  }

  /** Starts the child process and loads the model. Throws EngineError if the library or the model is not usable. */
  static async open(options: LlamaOptions): Promise<LlamaEngine> {
    const input: LoadInput = {
      path: options.path,
      context: options.context ?? DEFAULT_CONTEXT,
      threads: options.threads ?? availableParallelism(),
      gpuLayers: options.gpuLayers ?? ALL_LAYERS,
      ...(options.experts ? { experts: options.experts } : {}),
    };
    const { process, loaded } = await start(input);
    return new LlamaEngine(options, input, process, loaded);
  }

  /** The child's process id. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The native library's last log lines, oldest first. */
  get log(): readonly string[] {
    return this.#process.log.lines();
  }

  async tokenize(text: string, options: { special?: boolean } = {}): Promise<Int32Array> {
    return (await this.#running()).call("tokenize", { text, special: options.special ?? false });
  }

  async render(prompt: Prompt): Promise<string> {
    return (await this.#running()).call("render", { prompt });
  }

  async promptTokens(prompt: Prompt): Promise<Int32Array> {
    return (await this.#running()).call("promptTokens", { prompt });
  }

  async *capture(
    texts: readonly ReadText[],
    options: CaptureOptions & SteeringOptions,
  ): AsyncIterable<Capture> {
    const { layers, pooling, where, signal } = options;
    for (const layer of layers) {
      if (!Number.isInteger(layer) || layer < 0 || layer >= this.model.layers) {
        throw new EngineError(
          `There is no layer ${layer}: the model has layers 0 to ${this.model.layers - 1}.`,
        );
      }
    }
    const input = { texts, options: { layers, pooling, ...(where ? { where } : {}), ...steering(options) } };
    yield* (await this.#running()).run("capture", input, signal);
  }

  async *generate(
    requests: readonly GenerationRequest[],
    options: GenerateOptions & SteeringOptions,
  ): AsyncIterable<Completion> {
    const { decoding, guidance, sequences = DEFAULT_SEQUENCES, signal } = options;
    if (!Number.isInteger(sequences) || sequences < 1 || sequences > MAX_SEQUENCES) {
      throw new EngineError(`Sequences must be a whole number from 1 to ${MAX_SEQUENCES}, not ${sequences}.`);
    }
    const input = {
      requests,
      options: { decoding, sequences, ...(guidance ? { guidance } : {}), ...steering(options) },
    };
    yield* (await this.#running()).run("generate", input, signal);
  }

  async *logProbabilities(
    texts: readonly ReadText[],
    options: SteeringOptions = {},
  ): AsyncIterable<TokenLogProbabilities> {
    const input = { texts, options: steering(options) };
    yield* (await this.#running()).run("logProbabilities", input, options.signal);
  }

  async *nextTokens(
    texts: readonly ReadText[],
    { frames, tokens, signal }: NextTokensOptions,
  ): AsyncIterable<TokenLogProbabilities> {
    yield* (await this.#running()).run("nextTokens", { texts, frames, tokens }, signal);
  }

  async nextToken(text: Prompt | ReadText, options: SteeringOptions = {}): Promise<Float32Array> {
    const input = { text, options: steering(options) };
    return (await this.#running()).call("nextToken", input, options.signal);
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

  /** The child process, started again if it has ended. Throws EngineError when the engine is closed. */
  async #running(): Promise<LlamaProcess> {
    this.#requireOpen();
    if (this.#process.alive) return this.#process;
    this.#starting ??= start(this.#input).then(
      ({ process }) => {
        this.#process = process;
        this.#starting = undefined;
        return process;
      },
      (error) => {
        this.#starting = undefined;
        throw error;
      },
    );
    const process = await this.#starting;
    this.#requireOpen();
    return process;
  }

  #requireOpen(): void {
    if (this.#closed) throw new EngineError("The engine is closed.");
  }
}

async function start(input: LoadInput): Promise<{ process: LlamaProcess; loaded: LoadOutput }> {
  const process = new LlamaProcess();
  try {
    return { process, loaded: await process.call("load", input) };
  } catch (error) {
    await process.close();
    throw error;
  }
}
