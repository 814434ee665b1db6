import { RecipeError } from "../errors.js";
import { ANY_LANGUAGE, type ClassMeans, meanOf, type Weighting } from "./class-means.js";
import { differenceFromOthers, directionOf } from "./direction.js";
import type { MadeDirection } from "./mean-difference.js";
import { HUMAN_CLASS } from "./quality-vector.js";

export interface LanguageVectorOptions {
  readonly language: string;
  /** The one language to steer away from. Default: the mean of all others. */
  readonly from?: string;
  readonly layer: number;
  /** Default `token`, as in paper A. */
  readonly weighting?: Weighting;
}

/**
 * Language vector per language L and layer, from human texts only. Paper A: v = μ_L − 1/(K−1) Σ_{L'≠L} μ_{L'}, a mean
 * of language means, so that every language weighs the same. With `from`, that of CLaS-Bench (arXiv 2601.08331):
 * v = μ_target − μ_source.
 * @throws RecipeError if there are no human texts of the language, of the one it is to steer away from, or of no
 * other language.
 */
export function languageVector(means: ClassMeans, options: LanguageVectorOptions): MadeDirection {
  const { language, from, layer, weighting = "token" } = options;
  const human = means.groups
    .map(({ group }) => group)
    .filter((group) => group.class === HUMAN_CLASS && group.language !== ANY_LANGUAGE);
  const wanted = human.filter((group) => group.language === language);
  const others = human.filter(
    (group) => group.language !== language && group.language === (from ?? group.language),
  );
  if (wanted.length === 0 || others.length === 0) {
    throw new RecipeError(
      `contrast: a language vector for ${language} needs texts of class ${HUMAN_CLASS} in ${language} and in ` +
        `${from === undefined || from === language ? "at least one other language" : from}; ` +
        `there are some in: ${human.map((group) => group.language).join(", ") || "none"}.`,
    );
  }
  const vector = differenceFromOthers(
    meanOf(means, wanted[0]!, layer, weighting),
    others.map((group) => meanOf(means, group, layer, weighting)),
  );
  return { ...directionOf(vector), groups: [...wanted, ...others] };
}
