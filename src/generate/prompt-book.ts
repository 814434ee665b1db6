import type { Prompt } from "../engine/engine.js";
import type { Recipe } from "../recipe/schema.js";
import { drawDemonstrations } from "../tasks/demonstrations.js";
import type { LabelledText } from "../tasks/labelled-text.js";
import { buildPrompt } from "../tasks/prompt.js";
import { findTemplate } from "../tasks/templates.js";
import type { Prompting } from "./configuration.js";

/** The prompt for one text of a label in a language; the same one for all texts of a configuration. */
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
  return (prompting, language, label) => {
    if (prompting === "zero-shot") return buildPrompt({ template, chat, label, language });
    const { count, shortest } = recipe.demonstrations!;
    const examples = drawDemonstrations(human, { label, language, count, shortest, seed: recipe.seed });
    return buildPrompt({ template, chat, label, language, examples });
  };
}

/** The words of a prompt, for the filter that looks for echoes of it. */
export function promptText(prompt: Prompt): string {
  return typeof prompt === "string" ? prompt : prompt.map((message) => message.content).join("\n");
}
