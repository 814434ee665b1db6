import { TillerError } from "../errors.js";
import { areaUnderRoc } from "./area-under-roc.js";
import { median } from "./statistics.js";

/** What coherence is measured between. Log-probabilities are natural, means per token of a text. */
export interface CoherenceCalibration {
  /** Mean log-probability per token of each human text. */
  readonly human: readonly number[];
  /** The same for each human text with its words shuffled (`shuffleWords`). */
  readonly shuffled: readonly number[];
  /** Mean `repetition` of the human texts, which costs nothing; default 0. */
  readonly repetition?: number;
}

/** The two ends of the scale. */
export interface CoherenceScale {
  /** Median log-probability of the human texts: coherence 1. */
  readonly top: number;
  /** Median log-probability of the shuffled texts: coherence 0. */
  readonly bottom: number;
  /** Share of repeated n-grams that human texts have. */
  readonly repetition: number;
  /** Probability that a human text is more probable than a shuffled one (AUROC): 0.5 is chance. */
  readonly separation: number;
}

/**
 * Calibrates coherence on human texts and on word salad made of them, under the model that will judge.
 *
 * @returns undefined when the model finds the shuffled texts as probable as the human ones, or either
 *   set has no number in it: it cannot judge coherence then.
 */
export function coherenceScale({
  human,
  shuffled,
  repetition = 0,
}: CoherenceCalibration): CoherenceScale | undefined {
  const humans = human.filter((value) => !Number.isNaN(value));
  const salads = shuffled.filter((value) => !Number.isNaN(value));
  const top = median(humans);
  const bottom = median(salads);
  if (top === undefined || bottom === undefined) return undefined;
  if (!Number.isFinite(top) || !Number.isFinite(bottom) || top <= bottom) return undefined;
  return { top, bottom, repetition, separation: areaUnderRoc(humans, salads)! };
}

/**
 * Coherence of a text of mean log-probability ℓ per token and a share r of repeated n-grams:
 *
 *     C = clamp((ℓ − b) / (t − b), 0, 1) · (1 − max(0, r − r_human))
 *
 * where t is the median of human texts and b that of the shuffled ones. 1 is human-like, 0 is word salad.
 * A text that is more probable than human ones, as loops are, gains nothing by it, and loses by its repetitions.
 *
 * @throws TillerError when ℓ or r is NaN.
 */
export function coherenceOn(scale: CoherenceScale, meanLogProbability: number, repetition: number): number {
  if (Number.isNaN(meanLogProbability) || Number.isNaN(repetition)) {
    throw new TillerError(
      `Coherence needs a log-probability and a repetition, not ${meanLogProbability} and ${repetition}. ` +
        "A text of one token has no log-probability: leave it out.",
    );
  }
  const fluency = clamp((meanLogProbability - scale.bottom) / (scale.top - scale.bottom));
  return fluency * (1 - clamp(repetition - scale.repetition));
}

/**
 * `coherenceOn` as a function, calibrated by `coherenceScale`.
 *
 * @throws TillerError when the calibration cannot tell human texts from shuffled ones.
 */
export function createCoherence(
  calibration: CoherenceCalibration,
): (meanLogProbability: number, repetition: number) => number {
  const scale = coherenceScale(calibration);
  if (scale === undefined) {
    throw new TillerError(
      `Coherence cannot be calibrated: the median log-probability of ${calibration.human.length} human texts ` +
        `(${median(calibration.human)}) is not above that of ${calibration.shuffled.length} shuffled ones ` +
        `(${median(calibration.shuffled)}). Give more human texts, or a model that knows the language.`,
    );
  }
  return (meanLogProbability, repetition) => coherenceOn(scale, meanLogProbability, repetition);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
