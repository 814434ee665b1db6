import { diversityError } from "./diversity-error.js";
import type { ScoreReference } from "./reference.js";
import { type Relative, type RelativeDiversity, relativeDiversity } from "./relative-diversity.js";

/** A text with its words, and its language as a key of the reference. */
export interface TokenizedText {
  readonly text: string;
  readonly key: string;
  readonly tokens: readonly string[];
}

/** Diversity over languages, with what it may be off by; see `diversityError`. */
export interface DiversityOverLanguages extends RelativeDiversity {
  /** Undefined where no language has two texts with a word. */
  readonly standardError: number | undefined;
}

/**
 * `relativeDiversity` of each language by itself, since diversity does not compare between languages, and its mean
 * weighted by the languages' texts. The budgets are the smallest of any language.
 *
 * @param notes what could not be measured, or not at the budget that was asked, is added to them.
 */
export function diversityOverLanguages(
  texts: readonly TokenizedText[],
  reference: ScoreReference,
  { budget, seed }: { readonly budget: number; readonly seed: number },
  notes: Set<string>,
): DiversityOverLanguages {
  const parts: {
    readonly weight: number;
    readonly diversity: RelativeDiversity;
    readonly error: number | undefined;
  }[] = [];
  for (const key of new Set(texts.map((text) => text.key))) {
    const own = texts.filter((text) => text.key === key);
    const human = reference.languages.get(key);
    if (human === undefined) {
      notes.add(`${key}: there are no human texts, so diversity and coherence are not measured.`);
      continue;
    }
    const set = { texts: own.map((text) => text.text), tokenized: own.map((text) => text.tokens) };
    const diversity = relativeDiversity(set, human, { budget, seed });
    if (diversity.budget < budget) {
      const smaller = human.words === diversity.budget ? "human texts have" : "set has";
      notes.add(
        `${key}: distinct-n is compared at ${diversity.budget} words instead of ${budget}, all that the ${smaller}.`,
      );
    }
    if (diversity.compression.value === undefined) {
      notes.add(`${key}: there is too little text to measure its compression.`);
    }
    if (diversity.value === undefined) notes.add(`${key}: there are too few words to measure diversity.`);
    const short = own.filter((text) => text.tokens.length < human.window).length;
    if (2 * short > own.length) {
      notes.add(
        `${key}: ${short} of ${own.length} texts are shorter than ${human.window} words, the window of the type-token ratio, which favours them.`,
      );
    }
    const error = diversity.value === undefined ? undefined : diversityError(set, human, { budget, seed });
    parts.push({ weight: own.length, diversity, error });
  }
  const over = (part: (diversity: RelativeDiversity) => number | undefined): number | undefined =>
    weightedMean(parts.map(({ weight, diversity }) => ({ weight, value: part(diversity) })));
  const relative = (part: (diversity: RelativeDiversity) => Relative): Relative => ({
    value: over((diversity) => part(diversity).value),
    human: over((diversity) => part(diversity).human),
    relative: over((diversity) => part(diversity).relative),
  });
  const smallest = (sizes: readonly number[]): number => (sizes.length === 0 ? 0 : Math.min(...sizes));
  const measured = parts.filter(({ diversity }) => diversity.value !== undefined);
  const weights = measured.reduce((sum, { weight }) => sum + weight, 0);
  const known = measured.some(({ error }) => error !== undefined);
  return {
    value: over((diversity) => diversity.value),
    standardError: known
      ? Math.hypot(...measured.map(({ weight, error = 0 }) => weight * error)) / weights
      : undefined,
    sampleLevel: over((diversity) => diversity.sampleLevel),
    setLevel: over((diversity) => diversity.setLevel),
    mattr: relative((diversity) => diversity.mattr),
    distinct1: relative((diversity) => diversity.distinct1),
    distinct2: relative((diversity) => diversity.distinct2),
    distinct3: relative((diversity) => diversity.distinct3),
    distinct4: relative((diversity) => diversity.distinct4),
    compression: relative((diversity) => diversity.compression),
    budget: smallest(parts.map(({ diversity }) => diversity.budget)),
    byteBudget: smallest(parts.map(({ diversity }) => diversity.byteBudget)),
  };
}

/** Mean of the values that are there. */
function weightedMean(
  items: readonly { readonly weight: number; readonly value: number | undefined }[],
): number | undefined {
  let sum = 0;
  let weights = 0;
  for (const { weight, value } of items) {
    if (value === undefined) continue;
    sum += weight * value;
    weights += weight;
  }
  return weights === 0 ? undefined : sum / weights;
}
