import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { RecipeError } from "../errors.js";
import { modelHome, offlineVariable } from "../models/home.js";
import { fileSha256 } from "../models/sha256.js";

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

const HUB_ID = /^([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@([\w./-]+))?$/;

/** Which model, and where it is looked for. */
export interface OnnxModelOptions {
  /** Folder of a model as transformers.js has it, or `owner/name` or `owner/name@revision` of the Hugging Face Hub. */
  readonly model: string;
  /**
   * Default `fp32`, or the most exact that a folder has. Of a quantised model the cosines differ by some hundredths.
   */
  readonly precision?: OnnxPrecision | undefined;
  /** Where models of the Hub are kept: in the folder `onnx` below it. Default `modelHome()`. */
  readonly home?: string | undefined;
  /** Use only what is on this machine; default is what `TILLER_OFFLINE` or `HF_HUB_OFFLINE` say. */
  readonly offline?: boolean | undefined;
}

/** Where a model's files are. */
export interface OnnxPlace {
  /** For the package: a folder's path, or an id. */
  readonly id: string;
  readonly revision: string;
  /** Where models of the Hub are kept. */
  readonly cache: string;
  /** False if the network is not to be used. */
  readonly remote: boolean;
  /** Where the model's files are, or will be. */
  readonly folder: string;
  /** True for a folder that the user named. */
  readonly given: boolean;
  readonly shown: string;
}

/** @throws RecipeError for what is neither a folder nor a model of the Hub */
export async function findPlace({
  model,
  offline,
  home = modelHome(),
}: OnnxModelOptions): Promise<OnnxPlace> {
  const folder = resolve(model);
  const cache = join(home, "onnx");
  if ((await stat(folder).catch(() => undefined))?.isDirectory()) {
    return {
      id: folder,
      revision: "main",
      cache,
      remote: false,
      folder,
      given: true,
      shown: basename(folder),
    };
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
    given: false,
    shown: model,
  };
}

/** What a model is made of, besides its weights. */
const OTHER_FILES = ["config.json", "tokenizer.json", "tokenizer_config.json"] as const;

/**
 * Hex sha256 over the files that an encoder's vectors depend on, wherever they lie; undefined where they are not all
 * on this machine yet.
 *
 * @throws RecipeError as `findPlace` and `choosePrecision` do
 */
export async function onnxFingerprint(
  options: Pick<OnnxModelOptions, "model" | "precision" | "home">,
): Promise<string | undefined> {
  const place = await findPlace(options);
  const weights = weightsOf(place, await choosePrecision(place, options.precision));
  const files = [weights, ...OTHER_FILES.map((file) => join(place.folder, file))];
  if (!(await Promise.all(files.map(isThere))).every(Boolean)) return undefined;
  // Weights above 2 GB lie in a file of their own.
  const data = `${weights}_data`;
  if (await isThere(data)) files.push(data);
  const hash = createHash("sha256");
  for (const file of files) hash.update(await fileSha256(file, homeOf(options)));
  return hash.digest("hex");
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The option of `fileSha256`. */
export const homeOf = ({ home }: Pick<OnnxModelOptions, "home">) => (home === undefined ? {} : { home });

export function weightsOf({ folder }: OnnxPlace, precision: OnnxPrecision): string {
  return join(folder, "onnx", FILES[precision]);
}

/** The precision asked for; else `fp32`, or the most exact that is in a folder without it. Throws RecipeError for one that is none. */
export async function choosePrecision(
  place: OnnxPlace,
  asked: OnnxPrecision | undefined,
): Promise<OnnxPrecision> {
  if (asked !== undefined) {
    if (Object.hasOwn(FILES, asked)) return asked;
    throw new RecipeError(
      `The precision of an ONNX encoder is one of ${ONNX_PRECISIONS.join(", ")}, not ${asked}.`,
    );
  }
  if (!place.given) return "fp32";
  for (const precision of ONNX_PRECISIONS) if (await isThere(weightsOf(place, precision))) return precision;
  return "fp32";
}
