/** What a judge of texts is to its callers. Rubrics after AxBench (Wu et al. 2025, arXiv 2501.17148), in our words. */

/** What a text is rated on, each from 0 to 2. */
export const CRITERIA = ["concept", "instruction", "fluency"] as const;
export type Criterion = (typeof CRITERIA)[number];

/** What a text should show: a concept (paper D), or a label of the task. */
export type Aim =
  | { readonly concept: string; readonly label?: undefined }
  | { readonly label: string; readonly concept?: undefined };

/** What texts were asked for. */
export type TextRequest = Aim & {
  /** ISO 639 code or BCP 47 tag of the language that the text should be in. */
  readonly language: string;
  /** What the writer was told to write. */
  readonly instruction: string;
};

export type JudgedItem = TextRequest & { readonly text: string };

export type JudgedPair = TextRequest & {
  readonly a: string;
  readonly b: string;
  readonly criterion: Criterion;
};

/**
 * Why there is no rating. `down`: the judge did not answer. `refused`: it would not take the question. `nonsense`: it
 * answered something that is no rating. `failed`: the local engine could not read the question.
 */
export type AbsenceKind = "down" | "refused" | "nonsense" | "failed";

/** A rating that there is not, and why. It is no zero, and no part of a mean. */
export interface Absence {
  readonly absent: AbsenceKind;
  readonly reason: string;
}

/** What the order in which choices were shown made of an answer. Both are left out if there was one order only. */
export interface OrderCheck {
  /** The answer with the first order less that with the second, in the answer's unit. */
  readonly orderEffect?: number;
  /** Whether the likeliest answer is the same in both orders. */
  readonly ordersAgree?: boolean;
}

export interface CriterionRating extends OrderCheck {
  /** Expected rating, 0 to 2: mean over the orders in which the rubric was shown (0, 1, 2 and 2, 1, 0). */
  readonly expected: number;
  /** Likeliest rating: 0, 1 or 2; of equally likely ones the lowest. */
  readonly likeliest: number;
  /**
   * Share of the judge's next-token probability that the allowed ratings had, before it was renormalised; left out
   * where it is not known. Near 0, the judge would have answered something else.
   */
  readonly mass?: number;
}

export type RatedText = Readonly<Record<Criterion, CriterionRating>> & { readonly absent?: undefined };

export type Rating = RatedText | Absence;

export interface PreferredText extends OrderCheck {
  /** Probability that `a` is the better text: mean over both orders. */
  readonly a: number;
  readonly mass?: number;
  readonly absent?: undefined;
}

export type Preference = PreferredText | Absence;

export interface JudgeRun<Result> {
  readonly signal?: AbortSignal | undefined;
  /** Called once for each item, as soon as its result is known. */
  readonly onItem?: ((index: number, result: Result) => void) | undefined;
}

/** A language model that rates texts. */
export interface Judge {
  /** Model and rubrics: two judges of one name give the same ratings. */
  readonly name: string;
  /**
   * Rates each text on each criterion, in the order of the items. A text without a visible character is rated 0
   * without asking. An item that could not be rated is an `Absence`, never an exception.
   *
   * @throws EngineError when there are texts to ask about and not one could be rated.
   * @throws InterruptedError when the signal is aborted; what was rated is in the cache.
   * @throws StoreError when the cache cannot be written.
   */
  rate(items: readonly JudgedItem[], run?: JudgeRun<Rating>): Promise<Rating[]>;
  /** Says which of two texts is better on a criterion. Shown in both orders. Throws as `rate`. */
  prefer(pairs: readonly JudgedPair[], run?: JudgeRun<Preference>): Promise<Preference[]>;
}
