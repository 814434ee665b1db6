import { EngineError } from "../errors.js";
import type { DenseMatrix } from "../steering/dense-matrix.js";
import type { EncodeOptions, Encoder } from "./encoder.js";

/**
 * The vectors of texts as a matrix, in their order; zeros for a text of nothing but white space. `[texts][width]`
 *
 * @throws EngineError if the encoder gives another number of vectors, or others than it said; what `encode` throws.
 */
export async function encodeTexts(
  encoder: Encoder,
  texts: readonly string[],
  options: EncodeOptions = {},
): Promise<DenseMatrix> {
  const [matrix] = await encodeSets(encoder, [texts], options);
  return matrix!;
}

/**
 * `encodeTexts` of several sets that are to be compared. Every different text is encoded once, in an order that depends
 * on the texts alone: with encoders whose last bits depend on what is batched together, copies still have the same vector
 * in every set, and the sets' order does not matter.
 */
export async function encodeSets(
  encoder: Encoder,
  sets: readonly (readonly string[])[],
  options: EncodeOptions = {},
): Promise<DenseMatrix[]> {
  const { width } = encoder;
  const different = [...new Set(sets.flat())].filter((text) => text.trim() !== "").sort();
  const vectors = different.length === 0 ? [] : await encoder.encode(different, options);
  if (vectors.length !== different.length || vectors.some((vector) => vector.length !== width)) {
    throw new EngineError(
      `The encoder ${encoder.name} did not give ${different.length} vectors of ${width} dimensions for as many texts.`,
    );
  }
  const vectorOf = new Map(different.map((text, i) => [text, vectors[i]!]));
  return sets.map((texts) => {
    const values = new Float32Array(texts.length * width);
    texts.forEach((text, row) => {
      const vector = vectorOf.get(text);
      if (vector) values.set(vector, row * width);
    });
    return { rows: texts.length, columns: width, values };
  });
}
