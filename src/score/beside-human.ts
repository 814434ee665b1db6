import { absent, type Measured } from "./measured.js";
import { standardDeviation } from "./standard-deviation.js";
import { mean } from "./statistics.js";

/** A measure of a set beside the same measure of human texts, at the same number of texts. */
export interface BesideHuman {
  readonly set: Measured;
  readonly human: Measured;
  /** min(1, set / human): 1 is as good as human texts, or better. */
  readonly relative: Measured;
}

/** A set's measure with its part of the human one's, and the error of a quotient of two independent values. */
export function besideHuman(set: Measured, human: Measured): BesideHuman {
  return { set, human, relative: quotient(set, human) };
}

function quotient(set: Measured, human: Measured): Measured {
  if (set.value === undefined) return set;
  if (human.value === undefined) return human;
  if (!(human.value > 0)) return absent("the human texts have 0, which nothing can be relative to");
  const relative = set.value / human.value;
  const error =
    set.standardError === undefined && human.standardError === undefined
      ? undefined
      : Math.sqrt((set.standardError ?? 0) ** 2 + (relative * (human.standardError ?? 0)) ** 2) / human.value;
  return { value: Math.min(1, relative), standardError: error, absent: undefined };
}

/**
 * The mean of a measure over draws of texts, with the standard error sd / √draws; a single draw as it is.
 *
 * @returns the absence, if a draw has one.
 */
export function overDraws(draws: readonly Measured[]): Measured {
  const missing = draws.find(({ value }) => value === undefined);
  if (missing !== undefined) return missing;
  if (draws.length === 1) return draws[0]!;
  const values = draws.map(({ value }) => value!);
  const spread = standardDeviation(values);
  return {
    value: mean(values),
    standardError: spread === undefined ? undefined : spread / Math.sqrt(values.length),
    absent: values.length === 0 ? "no draws" : undefined,
  };
}
