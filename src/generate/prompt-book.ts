import type { Prompt } from "../engine/engine.js";
import type { Recipe } from "../recipe/schema.js";
import { drawDemonstrations } from "../tasks/demonstrations.js";
import { labelWords } from "../tasks/label-sets.js";
import type { LabelledText } from "../tasks/labelled-text.js";
import { buildPrompt } from "../tasks/prompt.js";
import { findTemplate } from "../tasks/templates.js";
import type { Prompting } from "./configuration.js";

/** The prompt for one call of the model for a label in a language; the same one for all texts of a configuration. */
export type PromptBook = (prompting: Prompting, language: string, label: string) => Prompt;

/**
 * The recipe's prompts. Demonstrations are drawn once for a label and language, as in paper A, so that all
 * texts of a job share one prompt.
 *
 * @throws RecipeError when called for a label with too few demonstrations
 */
export function createPromptBook(recipe: Recipe, human: readonly LabelledText[]): PromptBook {
  const template = findTemplate(recipe.task.prompt);
  const { chat } = recipe.task;
  const { perCall: count, separator } = recipe.samples;
  return (prompting, language, label) => {
    const words = labelWords(recipe.task, label);
    const options = {
      template,
      chat,
      label,
      ...words,
      language,
      ...(count === 1 ? {} : { count, separator }),
    };
    if (prompting === "zero-shot") return buildPrompt(options);
    return buildPrompt({ ...options, examples: demonstrationsOf(recipe, human, language, label) });
  };
}

/** The human texts that few-shot prompts for a label in a language show. */
export function demonstrationsOf(
  { demonstrations, seed }: Recipe,
  human: readonly LabelledText[],
  language: string,
  label: string,
): string[] {
  const { file: _, ...draw } = demonstrations!;
  return drawDemonstrations(human, { label, language, ...draw, seed });
}

/** What one text of a label in a language is asked for, in words: the zero-shot prompt for a single text. */
export function taskInstruction({ task }: Recipe, language: string, label: string): string {
  const template = findTemplate(task.prompt);
  return promptText(buildPrompt({ template, chat: task.chat, label, ...labelWords(task, label), language }));
}

/** The words of a prompt, for the filter that looks for echoes of it. */
export function promptText(prompt: Prompt): string {
  return typeof prompt === "string" ? prompt : prompt.map((message) => message.content).join("\n");
}
