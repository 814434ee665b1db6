import { RecipeError } from "../errors.js";
import { euclideanNorm } from "../steering/direction.js";
import { encodeTexts } from "./encode-texts.js";
import type { EncodeOptions, Encoder } from "./encoder.js";

/** Less than this of a vector's length is rounding: 32-bit numbers, and texts that are batched otherwise. */
const LEAST_LENGTH = 1e-5;

/**
 * An encoder with what all texts have in common taken away: each vector minus the mean vector of reference texts,
 * scaled to length 1 again (the first step of Mu and Viswanath 2018, "All-but-the-Top"). Human and written texts must
 * be set against the same reference, or their difference is taken away too.
 *
 * @param reference such as the human texts. Those without anything to encode do not count.
 * @throws RecipeError if there is nothing to take a mean of; what `encoder.encode` throws.
 */
export async function centredEncoder(
  encoder: Encoder,
  reference: readonly string[],
  options: EncodeOptions = {},
): Promise<Encoder> {
  const { width } = encoder;
  // In one order, so that the sum has the same bits whatever order they came in; a text counts as often as it is there.
  const { rows, values } = await encodeTexts(encoder, [...reference].sort(), options);
  const sum = new Float64Array(width);
  let counted = 0;
  for (let row = 0; row < rows; row++) {
    const vector = values.subarray(row * width, (row + 1) * width);
    if (euclideanNorm(vector) === 0) continue;
    counted++;
    for (let i = 0; i < width; i++) sum[i]! += vector[i]!;
  }
  if (counted === 0) throw new RecipeError("There are no reference texts to centre an encoder on.");
  const centre = sum.map((value) => value / counted);
  return {
    name: `${encoder.name}, less the mean of ${counted} reference texts`,
    width,
    async encode(texts, encodeOptions) {
      const vectors = await encoder.encode(texts, encodeOptions);
      return vectors.map((vector) => {
        const moved = centre.map((value, i) => vector[i]! - value);
        const norm = euclideanNorm(vector) === 0 ? 0 : euclideanNorm(moved);
        return Float32Array.from(moved, (value) => (norm > LEAST_LENGTH ? value / norm : 0));
      });
    },
  };
}
