import { dotProducts, gramMatrix } from "./dot-products.js";
import { absent, exactly, type Measured } from "./measured.js";
import type { UnitRows } from "./unit-rows.js";

/** How written texts lie among human texts. Each from 0 to 1 but `density`, which can exceed 1. */
export interface NeighbourhoodCoverage {
  /** Share of the written texts that lie in the neighbourhood of a human text: how human-like they are. */
  readonly precision: Measured;
  /** Share of the human texts that lie in the neighbourhood of a written text: how much of them is covered. */
  readonly recall: Measured;
  /** Human neighbourhoods that a written text lies in, on average, divided by k; about 1 for other human texts. */
  readonly density: Measured;
  /** Share of the human texts with a written text in their neighbourhood. Outliers do not inflate it, as they do recall. */
  readonly coverage: Measured;
}

/**
 * k-nearest-neighbour precision and recall (Kynkäänniemi et al. 2019, eqs. 1 and 2), density and coverage (Naeem et al.
 * 2020, eqs. 4 and 5). A text's neighbourhood is the ball around it that just reaches the k-th nearest other text of its
 * own set, edge included:
 *
 *     precision = mean over written y of [y ∈ ∪ B(xᵢ)]        recall = mean over human x of [x ∈ ∪ B(yⱼ)]
 *     density   = mean over written y of (1/k) Σᵢ [y ∈ B(xᵢ)]  coverage = mean over human xᵢ of [some y ∈ B(xᵢ)]
 *
 * On vectors of length 1 the balls of the Euclidean distance are those of the cosine. All four change with the number
 * of texts on either side, so that they compare at one number only. The package `prdc` leaves the edge out, which
 * differs where texts have copies.
 *
 * @param neighbours k. Default 5; at least 1.
 */
export function neighbourhoodCoverage(human: UnitRows, set: UnitRows, neighbours = 5): NeighbourhoodCoverage {
  if (!Number.isInteger(neighbours) || neighbours < 1) {
    throw new RangeError(`A neighbourhood has a whole number of neighbours from 1, not ${neighbours}.`);
  }
  const fewest = neighbours + 1;
  const short = human.rows < fewest ? "human" : set.rows < fewest ? "written" : undefined;
  if (short !== undefined) {
    const none = absent(`fewer than ${fewest} ${short} texts with an embedding`);
    return { precision: none, recall: none, density: none, coverage: none };
  }
  const humanReach = neighbourhoodReach(human, neighbours);
  const setReach = neighbourhoodReach(set, neighbours);
  const cosines = dotProducts(human, set);
  const inHuman = new Int32Array(set.rows);
  let recalled = 0;
  let covered = 0;
  for (let i = 0, at = 0; i < human.rows; i++) {
    let isRecalled = false;
    let isCovered = false;
    for (let j = 0; j < set.rows; j++, at++) {
      const cosine = cosines[at]!;
      if (cosine >= humanReach[i]!) {
        isCovered = true;
        inHuman[j]!++;
      }
      if (cosine >= setReach[j]!) isRecalled = true;
    }
    if (isRecalled) recalled++;
    if (isCovered) covered++;
  }
  const memberships = inHuman.reduce((sum, count) => sum + count, 0);
  return {
    precision: exactly(inHuman.filter((count) => count > 0).length / set.rows),
    recall: exactly(recalled / human.rows),
    density: exactly(memberships / (neighbours * set.rows)),
    coverage: exactly(covered / human.rows),
  };
}

/** Cosine of each row with the k-th nearest of the other rows. `[rows]` */
function neighbourhoodReach(set: UnitRows, neighbours: number): Float64Array {
  const { rows } = set;
  const cosines = gramMatrix(set);
  return Float64Array.from({ length: rows }, (_, i) => {
    // Itself stands behind all others.
    cosines[i * rows + i] = -2;
    return cosines.subarray(i * rows, (i + 1) * rows).sort()[rows - neighbours]!;
  });
}
