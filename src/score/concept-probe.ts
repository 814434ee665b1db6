import { type DenseMatrix, rowOf, timesVector } from "../steering/dense-matrix.js";
import { areaUnderRoc } from "./area-under-roc.js";
import { logisticCalibration } from "./logistic-calibration.js";
import { absent, exactly, type Measured } from "./measured.js";
import { separatingDirection } from "./separating-direction.js";
import { mean } from "./statistics.js";
import { type UnitRows, unitRows } from "./unit-rows.js";

/** Encoded contrast texts: those with the concept or label, and those without. `[texts][width]` each */
export interface ContrastEncodings {
  readonly positive: DenseMatrix;
  readonly negative: DenseMatrix;
}

/** A direction on which texts with a concept lie further along than others, and what a place on it says. */
export interface ConceptProbe {
  /** Unit vector. `[width]` */
  readonly direction: Float64Array;
  readonly slope: number;
  readonly intercept: number;
  /** How often a held-out text with the concept lies further along than one without: what the probe is worth. */
  readonly heldOutAuroc: number;
  /** Held-out texts that the probabilities and `heldOutAuroc` rest on. */
  readonly heldOut: { readonly positive: number; readonly negative: number };
}

/** Fewest texts on each side. */
const FEWEST = 2;

/**
 * A probe for a concept or label: the direction of logistic regression on contrast texts (`separatingDirection`), and
 * probabilities calibrated on others. For a label of several, the other labels' texts are the negative side.
 *
 * @param training what the direction is learned from.
 * @param heldOut texts that are not among them.
 * @param options.C inverse strength of the penalty, as scikit-learn's `C`. Default 1.
 * @returns or why there is none: too few texts, or held-out texts that it does not tell apart.
 * @throws RangeError for encodings of different widths, or a C that is not above 0.
 */
export function trainConceptProbe(
  training: ContrastEncodings,
  heldOut: ContrastEncodings,
  options: { readonly C?: number } = {},
): ConceptProbe | { readonly absent: string } {
  const sides = [training.positive, training.negative, heldOut.positive, heldOut.negative].map(unitRows);
  const [positive, negative, heldPositive, heldNegative] = sides as [UnitRows, UnitRows, UnitRows, UnitRows];
  if (sides.some(({ rows }) => rows < FEWEST)) {
    return { absent: `fewer than ${FEWEST} contrast texts of a side, to learn from or held out` };
  }
  const first = rowOf(positive, 0);
  if ([positive, negative].every((side) => everyRowIs(side, first))) {
    return { absent: "the contrast texts do not differ" };
  }
  const direction = separatingDirection(positive, negative, options.C);
  const projected = [heldPositive, heldNegative].map((side) => [...timesVector(side, direction)]);
  const [high, low] = projected as [number[], number[]];
  const heldOutAuroc = areaUnderRoc(high, low)!;
  if (heldOutAuroc <= 0.5) {
    const found = heldOutAuroc.toFixed(2);
    return { absent: `the probe does not tell held-out contrast texts apart (AUROC ${found})` };
  }
  return {
    direction,
    ...logisticCalibration(high, low),
    heldOutAuroc,
    heldOut: { positive: high.length, negative: low.length },
  };
}

/** Success of texts by a probe. */
export interface ProbeSuccess {
  /** Mean of `probabilities`, where there are any. */
  readonly success: Measured;
  /** For each text, how probable it is, from 0 to 1, that it has the concept; undefined for one without an embedding. */
  readonly probabilities: readonly (number | undefined)[];
}

/**
 * How probably each text has the probe's concept, and the mean of that. The mean is that of an even prior, and as good
 * as the probe: read it beside `heldOutAuroc`, and beside the success of human texts of the label.
 *
 * @throws RangeError for encodings of another width than the probe's.
 */
export function probeSuccess(
  { direction, slope, intercept }: ConceptProbe,
  encodings: DenseMatrix,
): ProbeSuccess {
  if (encodings.columns !== direction.length) {
    throw new RangeError(`The probe has ${direction.length} dimensions, and the texts ${encodings.columns}.`);
  }
  const rows = unitRows(encodings);
  const probabilities = new Array<number | undefined>(encodings.rows).fill(undefined);
  const inOrder = Array.from(
    timesVector(rows, direction),
    (projection) => 1 / (1 + Math.exp(-(slope * projection + intercept))),
  );
  inOrder.forEach((probability, row) => {
    probabilities[rows.indices[row]!] = probability;
  });
  const success = mean(inOrder);
  return {
    success: success === undefined ? absent("no text with an embedding") : exactly(success),
    probabilities,
  };
}

function everyRowIs(rows: UnitRows, row: DenseMatrix["values"]): boolean {
  return rows.values.every((value, at) => value === row[at % rows.columns]);
}
