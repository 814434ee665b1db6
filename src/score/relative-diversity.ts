import { type AtBudget, compressionRatio, distinctN, joinedBytes, mattr } from "./diversity.js";
import type { LanguageReference } from "./reference.js";
import { mean } from "./statistics.js";

/** Below so many words distinct-n says nothing. */
const FEWEST_WORDS = 20;
/** Below so many bytes gzip's own header dominates. */
export const FEWEST_BYTES = 200;
/** Half of gzip's window, so that every text of a draw can be found in every later one. */
export const MOST_BYTES = 16_384;

/** A measure beside that of the human texts at the same budget. */
export interface Relative {
  readonly value: number | undefined;
  readonly human: number | undefined;
  /** min(1, value / human): 1 is as diverse as human texts, or more so. */
  readonly relative: number | undefined;
}

/** Texts of one language, NFC, with their words. */
export interface MeasuredTexts {
  readonly texts: readonly string[];
  readonly tokenized: readonly (readonly string[])[];
}

/** Diversity of a set, relative to human texts. */
export interface RelativeDiversity {
  /** Mean of sample level and set level, 0 to 1; undefined when either is. */
  readonly value: number | undefined;
  /** Within texts: the moving-average type-token ratio, relative. */
  readonly sampleLevel: number | undefined;
  /** Between texts: the mean of distinct-2 and of the compression ratio, both relative. */
  readonly setLevel: number | undefined;
  readonly mattr: Relative;
  readonly distinct1: Relative;
  readonly distinct2: Relative;
  readonly distinct3: Relative;
  readonly distinct4: Relative;
  readonly compression: Relative;
  /** Words at which distinct-n was compared: the largest that both sets have, up to what was asked. */
  readonly budget: number;
  /** UTF-8 bytes at which compression was compared. */
  readonly byteBudget: number;
}

/**
 * Diversity of texts of one language, relative to human texts of that language, each measure at a size that
 * both sets have:
 *
 *     D = ½ · min(1, MATTR / MATTR_human)
 *       + ¼ · min(1, distinct-2 / distinct-2_human) + ¼ · min(1, compression / compression_human)
 *
 * The sample level and the set level of paper D (the formula is our own; the paper's is not known).
 */
export function relativeDiversity(
  set: MeasuredTexts,
  reference: LanguageReference,
  { budget: asked, seed }: { readonly budget: number; readonly seed: number },
): RelativeDiversity {
  const words = set.tokenized.reduce((sum, tokens) => sum + tokens.length, 0);
  const budget = Math.min(asked, words, reference.words);
  const byteBudget = Math.min(MOST_BYTES, joinedBytes(set.texts), reference.bytes);

  const distinct = (n: number): Relative =>
    budget < Math.min(asked, FEWEST_WORDS)
      ? ABSENT
      : compared(
          distinctN(set.tokenized, n, { budget, seed }),
          distinctN(reference.tokenized, n, { budget, seed }),
        );
  const compression =
    byteBudget < FEWEST_BYTES
      ? ABSENT
      : compared(
          compressionRatio(set.texts, { budget: byteBudget, seed }),
          compressionRatio(reference.texts, { budget: byteBudget, seed }),
        );
  const within = mean(
    set.tokenized.filter((tokens) => tokens.length > 0).map((tokens) => mattr(tokens, reference.window)!),
  );
  const sample = relativeTo(within, reference.mattr);
  const distinct2 = distinct(2);
  const parts = {
    mattr: sample.relative,
    distinct2: distinct2.relative,
    compression: compression.relative,
  };
  return {
    value: weighted(parts),
    sampleLevel: parts.mattr,
    setLevel: setLevelOf(parts),
    mattr: sample,
    distinct1: distinct(1),
    distinct2,
    distinct3: distinct(3),
    distinct4: distinct(4),
    compression,
    budget,
    byteBudget,
  };
}

/** Measures, each as a part of the human one. */
interface RelativeParts {
  readonly mattr: number | undefined;
  readonly distinct2: number | undefined;
  readonly compression: number | undefined;
}

function setLevelOf({ distinct2, compression }: RelativeParts): number | undefined {
  return mean([distinct2, compression].filter((value) => value !== undefined));
}

/** D from its parts: the mean of sample level and set level; undefined when either is. */
export function weighted(parts: RelativeParts): number | undefined {
  const setLevel = setLevelOf(parts);
  return parts.mattr === undefined || setLevel === undefined ? undefined : (parts.mattr + setLevel) / 2;
}

const ABSENT: Relative = { value: undefined, human: undefined, relative: undefined };

function compared(set: AtBudget, human: AtBudget): Relative {
  return relativeTo(set.value, human.value);
}

function relativeTo(value: number | undefined, human: number | undefined): Relative {
  // No measure is 0 for human texts that have anything to count.
  const relative = value === undefined || human === undefined ? undefined : Math.min(1, value / human);
  return { value, human, relative };
}
