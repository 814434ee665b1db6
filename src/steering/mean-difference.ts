import { type ClassGroup, type ClassMeans, contrastGroups, meanOf, type Weighting } from "./class-means.js";
import { type Direction, differenceFromOthers, directionOf } from "./direction.js";

/** What a direction was made from, besides the direction itself. */
export interface MadeDirection extends Direction {
  /** The groups whose means entered it, the wanted one first. */
  readonly groups: readonly ClassGroup[];
}

export interface MeanDifferenceOptions {
  readonly language: string;
  readonly class: string;
  readonly layer: number;
  /** Default `text`. */
  readonly weighting?: Weighting;
}

/**
 * Mean difference (DiffMean, AxBench; mean-centred for more than two classes as in paper A's quality vector):
 * v = μ_c − mean of μ_c' over the other classes c' of the same language, each class weighing the same.
 * @throws RecipeError if the language has no texts of the class, or none of another class.
 */
export function meanDifference(means: ClassMeans, options: MeanDifferenceOptions): MadeDirection {
  const { layer, weighting = "text" } = options;
  const groups = contrastGroups(means, options.language, options.class);
  const [wanted, ...others] = groups.map((group) => meanOf(means, group, layer, weighting));
  return { ...directionOf(differenceFromOthers(wanted!, others)), groups };
}
