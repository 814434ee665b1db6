import type { Engine, ReadText } from "../engine/engine.js";
import type { Selection } from "../engine/selection.js";
import { RecipeError } from "../errors.js";
import { areaUnderRoc } from "../score/area-under-roc.js";
import { mean } from "../score/statistics.js";
import { ANY_LANGUAGE, type ClassGroup, checkCapture, contrastGroups } from "./class-means.js";
import type { ContrastTexts } from "./contrast-split.js";
import { dotProduct } from "./direction.js";
import { HUMAN_CLASS } from "./quality-vector.js";
import type { SteeringVector } from "./steering-vector.js";
import { directionAt } from "./strength.js";
import { requireUsable } from "./strength-cells.js";

/** How well a direction tells the texts of its class from the others, at one layer. */
export interface LayerSeparation {
  /** 0-based block. */
  readonly layer: number;
  /** Probability that a text of the class lies further along the direction than another one; 0.5 is chance. */
  readonly auroc: number;
  /** Distance of the two mean projections in pooled standard deviations; undefined if they have none. */
  readonly cohensD: number | undefined;
  /** Mean projection of the class's texts, in the residual stream's own units. */
  readonly classMean: number;
  /** Mean projection of the other texts. */
  readonly othersMean: number;
}

/** How well a vector tells texts apart. */
export interface Separation {
  /** Texts of the vector's class. */
  readonly texts: number;
  /** Texts of the classes, or for a `language` vector of the languages, that it was set against. */
  readonly others: number;
  /** By ascending layer. */
  readonly layers: readonly LayerSeparation[];
}

/** (mean a − mean b) / pooled standard deviation (Cohen 1988); undefined if there is none to divide by. */
export function cohensD(a: readonly number[], b: readonly number[]): number | undefined {
  const freedom = a.length + b.length - 2;
  const [meanA, meanB] = [mean(a), mean(b)];
  if (meanA === undefined || meanB === undefined || freedom < 1) return undefined;
  const squares = (values: readonly number[], centre: number) =>
    values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const deviation = Math.sqrt((squares(a, meanA) + squares(b, meanB)) / freedom);
  return deviation > 0 ? (meanA - meanB) / deviation : undefined;
}

/**
 * Projects texts on the unit directions of vectors, and says for each vector and layer how well that tells the
 * vector's class from what it was set against: other classes of its language, or for a `language` vector the other
 * languages. Each text counts by its mean residual, once. All texts are read in one pass, and only projections kept.
 *
 * @param sets texts that no vector was made from: on its own texts every direction looks good.
 * @param options.where Rows that are pooled: those that the vectors were made from. Default: all.
 * @param options.read How a text is read: as those were. Default: as it stands.
 * @returns one for each vector, in their order.
 * @throws ModelError if a vector was made from another model; RecipeError if a vector lacks a layer, or the sets have
 * no texts of its class or none to set them against; EngineError if a residual is not finite
 */
export async function measureSeparation(
  engine: Pick<Engine, "model" | "capture">,
  vectors: readonly SteeringVector[],
  sets: readonly ContrastTexts[],
  options: {
    /** Default: all layers of all vectors; a vector is measured at those that it has. */
    readonly layers?: readonly number[] | undefined;
    readonly where?: Selection | undefined;
    readonly read?: ((text: string) => ReadText) | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onText?: ((done: number, total: number) => void) | undefined;
  } = {},
): Promise<Separation[]> {
  const { read = (text: string) => text } = options;
  const filled = sets.filter(({ texts }) => texts.length > 0);
  const asked = vectors.map((vector) => {
    requireUsable(vector, engine.model);
    const sides = sidesOf(vector, filled);
    const layers = options.layers ?? vector.layers.map(({ layer }) => layer);
    const units = layers.map((layer) => ({ layer, unit: directionAt(vector, layer).unit }));
    return { sides, layers: units.map((at) => ({ ...at, wanted: [] as number[], others: [] as number[] })) };
  });
  const used = filled.filter((set) =>
    asked.some(({ sides }) => sides.wanted === set || sides.others.includes(set)),
  );
  const rows = used.flatMap((set) => set.texts.map((text) => ({ set, text })));
  const layers = [...new Set(asked.flatMap((vector) => vector.layers.map(({ layer }) => layer)))].sort(
    (a, b) => a - b,
  );
  if (layers.length === 0) return asked.map(({ sides }) => ({ ...countsOf(sides), layers: [] }));
  const captures = engine.capture(
    rows.map(({ text }) => read(text)),
    {
      layers,
      pooling: "mean",
      ...(options.where ? { where: options.where } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    },
  );
  for await (const capture of captures) {
    const { set } = rows[capture.text]!;
    checkCapture(capture, set, engine.model.width);
    for (const { sides, layers: measured } of asked) {
      const at = measured.find(({ layer }) => layer === capture.layer);
      if (at === undefined) continue;
      const projection = dotProduct(capture.values, at.unit);
      if (set === sides.wanted) at.wanted.push(projection);
      else if (sides.others.includes(set)) at.others.push(projection);
    }
    if (capture.layer === layers.at(-1)) options.onText?.(capture.text + 1, rows.length);
  }
  return asked.map(({ sides, layers: measured }) => ({
    ...countsOf(sides),
    layers: measured.map(({ layer, wanted, others }) => ({
      layer,
      auroc: areaUnderRoc(wanted, others)!,
      cohensD: cohensD(wanted, others),
      classMean: mean(wanted)!,
      othersMean: mean(others)!,
    })),
  }));
}

/** The texts of a vector's class, and those that it was set against. */
export interface ContrastSides {
  readonly wanted: ContrastTexts;
  readonly others: readonly ContrastTexts[];
}

function countsOf({ wanted, others }: ContrastSides): { texts: number; others: number } {
  return { texts: wanted.texts.length, others: others.reduce((sum, { texts }) => sum + texts.length, 0) };
}

/**
 * Which of the sets have the texts of a vector's class, and which those that it was set against.
 * @throws RecipeError if there are none of either.
 */
export function sidesOf(vector: SteeringVector, sets: readonly ContrastTexts[]): ContrastSides {
  const setOf = (group: ClassGroup) =>
    sets.find((set) => set.language === group.language && set.class === group.class)!;
  if (vector.method !== "language") {
    const [wanted, ...others] = contrastGroups(
      { groups: sets.map((group) => ({ group })) },
      vector.language,
      vector.class,
    ).map(setOf);
    return { wanted: wanted!, others };
  }
  const human = sets.filter((set) => set.class === HUMAN_CLASS && set.language !== ANY_LANGUAGE);
  const wanted = human.find((set) => set.language === vector.language);
  const others = human.filter((set) => set.language !== vector.language);
  if (wanted === undefined || others.length === 0) {
    throw new RecipeError(
      `contrast: the separation of ${vector.language} needs held-out texts of class ${HUMAN_CLASS} in it and in another language.`,
    );
  }
  return { wanted, others };
}
