import { stacked } from "../steering/dense-matrix.js";
import { kMeans } from "./k-means.js";
import { absent, exactly, type Measured } from "./measured.js";
import { principalCoordinates } from "./principal-coordinates.js";
import type { UnitRows } from "./unit-rows.js";

export interface MauveOptions {
  /** From 0 to 2³² − 1, of the k-means starts. */
  readonly seed: number;
  /** Default: a tenth of the smaller set's texts, and 2 at least. */
  readonly clusters?: number | undefined;
  /** The paper's c. Default 5. */
  readonly scaling?: number | undefined;
}

/** Fewest texts on each side: two clusters of ten. */
const FEWEST = 20;
/** Share of the variance that is kept before clustering. */
const VARIANCE = 0.9;
/** Points of the frontier, and how far the outermost weights stay from 0 and 1. */
const POINTS = 25;
const MARGIN = 1e-6;

/**
 * MAUVE (Pillutla et al. 2021) on embeddings: texts of both sets are put into clusters together, and the two histograms
 * over the clusters are compared by the area under their divergence frontier, from nearly 0 (no cluster has texts of
 * both) to 1 (the same share of both in every cluster).
 *
 * As the authors' implementation: vectors of length 1, the principal components that hold 90 % of the variance, k-means
 * with a tenth as many clusters as a set has texts, the best of 5 starts, c = 5, 25 points. Not as there: k-means++ in
 * the place of random starts, all iterations in 64 bits, and whatever the encoder is in the place of GPT-2 large, which
 * is why values compare under one encoder only. It falls with the number of texts, so that sets compare at one number.
 */
export function mauve(
  human: UnitRows,
  set: UnitRows,
  { seed, clusters, scaling = 5 }: MauveOptions,
): Measured {
  const short = human.rows < FEWEST ? "human" : set.rows < FEWEST ? "written" : undefined;
  if (short !== undefined) return absent(`fewer than ${FEWEST} ${short} texts with an embedding`);
  const count = clusters ?? Math.max(2, Math.round(Math.min(human.rows, set.rows) / 10));
  const { labels } = kMeans(principalCoordinates(stacked([human, set]), VARIANCE), count, { seed });
  const p = histogram(labels.subarray(0, human.rows), count);
  const q = histogram(labels.subarray(human.rows), count);
  return exactly(areaUnderFrontier(divergenceFrontier(p, q, scaling)));
}

/**
 * The divergence frontier of two histograms (Pillutla et al. 2021, eq. 1): the points (e^(−c·KL(q‖r)), e^(−c·KL(p‖r))) with
 * r = λp + (1 − λ)q, by rising λ, with both ends of the curve: from (1, 0) to (0, 1).
 *
 * @param p shares that sum to 1. `[clusters]`
 * @param q likewise. `[clusters]`
 */
export function divergenceFrontier(p: Float64Array, q: Float64Array, scaling: number): [number, number][] {
  const points: [number, number][] = [[1, 0]];
  for (let i = 0; i < POINTS; i++) {
    const weight = MARGIN + (i / (POINTS - 1)) * (1 - 2 * MARGIN);
    const mixture = p.map((share, cluster) => weight * share + (1 - weight) * q[cluster]!);
    points.push([Math.exp(-scaling * divergence(q, mixture)), Math.exp(-scaling * divergence(p, mixture))]);
  }
  return [...points, [0, 1]];
}

/** Area under a curve that falls from left to right, given by points from right to left; by trapezoids. */
export function areaUnderFrontier(points: readonly (readonly [number, number])[]): number {
  let area = 0;
  for (let i = 1; i < points.length; i++) {
    const [[right, low], [left, high]] = [points[i - 1]!, points[i]!];
    area += ((right - left) * (low + high)) / 2;
  }
  return Math.min(1, Math.max(0, area));
}

/** KL(p‖r) in nats; r is above 0 wherever p is. */
function divergence(p: Float64Array, r: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) if (p[i]! > 0) sum += p[i]! * Math.log(p[i]! / r[i]!);
  return Math.max(0, sum);
}

function histogram(labels: Int32Array, clusters: number): Float64Array {
  const shares = new Float64Array(clusters);
  for (const label of labels) shares[label]! += 1 / labels.length;
  return shares;
}
