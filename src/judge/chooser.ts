import type { ChatMessage } from "../engine/engine.js";
import type { AbsenceKind } from "./judge.js";

/** A question with a closed set of answers. */
export interface Question {
  readonly messages: readonly ChatMessage[];
  /** At least two; none is the beginning of another. */
  readonly answers: readonly string[];
  /** How an answer begins when it can be put into the model's mouth. */
  readonly lead: string;
}

/** Probabilities of a question's answers, in their order; they sum to 1. */
export interface Choice {
  readonly probabilities: readonly number[];
  /** What they summed to before. */
  readonly mass?: number;
}

/** What a judge asks its questions of. */
export interface Chooser {
  readonly name: string;
  /** Items that may be asked about at once. */
  readonly concurrency: number;
  /** @throws JudgeFailure */
  choose(question: Question, signal: AbortSignal): Promise<Choice>;
}

/** A question without an answer. The message is a sentence for the user. */
export class JudgeFailure extends Error {
  override readonly name = "JudgeFailure";
  readonly kind: AbsenceKind;
  /** True if every other question will fail for the same reason. */
  readonly final: boolean;
  /** HTTP status. */
  readonly status: number | undefined;
  constructor(
    kind: AbsenceKind,
    message: string,
    options: ErrorOptions & { readonly final?: boolean; readonly status?: number } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.final = options.final ?? false;
    this.status = options.status;
  }
}

/**
 * A choice from weights that need not sum to 1.
 *
 * @throws JudgeFailure if they sum to nothing: the judge rules out every answer.
 */
export function choiceOf(weights: readonly number[]): Choice & { readonly mass: number } {
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(mass > 0)) throw new JudgeFailure("nonsense", "The judge gives no allowed answer any probability.");
  return { probabilities: weights.map((weight) => weight / mass), mass };
}
