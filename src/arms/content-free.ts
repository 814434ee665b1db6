/**
 * `content-free`: what the prompt makes the model say of texts without content is taken out, see {@link calibrated}. It
 * takes three more readings for each set of examples.
 */
export const CALIBRATIONS = ["none", "content-free"] as const;
export type Calibration = (typeof CALIBRATIONS)[number];

/** Texts that say nothing of any label (Zhao et al. 2021 take the mean over these three). */
export const CONTENT_FREE_TEXTS = ["N/A", "[MASK]", ""] as const;

/**
 * Contextual calibration (Zhao et al., "Calibrate before use", 2021, section 5): what a prompt makes a model say of
 * texts without content is its bias towards labels, by which probabilities are divided: p̂ₖ ∝ pₖ / p̄ₖ.
 *
 * @param probabilities `[texts][labels]`
 * @param contentFree `[content-free texts][labels]`, of the same prompt.
 * @returns `[texts][labels]`, each row adding up to 1.
 * @throws RangeError if there is no content-free text
 */
export function calibrated(
  probabilities: readonly ArrayLike<number>[],
  contentFree: readonly ArrayLike<number>[],
): Float64Array[] {
  if (contentFree.length === 0) throw new RangeError("There is no content-free text to calibrate by.");
  return probabilities.map((row) => {
    const weights = Float64Array.from(row, (probability, k) => {
      const bias = contentFree.reduce((sum, other) => sum + other[k]!, 0) / contentFree.length;
      return probability / Math.max(bias, Number.MIN_VALUE);
    });
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return Number.isFinite(sum) && sum > 0 ? weights.map((weight) => weight / sum) : Float64Array.from(row);
  });
}
