import { RecipeError } from "../errors.js";
import type { Recipe } from "../recipe/schema.js";
import { READING_TEMPLATES, WRITING_TEMPLATES } from "./built-in-templates.js";

/** The words of a prompt; `{{` and `}}` are braces. */
export interface PromptWords {
  readonly zeroShot: string;
  /** With `{examples}`, the demonstrations, one a line. */
  readonly fewShot?: string;
}

/** An instruction for a model. What stands in its braces is listed in `TEMPLATE_VARIABLES`. */
export interface PromptTemplate extends PromptWords {
  /** Text of a system turn. */
  readonly system?: string;
  /** The words for more than one text a call, where they are others. */
  readonly several?: PromptWords & {
    /** What these words put between two texts, if that is fixed. */
    readonly separator?: string;
    /** How many more texts than wanted are asked for. They are the first and the last, and are dropped. */
    readonly surplus?: number;
  };
  /** The `task.chat` that its source uses it with, if not `template`. */
  readonly chat?: Recipe["task"]["chat"];
  /** Where the words come from. */
  readonly source: string;
}

/** What a variable of a template stands for. The last four are those of prompts that ask about a text. */
export const TEMPLATE_VARIABLES = {
  label: "the class: the label's wording, or the label as the recipe writes it",
  language: "English name of the language",
  examples: "the demonstrations, one a line; in few-shot words only",
  meaning: "what the label means; every label needs a meaning",
  meaningClause: '` which has the following meaning: "…"`, or nothing for a label without a meaning',
  count: "how many texts are asked for",
  separator: "what stands between two texts",
  text: "the text that is asked about",
  task: "what is determined, such as sentiment",
  options: "the labels: `1) negative; 2) positive`",
  number: "how many labels there are, as a word",
} as const;

export type TemplateVariable = keyof typeof TEMPLATE_VARIABLES;

const ZERO_SHOT: readonly TemplateVariable[] = [
  "label",
  "language",
  "meaning",
  "meaningClause",
  "count",
  "separator",
];
const FEW_SHOT: readonly TemplateVariable[] = [...ZERO_SHOT, "examples"];

/** Names that `task.prompt` can have; each also with `/zero-shot` or `/few-shot` behind it. */
export const TEMPLATE_NAMES: readonly string[] = Object.keys(WRITING_TEMPLATES);

/** Every built-in template, by name. */
export const BUILT_IN_TEMPLATES: Readonly<Record<string, PromptTemplate>> = {
  ...WRITING_TEMPLATES,
  ...READING_TEMPLATES,
};

/**
 * The template that a recipe's `task.prompt` names, or holds. `NAME/zero-shot` and `NAME/few-shot` are the template
 * NAME; see `namedWords`.
 *
 * @throws RecipeError for an unknown name, an unknown variable, a brace that is not doubled, `{examples}` in
 *   `zeroShot`, or a `fewShot` without `{examples}`.
 */
export function findTemplate(prompt: Recipe["task"]["prompt"]): PromptTemplate {
  if (typeof prompt === "string") return namedTemplate(prompt);
  const { zeroShot, fewShot } = prompt;
  parseTemplate(zeroShot, ZERO_SHOT, "task.prompt.zeroShot");
  if (fewShot === undefined) return { zeroShot, source: "recipe" };
  const parts = parseTemplate(fewShot, FEW_SHOT, "task.prompt.fewShot");
  if (!parts.some((part) => typeof part !== "string" && part.variable === "examples")) {
    throw new RecipeError("task.prompt.fewShot: {examples} is missing, so no example would be shown.");
  }
  return { zeroShot, fewShot, source: "recipe" };
}

function namedTemplate(name: string): PromptTemplate {
  const words = namedWords(name);
  const base = words === undefined ? name : name.slice(0, -1 - words.length);
  const template = Object.hasOwn(WRITING_TEMPLATES, base) ? WRITING_TEMPLATES[base] : undefined;
  if (template && (words !== "few-shot" || template.fewShot !== undefined)) return template;
  throw new RecipeError(
    `task.prompt: there is no template "${name}". Built-in templates: ${TEMPLATE_NAMES.join(", ")}. ` +
      "`tiller templates` shows them. Your own words go into task.prompt.zeroShot and task.prompt.fewShot.",
  );
}

/** The only prompting that a recipe's `task.prompt` is for, if its name says so: `paper-a/sentiment/few-shot`. */
export function namedWords(prompt: Recipe["task"]["prompt"]): "zero-shot" | "few-shot" | undefined {
  if (typeof prompt !== "string") return undefined;
  return (["zero-shot", "few-shot"] as const).find((words) => prompt.endsWith(`/${words}`));
}

/** Whether words have a variable in them. */
export function usesVariable(words: string, variable: TemplateVariable): boolean {
  return words.replaceAll(/\{\{|\}\}/g, "").includes(`{${variable}}`);
}

/**
 * A template's text with its variables replaced. Values are inserted as they are: braces in them mean nothing.
 *
 * @param where the recipe's key, for the error.
 * @throws RecipeError for a variable that has no value here, or a brace that is not doubled.
 */
export function expandTemplate(
  template: string,
  values: Readonly<Partial<Record<TemplateVariable, string>>>,
  where: string,
): string {
  return parseTemplate(template, Object.keys(values), where)
    .map((part) => (typeof part === "string" ? part : values[part.variable as TemplateVariable]!))
    .join("");
}

type TemplatePart = string | { readonly variable: string };

function parseTemplate(template: string, allowed: readonly string[], where: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (const [token] of template.matchAll(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g)) {
    if (token === "{{" || token === "}}") parts.push(token.charAt(0));
    else if (token === "{" || token === "}") {
      throw new RecipeError(
        `${where}: a single "${token}" in the text. Write "${token}${token}" for a brace.`,
      );
    } else if (token.startsWith("{")) {
      const variable = token.slice(1, -1);
      if (!allowed.includes(variable)) {
        const names = allowed.map((name) => `{${name}}`).join(", ");
        throw new RecipeError(`${where}: ${token} is not known here. Known: ${names}; "{{" is a brace.`);
      }
      parts.push({ variable });
    } else parts.push(token);
  }
  return parts;
}
