import { ModelError } from "../../errors.js";
import { type GgufFile, metadataNumber, metadataString } from "../../gguf/read.js";

/** How the vectors of a text's tokens become one: their mean, the first token's, or the last token's. */
export type Pooling = "mean" | "cls" | "last";

/** llama.cpp's codes. 0 stands for none, and so does a missing key. */
export const POOLING_CODES: Readonly<Record<Pooling, number>> = { mean: 1, cls: 2, last: 3 };
const RANK = 4;

/**
 * The pooling to be used with a model file: the one that is asked for, else the file's own
 * (`<architecture>.pooling_type`), else the mean for a model that reads a text in both directions.
 *
 * @throws ModelError for a reranker, which gives a score instead of a vector; and for a model that writes texts and
 *   names no pooling, whose vectors were never trained to be compared: a file given by mistake would pass unseen
 */
export function choosePooling(file: GgufFile, asked?: Pooling): Pooling {
  const architecture = metadataString(file, "general.architecture") ?? "unknown";
  const key = `${architecture}.pooling_type`;
  const code = metadataNumber(file, key);
  if (code === RANK) {
    throw new ModelError(
      `${file.path} is a reranker: it gives a score for two texts and no vector for one. Give a sentence encoder.`,
    );
  }
  const own = (Object.keys(POOLING_CODES) as Pooling[]).find((pooling) => POOLING_CODES[pooling] === code);
  const pooling = asked ?? own;
  if (pooling !== undefined) return pooling;
  const bothDirections = file.metadata.get(`${architecture}.attention.causal`)?.value === false;
  if (bothDirections || architecture === "t5encoder") return "mean";
  throw new ModelError(
    `${file.path} is a model that writes texts (${architecture}, without ${key}), not a sentence encoder. ` +
      "Give an encoder's file, use the encoder `residuals` for the generating model's own vectors, or name the pooling " +
      '("mean" or "last") if this file is an encoder all the same.',
  );
}
