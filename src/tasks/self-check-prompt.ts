import type { ChatMessage } from "../engine/engine.js";
import { languageName } from "./languages.js";
import { meaningClause } from "./prompt.js";
import { BUILT_IN_TEMPLATES, expandTemplate } from "./templates.js";

export interface SelfCheckOptions {
  readonly text: string;
  /** The class as prompts call it. */
  readonly label: string;
  /** What the label means, as a sentence. */
  readonly meaning?: string | undefined;
  /** ISO 639 code. */
  readonly language: string;
}

/**
 * The messages that ask a model to revise a text, yes or no: whether it belongs to the class, is grammatical and
 * complete, and is in the language (the template `paper-c/self-check`).
 *
 * @throws RecipeError for an unknown language
 */
export function selfCheckPrompt({ text, label, meaning, language }: SelfCheckOptions): ChatMessage[] {
  const { zeroShot } = BUILT_IN_TEMPLATES["paper-c/self-check"]!;
  const values = { text, label, meaningClause: meaningClause(meaning), language: languageName(language) };
  return [{ role: "user", content: expandTemplate(zeroShot, values, "paper-c/self-check") }];
}
