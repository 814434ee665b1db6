import { type RangePoint, type RangeThresholds, rangeFromPoints } from "./range-from-points.js";

/** Ends of the ramp, in mean residual norms: from hardly anything to more than the residual itself. */
export const LEAST_STRENGTH = 0.025;
export const MOST_STRENGTH = 1.6;
/** Strengths that are written from at first, and then at a time. */
const FIRST = 4;
const MORE = 2;
/** How often the two edges are bisected. */
export const REFINEMENTS = 2;

/** Strengths from the least to the most in doublings; the last step may be a smaller one. */
export function rampOf({
  least = LEAST_STRENGTH,
  most = MOST_STRENGTH,
}: {
  least?: number | undefined;
  most?: number | undefined;
}): number[] {
  if (!(least > 0 && most >= least && Number.isFinite(most))) {
    throw new RangeError(`Strengths cannot go up from ${least} to ${most}.`);
  }
  const ramp: number[] = [];
  for (let strength = least; strength < most * 0.999; strength *= 2) ramp.push(rounded(strength));
  return [...ramp, most];
}

/** How many strengths of a ramp are usually written from. */
export function usualStrengths(ramp: readonly number[]): number {
  return Math.min(FIRST, ramp.length) + REFINEMENTS;
}

/** What is to be measured next: strengths whose next token is compared, and strengths that texts are written with. */
export interface NextStrengths {
  readonly compare: readonly number[];
  readonly write: readonly number[];
  /** True if these strengths bisect the edges. */
  readonly refines: boolean;
}

const DONE: NextStrengths = { compare: [], write: [], refines: false };

/**
 * What to measure next, given what is known: first the next token over the whole ramp; then texts, from the strength
 * where the effect begins upwards, a few at a time until they break; then the edges.
 *
 * @param refined how often the edges were bisected.
 */
export function nextStrengths(
  ramp: readonly number[],
  points: readonly RangePoint[],
  refined: number,
  thresholds: RangeThresholds,
): NextStrengths {
  if (points.length === 0) return { ...DONE, compare: ramp };
  const sorted = [...points].sort((a, b) => a.strength - b.strength);
  const first = sorted.findIndex((point) => point.totalVariation >= thresholds.effect);
  if (first < 0) return DONE;
  const written = sorted.filter((point) => point.texts > 0);
  // What left no valid distribution is judged without a text.
  const open = sorted.slice(first).filter((point) => point.coherence === undefined && point.texts === 0);
  if (written.length === 0 && open.length > 0) return { ...DONE, write: strengthsOf(open.slice(0, FIRST)) };

  const { breaks } = rangeFromPoints(sorted, thresholds);
  const last = written.at(-1);
  const above = open.filter(
    ({ strength }) => strength > (last?.strength ?? 0) && strength < (breaks ?? Infinity),
  );
  if (last?.coherence !== undefined && above.length > 0) {
    return { ...DONE, write: strengthsOf(above.slice(0, MORE)) };
  }
  if (refined >= REFINEMENTS) return DONE;
  const begin = between(sorted[first - 1], sorted[first]);
  const top = sorted.findIndex((point) => point.strength === breaks);
  const end = top < 0 ? [] : between(sorted[top - 1], sorted[top]);
  const compare = [...new Set([...begin, ...end])];
  return compare.length === 0 ? DONE : { compare, write: end, refines: true };
}

function strengthsOf(points: readonly RangePoint[]): number[] {
  return points.map((point) => point.strength);
}

/** The geometric mean of two strengths, if there are two and it differs from both. */
function between(below: RangePoint | undefined, above: RangePoint | undefined): number[] {
  if (below === undefined || above === undefined) return [];
  const middle = rounded(Math.sqrt(below.strength * above.strength));
  return middle > below.strength && middle < above.strength ? [middle] : [];
}

/** Three digits, so that a strength can be written into a recipe as it was measured. */
function rounded(strength: number): number {
  return Number(strength.toPrecision(3));
}
