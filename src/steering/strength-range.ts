import type { Decoding } from "../engine/engine.js";
import {
  RANGE_THRESHOLDS,
  type RangeDecision,
  type RangePoint,
  type RangeThresholds,
  rangeFromPoints,
} from "./range-from-points.js";
import type { RangePrompt, StrengthCell } from "./strength-cells.js";
import { nextStrengths, REFINEMENTS, rampOf, usualStrengths } from "./strength-search.js";
import {
  type Comparison,
  createTrials,
  sizesOf,
  type Trial,
  type TrialEngine,
  type WrittenTexts,
} from "./strength-trials.js";

export interface StrengthRangeOptions {
  readonly cells: readonly StrengthCell[];
  /** A few are enough: as many as `texts` are used, drawn by the seed. */
  readonly prompts: readonly RangePrompt[];
  /** As the texts are to be written later, but for their length. */
  readonly decoding: Decoding;
  /** From 0 to 2³² − 1. The same seed gives the same result. */
  readonly seed: number;
  /** Texts for each strength of a cell, default 8; twice as many without steering. */
  readonly texts?: number | undefined;
  /** Longest text in tokens; default 24, or the decoding's if that is less. */
  readonly tokens?: number | undefined;
  /** Texts written at the same time, default 16. */
  readonly sequences?: number | undefined;
  readonly thresholds?: RangeThresholds | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: RangeProgress) => void) | undefined;
}

/** `done` of `total` distributions or texts of a part of the work. The parts come in turn, and again for more strengths. */
export interface RangeProgress {
  readonly part: "comparing" | "writing" | "reading";
  readonly done: number;
  readonly total: number;
}

/** A strength of a cell as it was measured. */
export interface StrengthPoint extends RangePoint, Partial<WrittenTexts> {
  readonly texts: number;
  /** Σ p ln (p / q) in nats, the mean over the prompts; undefined where steering left no valid distribution. */
  readonly klDivergence: number | undefined;
}

/** How strongly a cell may be steered, and from what that was told. */
export interface CellRange extends RangeDecision {
  readonly name: string;
  readonly layers: readonly number[];
  /** By ascending strength. */
  readonly points: readonly StrengthPoint[];
}

export interface StrengthRanges {
  /** In the order of the cells. */
  readonly cells: readonly CellRange[];
  /** The texts without steering; undefined if no strength changed anything, so that nothing was written. */
  readonly unsteered: WrittenTexts | undefined;
  readonly thresholds: RangeThresholds;
  /** What was written. */
  readonly written: { readonly texts: number; readonly tokens: number };
  readonly notes: readonly string[];
}

/** What measuring costs: texts that are written and then read, and their tokens if each goes to its limit. */
export interface StrengthRangeCost {
  /** Usually. */
  readonly texts: number;
  readonly tokens: number;
  /** If no cell breaks before the last strength. */
  readonly mostTexts: number;
  readonly mostTokens: number;
}

/**
 * What `measureStrengthRange` will cost, before it does anything.
 * @throws RangeError as `measureStrengthRange` does.
 */
export function strengthRangeCost(
  options: Pick<StrengthRangeOptions, "cells" | "prompts" | "decoding" | "texts" | "tokens">,
): StrengthRangeCost {
  const { texts, tokens } = sizesOf(options);
  const count = (strengths: (ramp: readonly number[]) => number) =>
    texts * options.cells.reduce((sum, cell) => sum + strengths(rampOf(cell)), 2);
  const usual = count(usualStrengths);
  const most = count((ramp) => ramp.length + REFINEMENTS);
  return { texts: usual, tokens: usual * tokens, mostTexts: most, mostTokens: most * tokens };
}

/**
 * Measures how strongly one may steer. In each cell the strength goes up in doublings. How far it moves the next
 * token's distribution says where the effect begins. Short texts, of all cells and strengths mixed in full batches,
 * are read by the unsteered model beside unsteered texts and word salad made of them, and say where they break. Both
 * edges are then bisected. A cell whose texts have broken is not steered more strongly. Every strength writes from
 * the same prompts with the same seeds.
 *
 * @throws RangeError without prompts, for fewer than one text or token, or for a ramp that does not go up
 * @throws EngineError when the engine crashes on every attempt; InterruptedError when `signal` is aborted
 */
export async function measureStrengthRange(
  engine: TrialEngine,
  options: StrengthRangeOptions,
): Promise<StrengthRanges> {
  const { thresholds = RANGE_THRESHOLDS, cells } = options;
  const trials = createTrials(engine, options);
  const searches = cells.map((cell) => ({
    cell,
    ramp: rampOf(cell),
    points: new Map<number, StrengthPoint>(),
    refined: 0,
  }));
  for (;;) {
    const compared: Trial[] = [];
    const written: Trial[] = [];
    for (const search of searches) {
      const { cell, ramp, points } = search;
      const next = nextStrengths(ramp, [...points.values()], search.refined, thresholds);
      if (next.refines) search.refined += 1;
      compared.push(...next.compare.map((strength) => ({ cell, strength })));
      written.push(...next.write.map((strength) => ({ cell, strength })));
    }
    if (compared.length === 0 && written.length === 0) break;
    const pointsOf = ({ cell }: Trial) => searches.find((search) => search.cell === cell)!.points;
    const comparisons = await trials.compare(compared);
    compared.forEach((trial, index) => {
      pointsOf(trial).set(trial.strength, comparedPoint(trial.strength, comparisons[index]));
    });
    // Where no valid distribution is left, there is nothing to draw tokens from.
    const possible = written.filter(
      (trial) => pointsOf(trial).get(trial.strength)!.klDivergence !== undefined,
    );
    const texts = await trials.write(possible);
    possible.forEach((trial, index) => {
      const points = pointsOf(trial);
      points.set(trial.strength, { ...points.get(trial.strength)!, ...texts[index]! });
    });
  }
  const { unsteered, notes } = trials;
  return {
    cells: searches.map(({ cell, points }) => {
      const sorted = [...points.values()].sort((a, b) => a.strength - b.strength);
      return { name: cell.name, layers: cell.layers, ...rangeFromPoints(sorted, thresholds), points: sorted };
    }),
    unsteered,
    thresholds,
    written: { ...trials.written },
    notes,
  };
}

function comparedPoint(strength: number, comparison: Comparison): StrengthPoint {
  return comparison === undefined
    ? { strength, totalVariation: 1, klDivergence: undefined, texts: 0, coherence: 0 }
    : { strength, ...comparison, texts: 0 };
}
