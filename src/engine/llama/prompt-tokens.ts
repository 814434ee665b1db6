import { Template } from "@huggingface/jinja";
import { EngineError } from "../../errors.js";
import type { ChatMessage, Prompt, ReadText } from "../engine.js";
import type { TokenText } from "./packing.js";
import type { Vocabulary } from "./vocabulary.js";

/**
 * The day on which every chat template believes itself to be: 26 July 2024, the one that Llama 3's templates
 * fall back on. Templates that write today's date would give a run that goes on tomorrow other prompts.
 */
const TEMPLATE_DATE: Readonly<Record<string, string>> = {
  "%": "%",
  A: "Friday",
  a: "Fri",
  B: "July",
  b: "Jul",
  d: "26",
  H: "00",
  I: "12",
  j: "208",
  M: "00",
  m: "07",
  p: "AM",
  S: "00",
  Y: "2024",
  y: "24",
};

/** Python's `strftime` for that day at midnight; `%-d` and the like without the leading zero. */
function templateDate(format: string): string {
  return format.replace(/%(-?)([A-Za-z%])/g, (directive, bare: string, letter: string) => {
    const value = TEMPLATE_DATE[letter] ?? directive;
    return bare ? value.replace(/^0+(?=\d)/, "") : value;
  });
}

/** The library defines `strftime_now` itself and lets only the template redefine it; the line break is trimmed. */
const FIX_DATE = "{% set strftime_now = tiller_template_date %}\n";

function applyTemplate(
  source: string | null,
  messages: readonly ChatMessage[],
  vocabulary: Vocabulary,
): string {
  if (!source) {
    throw new EngineError(
      "The model has no chat template. Use `chat: raw` or `chat: instruction` in the recipe's task.",
    );
  }
  try {
    return new Template(FIX_DATE + source).render({
      tiller_template_date: templateDate,
      messages: messages.map((message) => ({ ...message })),
      add_generation_prompt: true,
      bos_token: vocabulary.text(vocabulary.bos),
      eos_token: vocabulary.text(vocabulary.eos),
    });
  } catch (error) {
    throw new EngineError(`The model's chat template refused the messages: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The text that the model sees for a prompt: the text itself, or the messages in the model's chat template. */
export function renderPrompt(prompt: Prompt, chatTemplate: string | null, vocabulary: Vocabulary): string {
  return typeof prompt === "string" ? prompt : applyTemplate(chatTemplate, prompt, vocabulary);
}

function sameTokens(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((token, i) => token === b[i]);
}

/** True if the text holds the spelling of a control token, such as `</s>`. */
function holdsControlToken(text: string, vocabulary: Vocabulary): boolean {
  return !sameTokens(vocabulary.tokenize(text, false, true), vocabulary.tokenize(text, false, false));
}

/**
 * Tokens of a prompt, with one BOS where the model wants one. Control tokens are read in the template's own
 * text and never in the messages: a review that quotes `</s>` stays text. Messages that hold no such spelling
 * are tokenised together with the template, as the model was trained; others piece by piece.
 */
export function promptTokens(
  prompt: Prompt,
  chatTemplate: string | null,
  vocabulary: Vocabulary,
): Int32Array {
  if (typeof prompt === "string") return vocabulary.tokenize(prompt, true, false);
  const hostile = prompt.some((message) => holdsControlToken(message.content, vocabulary));
  const parts = hostile
    ? renderInParts(prompt, chatTemplate, vocabulary)
    : [{ text: applyTemplate(chatTemplate, prompt, vocabulary), data: false }];
  const bosText = vocabulary.bos >= 0 ? vocabulary.text(vocabulary.bos) : "";
  const first = parts[0];
  if (!first?.text) {
    throw new EngineError(
      "The prompt is empty: the model's chat template wrote nothing for the messages. " +
        "Use `chat: raw` or `chat: instruction` in the recipe's task.",
    );
  }
  // Only the template can write a BOS: in a message, `<s>` is text.
  const written = bosText !== "" && !first.data && first.text.startsWith(bosText);
  const tokens: number[] = [];
  parts.forEach((part, i) => {
    tokens.push(...vocabulary.tokenize(part.text, i === 0 && !written, !part.data));
  });
  return Int32Array.from(tokens);
}

/**
 * Tokens of a whole text. An answer goes on where the prompt ends, with a space between only if it begins with one,
 * and control tokens in it are text.
 */
export function readTokens(text: ReadText, chatTemplate: string | null, vocabulary: Vocabulary): TokenText {
  if (typeof text === "string") {
    const tokens = vocabulary.tokenize(text, true, false);
    return { tokens, promptLength: tokens.length };
  }
  const prompt = promptTokens(text.prompt, chatTemplate, vocabulary);
  const answer = text.answer === undefined ? [] : vocabulary.continuation(text.answer, prompt.at(-1));
  return { tokens: Int32Array.from([...prompt, ...answer]), promptLength: prompt.length };
}

function renderInParts(
  messages: readonly ChatMessage[],
  chatTemplate: string | null,
  vocabulary: Vocabulary,
): { text: string; data: boolean }[] {
  const marks = messages.map((_, i) => `\u{F0000}${i}\u{F0001}`);
  const rendered = applyTemplate(
    chatTemplate,
    messages.map((message, i) => ({ role: message.role, content: marks[i]! })),
    vocabulary,
  );
  return rendered
    .split(/(\u{F0000}\d+\u{F0001})/u)
    .map((text) => {
      const index = marks.indexOf(text);
      return index < 0 ? { text, data: false } : { text: messages[index]!.content, data: true };
    })
    .filter((part) => part.text !== "");
}
