import type { ChatMessage } from "../engine/engine.js";
import { cleanText } from "../tasks/clean-text.js";
import { languageName } from "../tasks/languages.js";
import { oneLine } from "./translator.js";

/** Part of a translator's name: translations that other words asked for are not taken for these. */
export const TRANSLATION_PROMPT_VERSION = 1;

const ORDER = "Translate the text below";

/** Asks a chat model for a translation. */
export function translationMessages(text: string, from: string, to: string): readonly ChatMessage[] {
  const content =
    `${ORDER} from ${languageName(from)} into ${languageName(to)}. ` +
    `Answer with the translation alone, on one line.\n\n${text}`;
  return [{ role: "user", content }];
}

/** For a model without a chat template: two lines, of which it writes the second. */
export function translationLines(text: string, from: string, to: string): string {
  return `${languageName(from)}: ${text}\n${languageName(to)}:`;
}

/** A translation without what a chat puts around it: thoughts, a heading such as `Spanish:`, quotation marks, further lines. Empty if the model repeats the order. */
export function cleanTranslation(answer: string, text: string, to: string): string {
  const said = answer.replace(/^\s*<think>[\s\S]*?<\/think>/u, "");
  const line = oneLine(said.trim().split(/\n\s*\n/u)[0]!);
  const heading = new RegExp(
    `^[*_]*(?:translation|${languageName(to)})(?: translation)?[*_]*\\s*[:：][*_]*\\s*`,
    "iu",
  );
  const bare = line.replace(heading, "");
  if (bare.startsWith(ORDER) && !text.startsWith(ORDER)) return "";
  // A text that is itself in quotation marks keeps them.
  return /^["'“„«「]/u.test(text) ? bare : cleanText(bare, { chat: "template" });
}
