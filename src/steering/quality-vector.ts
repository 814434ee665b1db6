import type { ClassMeans, Weighting } from "./class-means.js";
import { type MadeDirection, meanDifference } from "./mean-difference.js";

/** Class of texts written by people, from which Language and Quality Steering take their means. */
export const HUMAN_CLASS = "human";

/** Class of the same texts after translation to other languages and back. */
export const BACK_TRANSLATED_CLASS = "back-translated";

/** Class of the same texts with words dropped, swapped and repeated, for languages that no translator knows. */
export const CORRUPTED_CLASS = "corrupted";

/** Classes that Quality Steering sets human texts against. */
export const SPOILT_CLASSES: readonly string[] = [BACK_TRANSLATED_CLASS, CORRUPTED_CLASS];

export interface QualityVectorOptions {
  readonly language: string;
  readonly layer: number;
  /** Default `token`, as in paper A. */
  readonly weighting?: Weighting;
}

/**
 * Quality vector of paper A, per language and layer: v = S_good / N_good − S_bad / N_bad, with S the sum over
 * tokens of the residual and N their number; good is human text, bad is back-translated or corrupted text. With more than
 * one class besides `human`, the mean of their means is subtracted, as the authors' code does.
 * @throws RecipeError if the language lacks one of the two classes.
 */
export function qualityVector(means: ClassMeans, options: QualityVectorOptions): MadeDirection {
  return meanDifference(means, { weighting: "token", ...options, class: HUMAN_CLASS });
}
