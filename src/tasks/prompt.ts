import type { Prompt } from "../engine/engine.js";
import { RecipeError } from "../errors.js";
import type { Recipe } from "../recipe/schema.js";
import { languageName } from "./languages.js";
import { expandTemplate, type PromptTemplate } from "./templates.js";

export type ChatFormat = Recipe["task"]["chat"];

export interface PromptOptions {
  readonly template: PromptTemplate;
  /**
   * `template`: messages for the model's own chat template. `raw`: the instruction alone. `instruction`: between
   * the `### Instruction:` and `### Response:` marks that paper A gives to Gemma.
   */
  readonly chat: ChatFormat;
  readonly label: string;
  /** ISO 639 code; the prompt says its English name. */
  readonly language: string;
  /** Demonstrations for a few-shot prompt; left out, the prompt is zero-shot. */
  readonly examples?: readonly string[];
}

/**
 * The prompt that asks for one text of a label in a language. Demonstrations are joined by newlines, as in
 * paper A, each brought to one line. Where the format has no system turn, the system text stands before the
 * instruction, a blank line between them. Nothing that is inserted is expanded again.
 *
 * @throws RecipeError for an unknown language, no examples in the list, or a template without few-shot words.
 */
export function buildPrompt(options: PromptOptions): Prompt {
  const { template, chat, examples } = options;
  const values = { label: options.label, language: languageName(options.language) };
  const instruction =
    examples === undefined ? zeroShot(template, values) : fewShot(template, values, examples);
  const system =
    template.system === undefined ? undefined : expandTemplate(template.system, values, "The system text");
  if (chat === "template") {
    const user = { role: "user", content: instruction } as const;
    return system === undefined ? [user] : [{ role: "system", content: system }, user];
  }
  const text = system === undefined ? instruction : `${system}\n\n${instruction}`;
  return chat === "raw" ? text : `### Instruction:\n${text}\n\n### Response:\n`;
}

interface Values {
  readonly label: string;
  readonly language: string;
}

function zeroShot(template: PromptTemplate, values: Values): string {
  return expandTemplate(template.zeroShot, values, "The zero-shot prompt");
}

function fewShot(template: PromptTemplate, values: Values, examples: readonly string[]): string {
  if (template.fewShot === undefined) {
    throw new RecipeError(
      "task.prompt has no fewShot words, so examples cannot be shown. Add task.prompt.fewShot with {examples}.",
    );
  }
  if (examples.length === 0) {
    throw new RecipeError(`A few-shot prompt for label "${values.label}" needs at least one example.`);
  }
  const lines = examples.map((example) => example.replace(/\s+/gu, " ").trim()).join("\n");
  return expandTemplate(template.fewShot, { ...values, examples: lines }, "The few-shot prompt");
}
