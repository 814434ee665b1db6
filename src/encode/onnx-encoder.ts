import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { EngineError, InterruptedError, ModelError, RecipeError } from "../errors.js";
import { modelHome, offlineVariable } from "../models/home.js";
import { fileSha256 } from "../models/sha256.js";
import type { EncodeOptions, Encoder } from "./encoder.js";

/** An optional peer dependency: its runtime weighs more than all of Tiller. */
const PACKAGE: string = "@huggingface/transformers";
const INSTALL = `npm install ${PACKAGE}@4`;

/** File in the folder `onnx` of a model, for each precision of its weights. */
const FILES = {
  fp32: "model.onnx",
  fp16: "model_fp16.onnx",
  q8: "model_quantized.onnx",
  int8: "model_int8.onnx",
  uint8: "model_uint8.onnx",
  q4: "model_q4.onnx",
  q4f16: "model_q4f16.onnx",
  bnb4: "model_bnb4.onnx",
} as const;

/** How a model's weights are stored. */
export type OnnxPrecision = keyof typeof FILES;

export const ONNX_PRECISIONS = Object.keys(FILES) as readonly OnnxPrecision[];

/** Tokens that a model wants around a text, at most. */
const MOST_MARKS = 8;

const HUB_ID = /^([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@([\w./-]+))?$/;

export interface OnnxEncoderOptions {
  /** Folder of a model as transformers.js has it, or `owner/name` or `owner/name@revision` of the Hugging Face Hub. */
  readonly model: string;
  /** Default `fp32`. Of a quantised model the cosines differ by some hundredths. */
  readonly precision?: OnnxPrecision | undefined;
  /** Put before every text, as `query: ` or another instruction that the model was trained with. */
  readonly prefix?: string | undefined;
  /** Where models of the Hub are kept: in the folder `onnx` below it. Default `modelHome()`. */
  readonly home?: string | undefined;
  /** Use only what is on this machine; default is what `TILLER_OFFLINE` or `HF_HUB_OFFLINE` say. */
  readonly offline?: boolean | undefined;
  /** For tests: what gives the package. */
  readonly load?: (() => Promise<unknown>) | undefined;
}

/** What is used of the package. */
interface Transformers {
  readonly env: { cacheDir: string | null; allowRemoteModels: boolean };
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
  #truncated = 0;

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
    const { precision = "fp32", prefix = "" } = options;
    if (!Object.hasOwn(FILES, precision)) {
      throw new RecipeError(
        `The precision of an ONNX encoder is one of ${ONNX_PRECISIONS.join(", ")}, not ${precision}.`,
      );
    }
    const place = await findPlace(options);
    const transformers = await loadTransformers(options.load);
    const { extractor, width } = await openModel(transformers, place, precision);
    // Without a limit of the tokenizer's, a long text would reach past the last position embedding.
    const context = Math.min(
      extractor.tokenizer.model_max_length,
      extractor.model.config.max_position_embeddings ?? Number.POSITIVE_INFINITY,
    );
    Object.defineProperty(extractor.tokenizer, "model_max_length", { value: context });
    const sha256 = await fileSha256(join(place.folder, "onnx", FILES[precision]), {
      ...(options.home === undefined ? {} : { home: options.home }),
    }).catch(() => undefined);
    const name = [
      `${place.shown} (ONNX, ${precision}${sha256 === undefined ? "" : `, sha256 ${sha256}`})`,
      ...(prefix === "" ? [] : [`prefix ${JSON.stringify(prefix)}`]),
    ].join(", ");
    return new OnnxEncoder(extractor, name, width, context, prefix);
  }

  /** How many texts were longer than the model reads, so far: only their beginning counts. */
  get truncated(): number {
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
      vectors.push(
        text.trim() === "" ? new Float32Array(this.width) : await this.#vector(this.#prefix + text, index),
      );
    }
    return vectors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#extractor.dispose();
  }

  async #vector(text: string, index: number): Promise<Float32Array> {
    // No token is shorter than a byte, but for the few that the model wants around a text.
    if (Buffer.byteLength(text) + MOST_MARKS > this.context) {
      const { input_ids } = this.#extractor.tokenizer(text, { truncation: false });
      if (input_ids.dims.at(-1)! > this.context) this.#truncated += 1;
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

interface Place {
  /** For the package: a folder's path, or an id. */
  readonly id: string;
  readonly revision: string;
  /** Where models of the Hub are kept. */
  readonly cache: string;
  /** False if the network is not to be used. */
  readonly remote: boolean;
  /** Where the model's files are, or will be. */
  readonly folder: string;
  readonly shown: string;
}

async function findPlace({ model, offline, home = modelHome() }: OnnxEncoderOptions): Promise<Place> {
  const folder = resolve(model);
  const cache = join(home, "onnx");
  if ((await stat(folder).catch(() => undefined))?.isDirectory()) {
    return { id: folder, revision: "main", cache, remote: false, folder, shown: basename(folder) };
  }
  const [, id, revision = "main"] = HUB_ID.exec(model) ?? [];
  if (id === undefined) {
    throw new RecipeError(
      `There is no folder ${folder}, and ${JSON.stringify(model)} is no model id of the Hugging Face Hub (OWNER/NAME). Correct the encoder.`,
    );
  }
  return {
    id,
    revision,
    cache,
    remote: !(offline ?? offlineVariable() !== undefined),
    folder: join(cache, id, ...(revision === "main" ? [] : [revision])),
    shown: model,
  };
}

async function loadTransformers(load = () => import(PACKAGE) as Promise<unknown>): Promise<Transformers> {
  try {
    return (await load()) as Transformers;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${PACKAGE}'`);
    throw new EngineError(
      missing
        ? `ONNX encoders need the package ${PACKAGE}, which is not installed. Run: ${INSTALL}`
        : `The package ${PACKAGE} cannot be loaded: ${message}. Install it anew: ${INSTALL}`,
      { cause: error },
    );
  }
}

let lastOpening: Promise<unknown> = Promise.resolve();

/** One model at a time: where the package keeps models, and whether it may fetch them, are settings of all its users. */
function openModel(
  transformers: Transformers,
  place: Place,
  precision: OnnxPrecision,
): Promise<{ extractor: Extractor; width: number }> {
  const opening = lastOpening.then(() => openAlone(transformers, place, precision));
  lastOpening = opening.catch(() => undefined);
  return opening;
}

async function openAlone(
  { env, pipeline }: Transformers,
  place: Place,
  precision: OnnxPrecision,
): Promise<{ extractor: Extractor; width: number }> {
  const { cacheDir, allowRemoteModels } = env;
  try {
    // The options of `pipeline` do not reach its first look for the files.
    Object.assign(env, { cacheDir: place.cache, allowRemoteModels: place.remote });
    const extractor = await pipeline("feature-extraction", place.id, {
      dtype: precision,
      device: "cpu",
      revision: place.revision,
      local_files_only: !place.remote,
    });
    const { dims } = await extractor("a", { pooling: "mean", normalize: true });
    return { extractor, width: dims.at(-1)! };
  } catch (error) {
    const reason = (error as Error).message.replace(/\.?$/, ".");
    throw new ModelError(
      `The ONNX encoder ${place.shown} cannot be opened with precision ${precision}: ${reason} ` +
        `Needed are config.json, tokenizer.json, tokenizer_config.json and onnx/${FILES[precision]}` +
        `${place.remote ? "" : ` in ${place.folder}`}. Correct the model or the precision.`,
      { cause: error },
    );
  } finally {
    Object.assign(env, { cacheDir, allowRemoteModels });
  }
}
