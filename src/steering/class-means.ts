import type { Capture } from "../engine/engine.js";
import { EngineError, RecipeError } from "../errors.js";

/** The model that residuals were captured from. */
export interface CapturedModel {
  readonly sha256: string;
  readonly architecture: string;
  readonly name: string;
  readonly width: number;
}

/** Which texts a mean is over. */
export interface ClassGroup {
  /** ISO 639 code, or `ANY_LANGUAGE`. */
  readonly language: string;
  /** A label of the task, or `human`, `back-translated`, `corrupted`. */
  readonly class: string;
}

/** Language of contrast sets that serve every language. */
export const ANY_LANGUAGE = "any";

/**
 * `token`: every token of every text weighs the same (paper A). `text`: every text weighs the same, however
 * long it is, so that one text with a loop cannot move the mean.
 */
export type Weighting = "token" | "text";

/** Sums over the texts of one group at one layer, in 64 bits. */
export interface LayerSums {
  /** Σ over tokens of the residual. `[width]` */
  readonly tokenSum: Float64Array;
  /** Σ over texts of the text's mean residual. `[width]` */
  readonly textSum: Float64Array;
  tokens: number;
  texts: number;
  /** Σ over tokens of the residual's Euclidean norm. */
  normSum: number;
}

export interface GroupSums {
  readonly group: ClassGroup;
  readonly layers: ReadonlyMap<number, LayerSums>;
}

/** Residual means per language, class and layer, as sums that texts are added to one by one. A text's first row, BOS or the first token, is never in it. */
export interface ClassMeans {
  readonly model: CapturedModel;
  /** 0-based blocks, ascending. */
  readonly layers: readonly number[];
  /** SHA-256 of the texts, so that means of other texts are not taken for these. */
  readonly dataSha256: string;
  /** In the order in which the groups appeared. */
  readonly groups: GroupSums[];
}

/** Means over no texts yet. */
export function emptyClassMeans(
  model: CapturedModel,
  layers: readonly number[],
  dataSha256: string,
): ClassMeans {
  return { model, layers: [...new Set(layers)].sort((a, b) => a - b), dataSha256, groups: [] };
}

function findGroup(means: ClassMeans, group: ClassGroup): GroupSums | undefined {
  return means.groups.find(
    (sums) => sums.group.language === group.language && sums.group.class === group.class,
  );
}

function addedGroup(means: ClassMeans, group: ClassGroup): GroupSums {
  const { width } = means.model;
  const layers = means.layers.map((layer): [number, LayerSums] => [
    layer,
    {
      tokenSum: new Float64Array(width),
      textSum: new Float64Array(width),
      tokens: 0,
      texts: 0,
      normSum: 0,
    },
  ]);
  const sums = {
    group: { language: group.language, class: group.class },
    layers: new Map(layers),
  };
  means.groups.push(sums);
  return sums;
}

/**
 * Refuses a capture that is not one text's mean residual.
 * @throws EngineError if it is of another width, of no tokens, or not of numbers.
 */
export function checkCapture(capture: Capture, group: ClassGroup, width: number): void {
  const where = `Text ${capture.text} of class ${group.class} (${group.language}), layer ${capture.layer}`;
  if (capture.values.length !== width) {
    throw new EngineError(
      `${where}: captured ${capture.values.length} values instead of one mean of ${width}.`,
    );
  }
  if (capture.count < 1)
    throw new EngineError(
      `${where}: the text has no token behind the first, which is never read. Remove it.`,
    );
  if (!Number.isFinite(capture.meanNorm) || capture.values.some((value) => !Number.isFinite(value))) {
    throw new EngineError(`${where}: the residual stream is not finite (NaN or infinity).`);
  }
}

/**
 * Adds one text's mean residual at one layer, captured with pooling `mean`.
 * @throws EngineError if the capture is of another width, of a layer that was not asked for, of no tokens, or
 * not of numbers.
 */
export function addCapture(means: ClassMeans, group: ClassGroup, capture: Capture): void {
  checkCapture(capture, group, means.model.width);
  const sums = (findGroup(means, group) ?? addedGroup(means, group)).layers.get(capture.layer);
  if (sums === undefined) {
    throw new EngineError(
      `Text ${capture.text} of class ${group.class} (${group.language}), layer ${capture.layer}: this layer was not asked for.`,
    );
  }
  for (let dimension = 0; dimension < means.model.width; dimension += 1) {
    const value = capture.values[dimension]!;
    sums.textSum[dimension]! += value;
    sums.tokenSum[dimension]! += value * capture.count;
  }
  sums.tokens += capture.count;
  sums.texts += 1;
  sums.normSum += capture.meanNorm * capture.count;
}

/**
 * The sums of one group at one layer.
 * @throws RecipeError if there are none, naming what there is.
 */
export function sumsOf(means: ClassMeans, group: ClassGroup, layer: number): LayerSums {
  const sums = findGroup(means, group)?.layers.get(layer);
  if (sums !== undefined && sums.texts > 0) return sums;
  const known = means.groups.map((other) => `${other.group.class} (${other.group.language})`).join(", ");
  throw new RecipeError(
    `There are no residuals of class ${group.class}, language ${group.language}, layer ${layer}. ` +
      `Captured: ${known || "nothing"}; layers ${means.layers.join(", ")}.`,
  );
}

/** Mean residual of one group at one layer. `[width]` */
export function meanOf(
  means: ClassMeans,
  group: ClassGroup,
  layer: number,
  weighting: Weighting,
): Float64Array {
  const sums = sumsOf(means, group, layer);
  return weighting === "token"
    ? sums.tokenSum.map((sum) => sum / sums.tokens)
    : sums.textSum.map((sum) => sum / sums.texts);
}

/** Mean over all tokens of the groups of the residual's Euclidean norm at a layer, over the rows that were pooled. */
export function meanResidualNorm(means: ClassMeans, groups: readonly ClassGroup[], layer: number): number {
  let normSum = 0;
  let tokens = 0;
  for (const group of groups) {
    const sums = sumsOf(means, group, layer);
    normSum += sums.normSum;
    tokens += sums.tokens;
  }
  return normSum / tokens;
}

/**
 * The groups of one language that have a class to be set against others, the wanted class first; those of
 * `ANY_LANGUAGE` if the language has no contrast of its own.
 * @param captured class means or text vectors.
 * @throws RecipeError if neither has the class and another one.
 */
export function contrastGroups(
  captured: { readonly groups: readonly { readonly group: ClassGroup }[] },
  language: string,
  wanted: string,
): ClassGroup[] {
  for (const candidate of [language, ANY_LANGUAGE]) {
    const groups = captured.groups.map(({ group }) => group).filter((group) => group.language === candidate);
    const found = groups.find((group) => group.class === wanted);
    if (found !== undefined && groups.length > 1)
      return [found, ...groups.filter((group) => group !== found)];
  }
  throw new RecipeError(
    `contrast: for ${language} there are no texts of class ${wanted} together with texts of another class, ` +
      `nor for every language. Add them.`,
  );
}
