import type { Prompt } from "../engine/engine.js";
import { RecipeError } from "../errors.js";
import type { Recipe } from "../recipe/schema.js";
import { languageName } from "./languages.js";
import { DEFAULT_SEPARATOR } from "./split-texts.js";
import {
  expandTemplate,
  type PromptTemplate,
  type PromptWords,
  type TemplateVariable,
  usesVariable,
} from "./templates.js";

export type ChatFormat = Recipe["task"]["chat"];

export interface PromptOptions {
  readonly template: PromptTemplate;
  /**
   * `template`: messages for the model's own chat template. `raw`: the instruction alone. `instruction`: between
   * the `### Instruction:` and `### Response:` marks that paper A gives to Gemma.
   */
  readonly chat: ChatFormat;
  readonly label: string;
  /** How prompts call the label; left out, by its name. */
  readonly wording?: string;
  /** What the label means, as a sentence. */
  readonly meaning?: string;
  /** ISO 639 code; the prompt says its English name. */
  readonly language: string;
  /** Demonstrations for a few-shot prompt; left out, the prompt is zero-shot. */
  readonly examples?: readonly string[];
  /** Texts that one call asks for; default 1. */
  readonly count?: number;
  /** What the model is to write between them; default `|||`. */
  readonly separator?: string;
}

/**
 * The prompt that asks for one text, or `count` texts, of a label in a language. Demonstrations are joined by newlines,
 * as in paper A, each brought to one line. Where the format has no system turn, the system text stands before the
 * instruction, a blank line between them. Nothing that is inserted is expanded again.
 *
 * @throws RecipeError for an unknown language, no examples in the list, a template without the words that are needed,
 *   several texts of words without `{count}`, or `{meaning}` of a label without one.
 */
export function buildPrompt(options: PromptOptions): Prompt {
  const { template, chat, examples } = options;
  const values = valuesOf(options);
  const instruction = examples === undefined ? zeroShot(options, values) : fewShot(options, values, examples);
  const system =
    template.system === undefined ? undefined : expandTemplate(template.system, values, "The system text");
  if (chat === "template") {
    const user = { role: "user", content: instruction } as const;
    return system === undefined ? [user] : [{ role: "system", content: system }, user];
  }
  const text = system === undefined ? instruction : `${system}\n\n${instruction}`;
  return chat === "raw" ? text : `### Instruction:\n${text}\n\n### Response:\n`;
}

type Values = Readonly<Partial<Record<TemplateVariable, string>>>;

function valuesOf(options: PromptOptions): Values {
  const { template, label, wording = label, meaning, language, count = 1 } = options;
  const surplus = count > 1 ? (template.several?.surplus ?? 0) : 0;
  return {
    label: wording,
    language: languageName(language),
    ...(meaning === undefined ? {} : { meaning }),
    meaningClause: meaningClause(meaning),
    count: String(count + surplus),
    separator: separatorText(options.separator ?? DEFAULT_SEPARATOR),
  };
}

/** Of the predecessor of paper C; the quotation marks end the meaning, which is a sentence of its own. */
export function meaningClause(meaning: string | undefined): string {
  return meaning === undefined ? "" : ` which has the following meaning: "${meaning}"`;
}

/** A separator as an instruction names it: line breaks would not be seen. */
function separatorText(separator: string): string {
  if (separator.trim() !== "") return separator.trim();
  return /\n[^\S\n]*\n/.test(separator) ? "a blank line" : "a line break";
}

function zeroShot(options: PromptOptions, values: Values): string {
  return expand(options, wordsOf(options).zeroShot, values, "The zero-shot prompt");
}

function fewShot(options: PromptOptions, values: Values, examples: readonly string[]): string {
  const words = wordsOf(options).fewShot;
  if (words === undefined) {
    throw new RecipeError(
      "task.prompt has no fewShot words, so examples cannot be shown. Add task.prompt.fewShot with {examples}.",
    );
  }
  if (examples.length === 0) {
    throw new RecipeError(`A few-shot prompt for label "${options.label}" needs at least one example.`);
  }
  const lines = examples.map((example) => example.replace(/\s+/gu, " ").trim()).join("\n");
  return expand(options, words, { ...values, examples: lines }, "The few-shot prompt");
}

function wordsOf({ template, count = 1 }: PromptOptions): PromptWords {
  return count > 1 && template.several ? template.several : template;
}

function expand({ label, meaning, count = 1 }: PromptOptions, words: string, values: Values, where: string) {
  if (count > 1 && !usesVariable(words, "count")) {
    throw new RecipeError(
      `samples.perCall: ${count} texts are wanted of each call, and ${where.replace("The", "the")} asks for one. Write ` +
        "{count} and {separator} into task.prompt, or choose paper-c/six or paper-c/generate.",
    );
  }
  if (meaning === undefined && usesVariable(words, "meaning")) {
    throw new RecipeError(`${where} has {meaning}, and "${label}" has none. Add it to task.meanings.`);
  }
  return expandTemplate(words, values, where);
}
