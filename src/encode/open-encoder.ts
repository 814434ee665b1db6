import type { Engine } from "../engine/engine.js";
import { RecipeError } from "../errors.js";
import { type ResolveOptions, resolveModel } from "../models/resolve.js";
import type { Encoder } from "./encoder.js";
import { parseEncoderSource } from "./encoder-source.js";
import { LlamaEncoder, type LlamaEncoderOptions } from "./llama-encoder.js";
import { type NgramEncoderOptions, ngramEncoder } from "./ngram-encoder.js";
import { OnnxEncoder, type OnnxEncoderOptions } from "./onnx-encoder.js";
import { type ResidualEncoderOptions, residualEncoder } from "./residual-encoder.js";

/** What each kind of encoder can be told. Only what belongs to the kind of the source is used. */
export interface OpenEncoderOptions {
  readonly ngrams?: NgramEncoderOptions;
  /** The generating model, which the caller opened and closes, and where to read it. */
  readonly residuals?: ResidualEncoderOptions & {
    readonly engine: Pick<Engine, "model" | "capabilities" | "capture">;
  };
  readonly gguf?: Omit<LlamaEncoderOptions, "path" | "sha256">;
  readonly onnx?: Omit<OnnxEncoderOptions, "model" | "home" | "offline">;
  /** How a model file is found and fetched. */
  readonly models?: ResolveOptions;
}

/** An encoder that whoever opened it disposes of. */
export type OpenedEncoder = Encoder & AsyncDisposable;

/**
 * Opens the encoder that a source names; see `parseEncoderSource`.
 *
 * @throws RecipeError for a source that names none, or `residuals` without the generating model; ModelError if a model
 *   is missing or no sentence encoder; EngineError if what runs it is not usable; InterruptedError
 */
export async function openEncoder(source: string, options: OpenEncoderOptions = {}): Promise<OpenedEncoder> {
  const parsed = parseEncoderSource(source);
  const { models = {} } = options;
  switch (parsed.kind) {
    case "ngrams":
      return withoutResources(ngramEncoder(options.ngrams));
    case "residuals": {
      if (options.residuals === undefined) {
        throw new RecipeError(
          "The encoder residuals reads the generating model, and there is none here. Give its model, or choose ngrams, gguf: or onnx:.",
        );
      }
      const { engine, ...where } = options.residuals;
      return withoutResources(residualEncoder(engine, where));
    }
    case "gguf": {
      const { path, sha256 } = await resolveModel(parsed.model, models);
      return LlamaEncoder.open({ ...options.gguf, path, sha256 });
    }
    case "onnx":
      return OnnxEncoder.open({
        ...options.onnx,
        model: parsed.model,
        home: models.home,
        offline: models.offline,
      });
  }
}

function withoutResources(encoder: Encoder): OpenedEncoder {
  return { ...encoder, [Symbol.asyncDispose]: async () => {} };
}
