import type { Prompt } from "../engine/engine.js";
import { buildPrompt, type PromptOptions } from "./prompt.js";
import { expandTemplate, usesVariable } from "./templates.js";

/** Stands for the label until it is taken out: no template holds it. */
const MARK = "\u{F0000}";

export interface UnpromptedOptions extends Omit<PromptOptions, "examples"> {
  /** A template of its own; empty for no prompt at all. Left out, the zero-shot template without its label. */
  readonly unprompted: string | undefined;
}

/**
 * The prompt of the stream that classifier-free guidance leads away from: what was asked for, without what is to be
 * stressed. "A {label} review" becomes "A review", so that the two streams differ in the label, and what it means,
 * alone.
 *
 * @throws RecipeError for a template with an unknown variable, or an unknown language
 */
export function unpromptedPrompt({ unprompted, template, ...options }: UnpromptedOptions): Prompt {
  if (unprompted !== undefined) {
    if (unprompted.trim() === "") return "";
    const { label, wording = label, language } = options;
    expandTemplate(unprompted, { label: wording, language }, "guidance.unprompted");
    // Words of their own say themselves how many texts they ask for.
    const { several: _, ...rest } = template;
    return buildPrompt({ ...options, count: 1, template: { ...rest, zeroShot: unprompted } });
  }
  const { meaning: _, wording: __, ...unlabelled } = options;
  const meant = [template.zeroShot, template.several?.zeroShot].some(
    (words) => words !== undefined && usesVariable(words, "meaning"),
  );
  const marked = buildPrompt({ ...unlabelled, ...(meant ? { meaning: MARK } : {}), template, label: MARK });
  if (typeof marked === "string") return withoutMark(marked);
  return marked.map(({ role, content }) => ({ role, content: withoutMark(content) }));
}

/** One of the two spaces around a word goes with it. */
function withoutMark(text: string): string {
  return text.replaceAll(/(^|\s)\u{F0000}[^\S\n]?/gu, "$1").replaceAll(MARK, "");
}
