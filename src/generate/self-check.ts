import type { ChatMessage } from "../engine/engine.js";
import type { Chooser, Question } from "../judge/chooser.js";
import type { Recipe } from "../recipe/schema.js";
import { labelWords } from "../tasks/label-sets.js";
import { selfCheckPrompt } from "../tasks/self-check-prompt.js";

/** A text, and what was asked for. */
export interface CheckedText {
  readonly text: string;
  readonly label: string;
  /** ISO 639 code. */
  readonly language: string;
}

/**
 * The question that paper C has a model ask of its own texts, with the answers "yes" and "no" in this order. The class
 * has the recipe's words for it.
 */
export function selfCheckQuestion(
  { task }: Pick<Recipe, "task">,
  { text, label, language }: CheckedText,
): Question {
  const { wording = label, meaning } = labelWords(task, label);
  const messages = selfCheckPrompt({ text, label: wording, meaning, language }) as readonly ChatMessage[];
  return { messages, answers: ["yes", "no"], lead: "Answer: " };
}

/**
 * Probability, 0 to 1, that the model answers the question with yes rather than with no. It is read from the
 * log-probabilities of the two answers, without sampling, so that the same text has the same number every time.
 *
 * @throws JudgeFailure if the question cannot be read; InterruptedError
 */
export async function selfCheck(
  chooser: Chooser,
  recipe: Pick<Recipe, "task">,
  text: CheckedText,
  signal: AbortSignal,
): Promise<number> {
  const { probabilities } = await chooser.choose(selfCheckQuestion(recipe, text), signal);
  return probabilities[0]!;
}
