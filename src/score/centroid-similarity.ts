import { meanRow } from "../steering/dense-matrix.js";
import { euclideanNorm } from "../steering/direction.js";
import { absent, exactly, type Measured } from "./measured.js";
import type { UnitRows } from "./unit-rows.js";

/** Length below which a mean of vectors of length 1 is rounding. */
const LEAST_LENGTH = 1e-12;

const NONE = absent("no text with an embedding on one side");

/**
 * Cosine of the mean vectors of two sets, from −1 to 1: x̄ · ȳ / (‖x̄‖ ‖ȳ‖). It is close to 1 for most pairs of sets in
 * most embeddings: read it beside that of two halves of the human texts.
 */
export function centroidCosine(a: UnitRows, b: UnitRows): Measured {
  if (a.rows === 0 || b.rows === 0) return NONE;
  const [meanA, meanB] = [meanRow(a), meanRow(b)];
  const norms = [euclideanNorm(meanA), euclideanNorm(meanB)] as const;
  if (Math.min(...norms) < LEAST_LENGTH) return absent("the texts of one side cancel out");
  return exactly(Math.min(1, Math.max(-1, dot(meanA, meanB) / (norms[0] * norms[1]))));
}

/** Mean cosine of all pairs of a text of one set and a text of the other, from −1 to 1 (paper B's similarity): x̄ · ȳ. */
export function meanCosine(a: UnitRows, b: UnitRows): Measured {
  if (a.rows === 0 || b.rows === 0) return NONE;
  return exactly(Math.min(1, Math.max(-1, dot(meanRow(a), meanRow(b)))));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
