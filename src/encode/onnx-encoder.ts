import { basename } from "node:path";
import { EngineError, InterruptedError, ModelError } from "../errors.js";
import { fileSha256 } from "../models/sha256.js";
import type { EncodeOptions, Encoder } from "./encoder.js";
import {
  choosePrecision,
  findPlace,
  homeOf,
  type OnnxModelOptions,
  type OnnxPlace,
  type OnnxPrecision,
  weightsOf,
} from "./onnx-files.js";
import { loadTransformers, openWith, type TransformersPackage } from "./transformers-package.js";

/** Tokens that a model wants around a text, at most. */
const MOST_MARKS = 8;

export interface OnnxEncoderOptions extends OnnxModelOptions {
  /** Put before every text, as `query: ` or another instruction that the model was trained with. */
  readonly prefix?: string | undefined;
  /** For tests: what gives the package. */
  readonly load?: (() => Promise<unknown>) | undefined;
}

/** What is used of the package. */
interface Transformers extends TransformersPackage {
  pipeline(task: "feature-extraction", model: string, options: object): Promise<Extractor>;
}

interface Extractor {
  (
    text: string,
    options: { pooling: "mean"; normalize: true },
  ): Promise<{ readonly dims: readonly number[]; readonly data: Float32Array }>;
  readonly tokenizer: {
    (text: string, options: { truncation: false }): { input_ids: { dims: readonly number[] } };
    readonly model_max_length: number;
  };
  readonly model: { readonly config: { max_position_embeddings?: number } };
  dispose(): Promise<void>;
}

/**
 * A sentence encoder in ONNX form, run by `@huggingface/transformers` in this process: mean pooling, vectors of length 1.
 * Texts are encoded one at a time, since quantised models scale their activations by what is in the batch.
 */
export class OnnxEncoder implements Encoder, AsyncDisposable {
  /** Folder or id with the precision and, where the file is found, its sha256; the prefix if there is one. */
  readonly name: string;
  readonly width: number;
  /** Tokens of a text that are read. */
  readonly context: number;
  readonly #extractor: Extractor;
  readonly #prefix: string;
  readonly #truncated = new Set<string>();

  private constructor(extractor: Extractor, name: string, width: number, context: number, prefix: string) {
    this.#extractor = extractor;
    this.name = name;
    this.width = width;
    this.context = context;
    this.#prefix = prefix;
  }

  /**
   * Loads the package and the model, which is fetched from the Hub if it is not on this machine.
   * @throws RecipeError for a model that is neither a folder nor an id; EngineError if the package is missing or cannot
   *   be loaded; ModelError if the model is missing or no sentence encoder
   */
  static async open(options: OnnxEncoderOptions): Promise<OnnxEncoder> {
    const { prefix = "" } = options;
    const place = await findPlace(options);
    const precision = await choosePrecision(place, options.precision);
    const transformers = await loadTransformers<Transformers>("ONNX encoders", options.load);
    const { extractor, width } = await openModel(transformers, place, precision);
    // Without a limit of the tokenizer's, a long text would reach past the last position embedding.
    const context = Math.min(
      extractor.tokenizer.model_max_length,
      extractor.model.config.max_position_embeddings ?? Number.POSITIVE_INFINITY,
    );
    Object.defineProperty(extractor.tokenizer, "model_max_length", { value: context });
    const sha256 = await fileSha256(weightsOf(place, precision), homeOf(options)).catch(() => undefined);
    const name = [
      `${place.shown} (ONNX, ${precision}${sha256 === undefined ? "" : `, sha256 ${sha256}`})`,
      ...(prefix === "" ? [] : [`prefix ${JSON.stringify(prefix)}`]),
    ].join(", ");
    return new OnnxEncoder(extractor, name, width, context, prefix);
  }

  /** The texts so far that were longer than the model reads: only their beginnings count. */
  get truncated(): ReadonlySet<string> {
    return this.#truncated;
  }

  /**
   * Encodes texts. `[texts][width]`
   *
   * @returns a vector of length 1 for each text; zeros for a text of white space
   * @throws EngineError if the model fails; InterruptedError when the signal aborts, after the text in hand
   */
  async encode(texts: readonly string[], { signal }: EncodeOptions = {}): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (const [index, text] of texts.entries()) {
      if (signal?.aborted) throw new InterruptedError("Encoding the texts was interrupted.");
      vectors.push(text.trim() === "" ? new Float32Array(this.width) : await this.#vector(text, index));
    }
    return vectors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#extractor.dispose();
  }

  async #vector(bare: string, index: number): Promise<Float32Array> {
    const text = this.#prefix + bare;
    // No token is shorter than a byte, but for the few that the model wants around a text.
    if (Buffer.byteLength(text) + MOST_MARKS > this.context) {
      const { input_ids } = this.#extractor.tokenizer(text, { truncation: false });
      if (input_ids.dims.at(-1)! > this.context) this.#truncated.add(bare);
    }
    try {
      const { data } = await this.#extractor(text, { pooling: "mean", normalize: true });
      if (data.length === this.width && data.every(Number.isFinite)) return data;
    } catch (error) {
      throw new EngineError(`The ONNX encoder failed on text ${index}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    throw new EngineError(`The ONNX encoder gave no ${this.width} finite numbers for text ${index}.`);
  }
}

async function openModel(
  transformers: Transformers,
  place: OnnxPlace,
  precision: OnnxPrecision,
): Promise<{ extractor: Extractor; width: number }> {
  const settings = { cacheDir: place.cache, allowRemoteModels: place.remote };
  try {
    return await openWith(transformers, settings, async () => {
      const extractor = await transformers.pipeline("feature-extraction", place.id, {
        dtype: precision,
        device: "cpu",
        revision: place.revision,
        local_files_only: !place.remote,
      });
      const { dims } = await extractor("a", { pooling: "mean", normalize: true });
      return { extractor, width: dims.at(-1)! };
    });
  } catch (error) {
    const reason = (error as Error).message.replace(/\.?$/, ".");
    throw new ModelError(
      `The ONNX encoder ${place.shown} cannot be opened with precision ${precision}: ${reason} ` +
        `Needed are config.json, tokenizer.json, tokenizer_config.json and onnx/${basename(weightsOf(place, precision))}` +
        `${place.remote ? "" : ` in ${place.folder}`}. Correct the model or the precision.`,
      { cause: error },
    );
  }
}
