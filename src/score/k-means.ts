import { randomGenerator } from "../random/seeded-random.js";
import type { DenseMatrix } from "../steering/dense-matrix.js";
import { dotProducts } from "./dot-products.js";

export interface KMeansOptions {
  /** From 0 to 2³² − 1. */
  readonly seed: number;
  /** Starts, of which the best is kept. Default 5. */
  readonly restarts?: number | undefined;
  /** Most iterations of a start. Default 500. */
  readonly maxIterations?: number | undefined;
}

export interface KMeans {
  /** The cluster of each row, from 0. `[rows]` */
  readonly labels: Int32Array;
  /** Sum of the squared distances of the rows from the means of their clusters. */
  readonly inertia: number;
}

/**
 * k-means by Lloyd's algorithm, from starts by k-means++ (Arthur and Vassilvitskii 2007); the start with the least
 * inertia. A cluster that loses all its rows stays empty, as do those for which there are no different rows left.
 *
 * @throws RangeError for no rows, or no cluster.
 */
export function kMeans(
  points: DenseMatrix,
  clusters: number,
  { seed, restarts = 5, maxIterations = 500 }: KMeansOptions,
): KMeans {
  if (points.rows === 0 || !(clusters >= 1))
    throw new RangeError(`${points.rows} rows in ${clusters} clusters.`);
  const random = randomGenerator(seed);
  const squares = rowSquares(points);
  let best: KMeans | undefined;
  for (let restart = 0; restart < restarts; restart++) {
    const found = lloyd(points, squares, firstCentres(points, squares, clusters, random), maxIterations);
    if (best === undefined || found.inertia < best.inertia) best = found;
  }
  return best!;
}

/** Each further centre is a row drawn with a probability that grows with its squared distance from the nearest one. */
function firstCentres(
  points: DenseMatrix,
  squares: Float64Array,
  clusters: number,
  random: () => number,
): DenseMatrix {
  const { rows, columns, values } = points;
  const chosen: number[] = [];
  const distances = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let next = Math.floor(random() * rows);
  for (;;) {
    chosen.push(next);
    const centre = { rows: 1, columns, values: values.subarray(next * columns, (next + 1) * columns) };
    const products = dotProducts(points, centre);
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const distance = Math.max(0, squares[row]! + squares[next]! - 2 * products[row]!);
      // Rows that are drawn never come again, whatever rounding leaves of their distance.
      distances[row] = row === next ? 0 : Math.min(distances[row]!, distance);
      total += distances[row]!;
    }
    if (chosen.length === clusters || !(total > 0)) break;
    let left = random() * total;
    next = distances.findLastIndex((distance) => distance > 0);
    for (let row = 0; row < next; row++) {
      left -= distances[row]!;
      if (left < 0) next = row;
    }
  }
  const centres = new Float64Array(chosen.length * columns);
  chosen.forEach((row, cluster) => {
    centres.set(values.subarray(row * columns, (row + 1) * columns), cluster * columns);
  });
  return { rows: chosen.length, columns, values: centres };
}

function lloyd(
  points: DenseMatrix,
  squares: Float64Array,
  start: DenseMatrix,
  maxIterations: number,
): KMeans {
  const { rows, columns, values } = points;
  const labels = new Int32Array(rows).fill(-1);
  const centres = { rows: start.rows, columns, values: Float64Array.from(start.values) };
  let inertia = 0;
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const centreSquares = rowSquares(centres);
    const products = dotProducts(points, centres);
    let moved = false;
    inertia = 0;
    for (let row = 0, at = 0; row < rows; row++) {
      let nearest = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let cluster = 0; cluster < centres.rows; cluster++, at++) {
        const distance = centreSquares[cluster]! - 2 * products[at]!;
        if (distance < least) {
          least = distance;
          nearest = cluster;
        }
      }
      inertia += Math.max(0, squares[row]! + least);
      if (labels[row] !== nearest) moved = true;
      labels[row] = nearest;
    }
    if (!moved) break;
    const counts = new Int32Array(centres.rows);
    for (const label of labels) counts[label]!++;
    for (let cluster = 0; cluster < centres.rows; cluster++) {
      if (counts[cluster]! > 0) centres.values.fill(0, cluster * columns, (cluster + 1) * columns);
    }
    for (let row = 0, at = 0; row < rows; row++) {
      const first = labels[row]! * columns;
      const count = counts[labels[row]!]!;
      for (let column = 0; column < columns; column++, at++)
        centres.values[first + column]! += values[at]! / count;
    }
  }
  return { labels, inertia };
}

function rowSquares({ rows, columns, values }: DenseMatrix): Float64Array {
  const squares = new Float64Array(rows);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) squares[row]! += values[at]! ** 2;
  }
  return squares;
}
