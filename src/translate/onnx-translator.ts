import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { OnnxPrecision } from "../encode/onnx-files.js";
import { loadTransformers, openWith, type TransformersPackage } from "../encode/transformers-package.js";
import { EngineError, InterruptedError, ModelError } from "../errors.js";
import { modelHome, offlineVariable } from "../models/home.js";
import { nllbCode, threeLetterCode } from "./language-codes.js";
import type { Translator } from "./translator.js";

export interface OnnxTranslatorOptions {
  /**
   * A translation model in ONNX form: a folder, or `owner/name` of the Hugging Face Hub. With `{from}` and `{to}` in it
   * there is a model for each pair, as OPUS-MT has (`Xenova/opus-mt-{from}-{to}`); without, one model knows them all
   * by their NLLB codes (`Xenova/nllb-200-distilled-600M`).
   */
  readonly model: string;
  /** Default `q8`. */
  readonly precision?: OnnxPrecision | undefined;
  /** Longest translation, in tokens; default 512, as in paper A. */
  readonly maxTokens?: number | undefined;
  /** Where models of the Hub are kept: in the folder `onnx` below it. Default `modelHome()`. */
  readonly home?: string | undefined;
  /** Use only what is on this machine; default is what `TILLER_OFFLINE` or `HF_HUB_OFFLINE` say. */
  readonly offline?: boolean | undefined;
  /** For tests: what gives the package. */
  readonly load?: (() => Promise<unknown>) | undefined;
}

/** What is used of the package. */
interface Transformers extends TransformersPackage {
  pipeline(task: "translation", model: string, options: object): Promise<Pipeline>;
}

interface Pipeline {
  (text: string, options: object): Promise<readonly { readonly translation_text: string }[]>;
  dispose(): Promise<void>;
}

/**
 * A translation model run by `@huggingface/transformers` in this process. Texts are translated one at a time, since
 * quantised models scale their activations by what is in the batch. Models are loaded when a pair is first asked for.
 *
 * @throws EngineError if the package is missing or cannot be loaded
 */
export async function openOnnxTranslator(
  options: OnnxTranslatorOptions,
): Promise<Translator & AsyncDisposable> {
  const { model, precision = "q8", maxTokens = 512 } = options;
  const transformers = await loadTransformers<Transformers>("ONNX translators", options.load);
  const pipelines = new Map<string, Pipeline>();
  const ofPairs = model.includes("{from}") || model.includes("{to}");
  const pipelineOf = async (from: string, to: string): Promise<Pipeline> => {
    const [first, second] = [from, to].map((code) => new Intl.Locale(code).language) as [string, string];
    const name = model.replaceAll("{from}", first).replaceAll("{to}", second);
    const known = pipelines.get(name);
    if (known) return known;
    const opened = await openPipeline(transformers, name, precision, options);
    pipelines.set(name, opened);
    return opened;
  };
  return {
    name: `${(await isFolder(model)) ? basename(resolve(model)) : model} (ONNX, ${precision}), at most ${maxTokens} tokens`,
    requirePair: async (from, to) => {
      if (!ofPairs) for (const code of [from, to]) nllbCode(code);
      await pipelineOf(from, to);
    },
    async translate(texts, from, to, signal) {
      const pipeline = await pipelineOf(from, to);
      const languages = ofPairs ? {} : { src_lang: nllbCode(from), tgt_lang: nllbCode(to) };
      const translations: string[] = [];
      for (const text of texts) {
        if (signal?.aborted) throw new InterruptedError("Translating was interrupted.");
        try {
          const [answer] = await pipeline(text, { ...languages, max_length: maxTokens });
          translations.push(answer?.translation_text ?? "");
        } catch (error) {
          throw new EngineError(
            `The model ${model} failed to translate from ${threeLetterCode(from)} to ${threeLetterCode(to)}: ${(error as Error).message}`,
            { cause: error },
          );
        }
      }
      return translations;
    },
    async [Symbol.asyncDispose]() {
      for (const pipeline of pipelines.values()) await pipeline.dispose();
    },
  };
}

async function openPipeline(
  transformers: Transformers,
  name: string,
  precision: OnnxPrecision,
  { offline, home = modelHome() }: OnnxTranslatorOptions,
): Promise<Pipeline> {
  const local = await isFolder(name);
  const remote = !local && !(offline ?? offlineVariable() !== undefined);
  const settings = { cacheDir: join(home, "onnx"), allowRemoteModels: remote };
  try {
    return await openWith(transformers, settings, () =>
      transformers.pipeline("translation", local ? resolve(name) : name, {
        dtype: precision,
        device: "cpu",
        local_files_only: !remote,
      }),
    );
  } catch (error) {
    throw new ModelError(
      `The translation model ${name} cannot be opened with precision ${precision}: ${(error as Error).message} ` +
        "Correct the model or the precision; OPUS-MT has no model for some pairs.",
      { cause: error },
    );
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
