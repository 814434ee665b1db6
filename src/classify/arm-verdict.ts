import type { DifferenceEstimate } from "./arm-difference.js";
import { METRIC_TITLES, type MetricName } from "./metric.js";

export type Verdict = "better" | "worse" | "no clear difference";

/** A score of an arm: its name, and mean and standard deviation over the seeds. */
export interface ScoredArm {
  readonly name: string;
  readonly score: { readonly mean: number; readonly standardDeviation: number };
}

const LEVEL = 0.05;

/**
 * `better` or `worse` where the interval leaves out 0, and where of many comparisons the p-value that is corrected for
 * them is below 0.05 too.
 *
 * @param correctedPValue Default: this is the one comparison.
 */
export function verdictOf({ interval: [low, high] }: DifferenceEstimate, correctedPValue = 0): Verdict {
  if (correctedPValue > LEVEL) return "no clear difference";
  if (low > 0) return "better";
  return high < 0 ? "worse" : "no clear difference";
}

/** A comparison in words, with its numbers. */
export function sentenceOf(
  arm: ScoredArm,
  baseline: ScoredArm,
  estimate: DifferenceEstimate,
  { metric, verdict }: { readonly metric: MetricName; readonly verdict: Verdict },
): string {
  const opening =
    verdict === "no clear difference"
      ? `No clear difference between classifiers trained on ${arm.name} and on ${baseline.name}`
      : `${arm.name} trains a ${verdict} classifier than ${baseline.name}`;
  const [low, high] = estimate.interval;
  return (
    `${opening}: ${METRIC_TITLES[metric]} ${score(arm)} against ${score(baseline)}, ` +
    `difference ${signed(estimate.difference)} (95 % interval ${signed(low)} to ${signed(high)})`
  );
}

function score({ score: { mean, standardDeviation } }: ScoredArm): string {
  return `${mean.toFixed(2)} ± ${standardDeviation.toFixed(2)}`;
}

/**
 * Two decimals with a sign, three where two would show nothing but zeros: an interval that leaves out 0 should
 * not read as if it ended there.
 */
export function signed(value: number): string {
  const size = Math.abs(value);
  const digits = size < 0.005 && size >= 0.0005 ? size.toFixed(3) : size.toFixed(2);
  const sign = Number(digits) === 0 ? "" : value < 0 ? "−" : "+";
  return sign + digits;
}
