import { basename } from "node:path";
import { ModelError } from "../errors.js";
import { type GgufFile, metadataString } from "../gguf/read.js";
import { VERSION } from "../version.js";
import { ANY_LANGUAGE } from "./class-means.js";
import { directionOf } from "./direction.js";
import { openControlVector, quoted, readDirections } from "./direction-tensors.js";
import type { SteeringVector } from "./steering-vector.js";
import { FORMAT_KEY, readVectorFile } from "./vector-file.js";
import { type ExpectedModel, otherModelProblem } from "./vector-model.js";

export interface ImportOptions {
  /** Refuses a vector of another width or architecture. */
  readonly model?: ExpectedModel;
  /** What the vector steers towards. Default: the file's name without its ending. */
  readonly class?: string;
  /** Default: any language. */
  readonly language?: string;
  /** The model's architecture, where the file names it wrongly or not at all. */
  readonly architecture?: string;
}

/** Below this a direction is nothing but rounding (paper A's guard). */
const LEAST_LENGTH = 1e-12;

/** A foreign control vector as a SteeringVector, once its file is open. */
function imported(file: GgufFile, options: ImportOptions): SteeringVector {
  const { path } = file;
  const name = quoted(basename(path));
  const architecture = options.architecture ?? quoted(metadataString(file, "controlvector.model_hint") ?? "");
  const directions = readDirections(file);
  const model = { sha256: "", architecture, name: architecture, width: [...directions.values()][0]!.length };
  const other = options.model && otherModelProblem(model, options.model);
  if (other !== undefined) throw new ModelError(`${path} ${other}`);
  return {
    method: "imported",
    origin: name,
    class: options.class ?? name.replace(/\.gguf$/i, ""),
    language: options.language ?? ANY_LANGUAGE,
    weighting: "text",
    positions: "unknown",
    model,
    dataSha256: "",
    texts: 0,
    tokens: 0,
    tillerVersion: VERSION,
    layers: [...directions].map(([layer, values]) => {
      const { unit, norm } = directionOf(Float64Array.from(values));
      if (!Number.isFinite(norm)) {
        throw new ModelError(
          `${path}: direction.${layer} is not finite (NaN or infinity). Make the vector again from other texts.`,
        );
      }
      if (norm < LEAST_LENGTH) {
        throw new ModelError(
          `${path}: direction.${layer} is zero and points nowhere. Leave that layer out and export the vector again.`,
        );
      }
      return { layer, unit, differenceNorm: norm, residualNorm: undefined };
    }),
  };
}

/**
 * Reads a control vector that repeng (`ControlVector.export_gguf`), llama.cpp (`llama-cvector-generator`) or another
 * program wrote. `differenceNorm` is the length that the direction has in the file, so that the absolute strength
 * s · differenceNorm adds what these programs add with the coefficient s. Such a file does not say how large the
 * residuals are, so a vector from it can be given absolute strengths only.
 *
 * `direction.<n>` is added after the 0-based block n, by repeng (`ControlModule` wraps layer n) and by llama.cpp
 * (`llama_adapter_cvec::apply_to`) as here. llama-cvector-generator measures its `direction.<n>` after block n − 1,
 * and llama.cpp adds it one block later all the same; the number is kept, so that it steers as it does there.
 * repeng may write `direction.0`, which llama.cpp refuses; it is read.
 *
 * @throws ModelError if the file is damaged, of another kind, Tiller's own, or of another model, or if a direction is
 *   zero or not finite.
 */
export function importVector(path: string, options: ImportOptions = {}): SteeringVector {
  const file = openControlVector(path);
  if (file.metadata.has(FORMAT_KEY)) {
    throw new ModelError(`${path} is a steering vector of Tiller already. Use it as it is.`);
  }
  return imported(file, options);
}

/**
 * Reads a steering vector of Tiller, or imports one of another program.
 * @param options.model refuses a vector of another model file; of another width or architecture where the vector does
 *   not say its model file.
 * @throws ModelError as `readVectorFile` and `importVector` do.
 */
export function readSteeringVector(
  path: string,
  options: { readonly model?: ExpectedModel } = {},
): SteeringVector {
  const file = openControlVector(path);
  return file.metadata.has(FORMAT_KEY) ? readVectorFile(path, options) : imported(file, options);
}
