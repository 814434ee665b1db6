import { seedFrom } from "../random/seeded-random.js";
import type { DenseMatrix } from "../steering/dense-matrix.js";
import { adversarialAuroc } from "./adversarial-auroc.js";
import { type BesideHuman, besideHuman, overDraws } from "./beside-human.js";
import { centroidCosine, meanCosine } from "./centroid-similarity.js";
import { meanPairwiseDistance, nearestNeighbourDistance, vendiScore } from "./embedding-diversity.js";
import { mauve } from "./mauve.js";
import { absent, type Measured } from "./measured.js";
import { neighbourhoodCoverage } from "./neighbourhood-coverage.js";
import { drawRows, selectRows, type UnitRows, unitRows } from "./unit-rows.js";

/**
 * Embeddings of a set and of human texts of the same language, by one encoder, as `encodeSets` gives them: copies must
 * have the same vector. `[texts][width]` each
 */
export interface Encodings {
  /** The encoder's name, which goes into the result: values of different encoders do not compare. */
  readonly encoder: string;
  readonly set: DenseMatrix;
  readonly human: DenseMatrix;
}

export interface EmbeddingScoreOptions {
  /** From 0 to 2³² − 1. */
  readonly seed: number;
  /** Most texts of a side that are compared at a time; the time grows with their square. Default 500. */
  readonly texts?: number | undefined;
  /** How often texts are drawn where there are more than are compared. Default 3. */
  readonly draws?: number | undefined;
}

/** What was compared. */
export interface Compared {
  readonly encoder: string;
  /** Texts of each side that were compared at a time. */
  readonly texts: number;
  /** Texts without an embedding, which count in no measure. */
  readonly leftOut: { readonly set: number; readonly human: number };
}

/** Diversity of a set by its embeddings. */
export interface EmbeddingDiversity extends Compared {
  /** `meanPairwiseDistance`, of all texts: it does not depend on their number. */
  readonly pairwiseDistance: BesideHuman;
  /** `vendiScore` at `texts` texts. */
  readonly vendiScore: BesideHuman;
  /** `nearestNeighbourDistance` at `texts` texts. */
  readonly nearestNeighbourDistance: BesideHuman;
}

/** Below so many human texts there is nothing to be relative to. */
const FEWEST_HUMAN = 10;

/**
 * Diversity of a set by its embeddings, beside human texts: each measure at the same number of texts of both, the
 * largest that both have, up to `options.texts`. The side with more is drawn from `draws` times without replacement.
 */
export function embeddingDiversity(
  encodings: Encodings,
  { seed, texts: most = 500, draws = 3 }: EmbeddingScoreOptions,
): EmbeddingDiversity {
  const set = unitRows(encodings.set);
  const human = unitRows(encodings.human);
  const hasHuman = human.rows >= FEWEST_HUMAN;
  const texts = Math.min(most, set.rows, hasHuman ? human.rows : set.rows);
  const drawn = (rows: UnitRows, measure: (rows: UnitRows) => Measured): Measured =>
    overDraws(
      Array.from({ length: rows.rows > texts ? draws : 1 }, (_, draw) =>
        measure(drawRows(rows, texts, seedFrom("embedding diversity", seed, draw))),
      ),
    );
  const noHuman = absent(`fewer than ${FEWEST_HUMAN} human texts with an embedding`);
  const beside = (of: (rows: UnitRows) => Measured): BesideHuman =>
    besideHuman(of(set), hasHuman ? of(human) : noHuman);
  return {
    ...comparedOf(encodings, set, human, texts),
    pairwiseDistance: beside(meanPairwiseDistance),
    vendiScore: beside((rows) => drawn(rows, vendiScore)),
    nearestNeighbourDistance: beside((rows) => drawn(rows, nearestNeighbourDistance)),
  };
}

