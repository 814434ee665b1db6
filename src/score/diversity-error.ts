import { randomGenerator, shuffleInPlace } from "../random/seeded-random.js";
import { compressionRatio, distinctN, joinedBytes, mattr } from "./diversity.js";
import type { LanguageReference } from "./reference.js";
import { FEWEST_BYTES, type MeasuredTexts, MOST_BYTES, weighted } from "./relative-diversity.js";
import { standardDeviation } from "./standard-deviation.js";
import { mean } from "./statistics.js";

/** Enough to tell the error to some 13 %. */
const DRAWS = 30;

/**
 * What the relative diversity D of a set may be off by, had the set had other texts from the same source:
 *
 *     SE = √(m / (W − m)) · sd over draws of D at m words,   m = min(budget, W/2)
 *
 * which is the delete-d jackknife (Shao and Wu 1989) over texts, W being the words of the set. Texts are drawn without
 * replacement, because a text drawn twice repeats itself, and a bootstrap with replacement would measure that. The human
 * texts are held.
 *
 * @returns undefined for fewer than two texts with a word, or where D is not measured.
 */
export function diversityError(
  { texts, tokenized }: MeasuredTexts,
  reference: LanguageReference,
  { budget, seed }: { readonly budget: number; readonly seed: number },
): number | undefined {
  // Sorted, so that the order in which the texts came does not matter.
  const filled = tokenized
    .flatMap((tokens, i) => (tokens.length === 0 ? [] : [{ tokens, text: texts[i]! }]))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ tokens, text }) => ({ tokens, text, mattr: mattr(tokens, reference.window)! }));
  const words = filled.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const drawn = Math.min(budget, reference.words, Math.floor(words / 2));
  if (filled.length < 2 || drawn < 2) return undefined;
  const bytes = Math.min(
    MOST_BYTES,
    reference.bytes,
    Math.floor((joinedBytes(filled.map(({ text }) => text)) * drawn) / words),
  );
  const once = { seed, draws: 1 };
  const human = {
    distinct2: distinctN(reference.tokenized, 2, { budget: drawn, seed }).value,
    compression:
      bytes < FEWEST_BYTES ? undefined : compressionRatio(reference.texts, { budget: bytes, seed }).value,
  };
  const random = randomGenerator(seed);
  const found: number[] = [];
  for (let draw = 0; draw < DRAWS; draw++) {
    const some: (typeof filled)[number][] = [];
    let left = drawn;
    for (const one of shuffleInPlace([...filled], random)) {
      if (left <= 0) break;
      some.push(one);
      left -= one.tokens.length;
    }
    const size = Math.min(bytes, joinedBytes(some.map(({ text }) => text)));
    const distinct2 = distinctN(
      some.map(({ tokens }) => tokens),
      2,
      { ...once, budget: drawn },
    ).value;
    const compression = compressionRatio(
      some.map(({ text }) => text),
      { ...once, budget: Math.max(1, size) },
    ).value;
    const value = weighted({
      mattr: part(mean(some.map((one) => one.mattr)), reference.mattr),
      distinct2: part(distinct2, human.distinct2),
      compression: part(compression, human.compression),
    });
    if (value !== undefined) found.push(value);
  }
  const spread = standardDeviation(found);
  return spread === undefined ? undefined : spread * Math.sqrt(drawn / (words - drawn));
}

function part(value: number | undefined, human: number | undefined): number | undefined {
  return value === undefined || human === undefined ? undefined : Math.min(1, value / human);
}
