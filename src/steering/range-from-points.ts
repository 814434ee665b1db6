import { isotonicFit } from "./isotonic.js";

/** What a strength does, as it was measured. */
export interface RangePoint {
  /** Above 0, in the unit of the steering. */
  readonly strength: number;
  /** ½ Σ |p − q| of the next-token distributions with and without steering, the mean over the prompts. */
  readonly totalVariation: number;
  /** How many texts were written; 0 if only the next token was looked at. */
  readonly texts: number;
  /** Mean coherence of the texts; 1 is that of unsteered texts, 0 is word salad. */
  readonly coherence?: number | undefined;
  /** How far the texts moved along the direction, in standard deviations of unsteered texts. */
  readonly shift?: number | undefined;
  /** Standard error of the shift. */
  readonly shiftError?: number | undefined;
}

/** What decides. */
export interface RangeThresholds {
  /** The effect begins at this total variation: with 0.05, every twentieth token would be another one. */
  readonly effect: number;
  /** The texts break below this coherence, of which unsteered texts have 1. */
  readonly coherence: number;
}

export const RANGE_THRESHOLDS: RangeThresholds = { effect: 0.05, coherence: 0.85 };

/** How strongly one may steer. */
export interface RangeDecision {
  /** The least strength that was seen to change what the model says; undefined if none was. */
  readonly begins: number | undefined;
  /** The least strength at which the texts fall apart; undefined if they never did. */
  readonly breaks: number | undefined;
  /** From where it begins to the largest strength whose texts were still whole; undefined if there is no such interval. */
  readonly safe: readonly [number, number] | undefined;
  /** Up to three strengths within it, ascending: a third of the way up, two thirds (geometrically), and its end. */
  readonly recommended: readonly number[];
  /** Where whole texts go: along the direction, against it, or neither for sure; undefined if it was not measured. */
  readonly moves: "towards" | "away" | "unclear" | undefined;
}

/** Standard errors that a shift must be away from 0. */
const SURE = 2;

/**
 * Decides from measurements where the effect of steering begins and where the texts break. Both can only grow with
 * the strength, so that the thresholds are applied to isotonic fits and one unlucky text decides nothing. What is
 * reported are strengths that were measured, nothing between them. Where whole texts move against the direction for
 * sure, the effect that was wanted never begins: the vector's sign is wrong.
 *
 * @param points in any order.
 * @throws RangeError for a strength that is not above 0 or comes twice, or a number that is not finite.
 */
export function rangeFromPoints(
  points: readonly RangePoint[],
  thresholds: RangeThresholds = RANGE_THRESHOLDS,
): RangeDecision {
  const sorted = [...points].sort((a, b) => a.strength - b.strength);
  sorted.forEach((point, index) => {
    const numbers = [point.totalVariation, point.coherence ?? 0, point.shift ?? 0, point.shiftError ?? 0];
    if (!(point.strength > 0) || !numbers.every(Number.isFinite)) {
      throw new RangeError(`No range can be told from the point ${JSON.stringify(point)}.`);
    }
    if (point.strength === sorted[index - 1]?.strength) {
      throw new RangeError(`The strength ${point.strength} was measured twice.`);
    }
  });

  const judged = sorted.filter((point) => point.coherence !== undefined);
  const loss = isotonicFit(
    judged.map((point) => 1 - point.coherence!),
    judged.map((point) => Math.max(1, point.texts)),
  );
  const broken = loss.findIndex((lost) => 1 - lost < thresholds.coherence);
  const breaks = judged[broken]?.strength;
  const whole = broken < 0 ? judged : judged.slice(0, broken);

  const effect = isotonicFit(sorted.map((point) => point.totalVariation));
  const changes = sorted[effect.findIndex((variation) => variation >= thresholds.effect)]?.strength;
  const moves =
    changes === undefined ? undefined : movementOf(whole.filter((point) => point.strength >= changes));
  const begins = moves === "away" ? undefined : changes;

  const most = whole.at(-1)?.strength;
  const safe =
    begins === undefined || most === undefined || most < begins ? undefined : ([begins, most] as const);
  return { begins, breaks, safe, recommended: safe === undefined ? [] : strengthsWithin(...safe), moves };
}

/** The mean shift of the points. Their errors share that of the unsteered texts, so that they do not average out. */
function movementOf(points: readonly RangePoint[]): RangeDecision["moves"] {
  const known = points.filter((point) => point.shift !== undefined && point.shiftError !== undefined);
  const texts = known.reduce((sum, point) => sum + point.texts, 0);
  if (texts === 0) return undefined;
  const mean = (of: (point: RangePoint) => number) =>
    known.reduce((sum, point) => sum + of(point) * point.texts, 0) / texts;
  const shift = mean((point) => point.shift!);
  if (Math.abs(shift) <= SURE * mean((point) => point.shiftError!)) return "unclear";
  return shift > 0 ? "towards" : "away";
}

function strengthsWithin(least: number, most: number): number[] {
  const inner = [1 / 3, 2 / 3].map((part) => Number((least * (most / least) ** part).toPrecision(2)));
  const clamped = inner.map((strength) => Math.min(most, Math.max(least, strength)));
  return [...new Set([...clamped, most])];
}
