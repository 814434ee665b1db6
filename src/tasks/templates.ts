import { RecipeError } from "../errors.js";
import type { Recipe } from "../recipe/schema.js";

/**
 * An instruction that asks a model for one text. `{label}` is the class name as the recipe writes it, `{language}`
 * the English name of the language, `{examples}` the demonstrations, one a line; `{{` and `}}` are braces.
 */
export interface PromptTemplate {
  readonly zeroShot: string;
  readonly fewShot?: string;
  /** Text of a system turn. */
  readonly system?: string;
  /** Where the words come from. */
  readonly source: string;
}

export type TemplateVariable = "label" | "language" | "examples";

const PAPER_C_TASK = "You are required to produce 1 example in {language} that can have the label: {label}.";
const PAPER_C_LIMIT =
  "Do not generate anything that cannot be classified as {label} and do not repeat the instruction.";

const BUILT_IN: Readonly<Record<string, PromptTemplate>> = {
  "paper-a/sentiment": {
    zeroShot:
      "Generate a review with {label} sentiment in {language} language. Output only the text and nothing else.",
    fewShot:
      "Generate a review with {label} sentiment in {language} language based on examples. Output only the text and nothing else. Examples: {examples}",
    source: "arXiv 2606.18389, sentiment, all models",
  },
  "paper-a/topic": {
    zeroShot:
      "Generate a long wiki style sentence on the topic of {label} in {language} language. Output only the text in {language}.",
    fewShot:
      "Generate a long wiki style sentence on the topic of {label} in {language} language based on examples. Output only the text in {language}. Examples: {examples}",
    source: "arXiv 2606.18389, topic, Gemma",
  },
  "paper-a/topic-llama": {
    zeroShot:
      "Generate a wiki-style sentence on the topic of {label} in {language} language. Output only the text and nothing else.",
    fewShot:
      "Generate a wiki-style sentence on the topic of {label} in {language} language based on examples. Output only the text and nothing else. Examples: {examples}",
    source: "arXiv 2606.18389, topic, Llama; zeroShot is fewShot without its examples",
  },
  "paper-c/generate": {
    system:
      "You are an excellent text generator and can generate representative text samples for the given class in {language}.",
    zeroShot: `${PAPER_C_TASK} ${PAPER_C_LIMIT}`,
    fewShot: `${PAPER_C_TASK} Note that some examples from the dataset look as follows:\n{examples}\nNow generate 1 similar example. ${PAPER_C_LIMIT}`,
    source: "arXiv 2506.12158, the predecessor of 2601.16278, with one text asked for in place of many",
  },
};

/** Names that `task.prompt` can have. */
export const TEMPLATE_NAMES: readonly string[] = Object.keys(BUILT_IN);

/**
 * The template that a recipe's `task.prompt` names, or holds.
 *
 * @throws RecipeError for an unknown name, an unknown variable, a brace that is not doubled, `{examples}` in
 *   `zeroShot`, or a `fewShot` without `{examples}`.
 */
export function findTemplate(prompt: Recipe["task"]["prompt"]): PromptTemplate {
  if (typeof prompt === "string") {
    const template = Object.hasOwn(BUILT_IN, prompt) ? BUILT_IN[prompt] : undefined;
    if (template !== undefined) return template;
    throw new RecipeError(
      `task.prompt: there is no template "${prompt}". Built-in templates: ${TEMPLATE_NAMES.join(", ")}. ` +
        "Your own words go into task.prompt.zeroShot and task.prompt.fewShot.",
    );
  }
  const { zeroShot, fewShot } = prompt;
  parseTemplate(zeroShot, ["label", "language"], "task.prompt.zeroShot");
  if (fewShot === undefined) return { zeroShot, source: "recipe" };
  const parts = parseTemplate(fewShot, ["label", "language", "examples"], "task.prompt.fewShot");
  if (!parts.some((part) => typeof part !== "string" && part.variable === "examples")) {
    throw new RecipeError("task.prompt.fewShot: {examples} is missing, so no example would be shown.");
  }
  return { zeroShot, fewShot, source: "recipe" };
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
