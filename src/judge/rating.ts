import { harmonicMean } from "../score/harmonic.js";
import { mean } from "../score/statistics.js";
import type { Choice } from "./chooser.js";
import {
  type AbsenceKind,
  CRITERIA,
  type Criterion,
  type CriterionRating,
  type OrderCheck,
  type PreferredText,
  type RatedText,
  type Rating,
} from "./judge.js";

/**
 * A criterion's rating from the probabilities of 0, 1 and 2 in one order of the rubric or in both: the distributions
 * are averaged.
 */
export function criterionRating(choices: readonly Choice[]): CriterionRating {
  const averaged = [0, 1, 2].map(
    (rating) => mean(choices.map(({ probabilities }) => probabilities[rating]!))!,
  );
  return {
    expected: expectation(averaged),
    likeliest: likeliest(averaged),
    ...massOf(choices),
    ...orderCheck(choices.map(({ probabilities }) => [expectation(probabilities), likeliest(probabilities)])),
  };
}

/** A preference from the probabilities of "A" and "B"; in the second choice, if there is one, A is the text `b`. */
export function preference(choices: readonly Choice[]): PreferredText {
  const chances = choices.map(({ probabilities }, order) => probabilities[order]!);
  return {
    a: mean(chances)!,
    ...massOf(choices),
    ...orderCheck(chances.map((chance) => [chance, Math.sign(chance - 0.5)])),
  };
}

/**
 * One number for a rated text, 0 to 2: the harmonic mean of its three ratings, 0 if one is 0 (AxBench's overall score).
 * Halve it to use it beside shares.
 *
 * @param of `likeliest`: whole ratings, as AxBench has them. `expected`: finer, and hardly ever 0.
 */
export function ratingScore(rating: RatedText, of: "likeliest" | "expected" = "likeliest"): number {
  return harmonicMean(CRITERIA.map((criterion) => rating[criterion][of]));
}

/** How much the order of choices matters to a judge. Undefined where nothing was shown in both orders. */
export interface OrderEffects {
  /** Share of answers whose likeliest choice is another in the other order. */
  readonly disagreement: number | undefined;
  /** Mean of the absolute order effect. */
  readonly size: number | undefined;
  /** Mean order effect: what remains of it in one direction. */
  readonly bias: number | undefined;
}

export function orderEffects(checks: readonly OrderCheck[]): OrderEffects {
  const agreements = checks.flatMap(({ ordersAgree }) => (ordersAgree === undefined ? [] : [ordersAgree]));
  const effects = checks.flatMap(({ orderEffect }) => (orderEffect === undefined ? [] : [orderEffect]));
  return {
    disagreement: mean(agreements.map((agree) => (agree ? 0 : 1))),
    size: mean(effects.map(Math.abs)),
    bias: mean(effects),
  };
}

export interface CriterionSummary extends OrderEffects {
  /** Means over the rated texts. */
  readonly expected: number | undefined;
  readonly likeliest: number | undefined;
  readonly mass: number | undefined;
}

/** Ratings of a set of texts. Means are over the rated texts, and undefined if there are none. */
export interface JudgeSummary extends Readonly<Record<Criterion, CriterionSummary>> {
  readonly rated: number;
  /** Texts without a rating, by cause; their reasons, each once. */
  readonly absent: Readonly<Record<AbsenceKind, number>>;
  readonly reasons: readonly string[];
  /** Mean `ratingScore`, 0 to 2. */
  readonly score: number | undefined;
}

export function summarizeRatings(ratings: readonly Rating[]): JudgeSummary {
  const rated: RatedText[] = [];
  const absent = { down: 0, refused: 0, nonsense: 0, failed: 0 };
  const reasons = new Set<string>();
  for (const rating of ratings) {
    if (rating.absent === undefined) rated.push(rating);
    else {
      absent[rating.absent] += 1;
      reasons.add(rating.reason);
    }
  }
  const of = (criterion: Criterion): CriterionSummary => {
    const own = rated.map((rating) => rating[criterion]);
    return {
      expected: mean(own.map(({ expected }) => expected)),
      likeliest: mean(own.map(({ likeliest }) => likeliest)),
      mass: mean(own.flatMap(({ mass }) => (mass === undefined ? [] : [mass]))),
      ...orderEffects(own),
    };
  };
  return {
    rated: rated.length,
    absent,
    reasons: [...reasons],
    score: mean(rated.map((rating) => ratingScore(rating))),
    concept: of("concept"),
    instruction: of("instruction"),
    fluency: of("fluency"),
  };
}

function expectation(probabilities: readonly number[]): number {
  const sum = probabilities.reduce((total, probability, rating) => total + rating * probability, 0);
  // Probabilities sum to 1 but for the last bit.
  return Math.min(sum, probabilities.length - 1);
}

function likeliest(probabilities: readonly number[]): number {
  return probabilities.indexOf(Math.max(...probabilities));
}

function massOf(choices: readonly Choice[]): { mass?: number } {
  const mass = mean(choices.flatMap((choice) => (choice.mass === undefined ? [] : [choice.mass])));
  return mass === undefined ? {} : { mass };
}

/** @param answers value and winner in each order. */
function orderCheck(answers: readonly (readonly [number, number])[]): OrderCheck {
  const [first, second] = answers;
  if (first === undefined || second === undefined) return {};
  return { orderEffect: first[0] - second[0], ordersAgree: first[1] === second[1] };
}