/** How far a set passes for human texts, by its embeddings. */
export interface EmbeddingAuthenticity extends Compared {
  /** `adversarialAuroc`: 0.5 is indistinguishable. Relative is (1 − set) / (1 − human), at most 1. */
  readonly adversarialAuroc: BesideHuman;
  readonly mauve: BesideHuman;
  /** Cosines have no part of the human one's: they have no zero. */
  readonly centroidCosine: BesideHuman;
  readonly meanCosine: BesideHuman;
  readonly precision: BesideHuman;
  readonly recall: BesideHuman;
  readonly density: BesideHuman;
  readonly coverage: BesideHuman;
}

const MEASURES = [
  "adversarialAuroc",
  "mauve",
  "centroidCosine",
  "meanCosine",
  "precision",
  "recall",
  "density",
  "coverage",
] as const;

type Authenticity = Record<(typeof MEASURES)[number], Measured>;

/**
 * How far a set passes for human texts. Each measure sets as many texts of the set against a half of the human texts as
 * that has, up to `options.texts`, and beside it the other half against the same: what other human texts get. The halves,
 * and the set's texts where it has more, are drawn anew `draws` times.
 */
export function embeddingAuthenticity(
  encodings: Encodings,
  { seed, texts: most = 500, draws = 3 }: EmbeddingScoreOptions,
): EmbeddingAuthenticity {
  const set = unitRows(encodings.set);
  const human = unitRows(encodings.human);
  const texts = Math.min(most, set.rows, Math.floor(human.rows / 2));
  const found = Array.from({ length: draws }, (_, draw) => {
    const both = drawRows(human, 2 * texts, seedFrom("human halves", seed, draw));
    const own = new Set(drawRows(indexed(both), texts, seedFrom("one half", seed, draw)).indices);
    const half = (mine: boolean) =>
      selectRows(
        both,
        [...both.indices.keys()].filter((row) => own.has(row) === mine),
      );
    const reference = half(true);
    const measureSeed = seedFrom("authenticity", seed, draw);
    return {
      set: authenticityOf(reference, drawRows(set, texts, seedFrom("set", seed, draw)), measureSeed),
      human: authenticityOf(reference, half(false), measureSeed),
    };
  });
  const beside = (measure: keyof Authenticity): BesideHuman => {
    const ofSet = overDraws(found.map((draw) => draw.set[measure]));
    const ofHuman = overDraws(found.map((draw) => draw.human[measure]));
    if (measure === "adversarialAuroc") {
      const { relative } = besideHuman(complement(ofSet), complement(ofHuman));
      return { set: ofSet, human: ofHuman, relative };
    }
    if (measure === "centroidCosine" || measure === "meanCosine") {
      return { set: ofSet, human: ofHuman, relative: absent("cosines have no zero to be relative to") };
    }
    return besideHuman(ofSet, ofHuman);
  };
  return {
    ...comparedOf(encodings, set, human, texts),
    ...(Object.fromEntries(MEASURES.map((measure) => [measure, beside(measure)])) as Record<
      keyof Authenticity,
      BesideHuman
    >),
  };
}

function authenticityOf(reference: UnitRows, set: UnitRows, seed: number): Authenticity {
  const { value, absent: reason } = adversarialAuroc(reference, set, { seed });
  return {
    adversarialAuroc: { value, standardError: undefined, absent: reason },
    mauve: mauve(reference, set, { seed }),
    centroidCosine: centroidCosine(reference, set),
    meanCosine: meanCosine(reference, set),
    ...neighbourhoodCoverage(reference, set),
  };
}

function complement(measured: Measured): Measured {
  return measured.value === undefined ? measured : { ...measured, value: 1 - measured.value };
}

/** The rows under numbers of their own, from 0. */
function indexed(rows: UnitRows): UnitRows {
  return { ...rows, indices: Int32Array.from(rows.indices.keys()) };
}

function comparedOf({ encoder }: Encodings, set: UnitRows, human: UnitRows, texts: number): Compared {
  return { encoder, texts, leftOut: { set: set.leftOut, human: human.leftOut } };
}
