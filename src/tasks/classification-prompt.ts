import type { ChatMessage } from "../engine/engine.js";
import { BUILT_IN_TEMPLATES, expandTemplate } from "./templates.js";

export interface ClassificationPromptOptions {
  readonly text: string;
  /** In the order in which they are numbered, from 1. */
  readonly labels: readonly string[];
  /** What is determined: `sentiment`, `topic`, `intent`, `sarcasm` or another noun. */
  readonly task: string;
}

const NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/** The messages that ask a model for a text's class (paper C, classification; the template `paper-c/classify`). */
export function classificationPrompt({ text, labels, task }: ClassificationPromptOptions): ChatMessage[] {
  const { system, zeroShot } = BUILT_IN_TEMPLATES["paper-c/classify"]!;
  const values = {
    text,
    task,
    options: labels.map((label, i) => `${i + 1}) ${label}`).join("; "),
    number: NUMBERS[labels.length] ?? String(labels.length),
  };
  return [
    { role: "system", content: system! },
    { role: "user", content: expandTemplate(zeroShot, values, "paper-c/classify") },
  ];
}

/**
 * The label that an answer to a classification prompt names (paper C: by substring or by the class's number). Letter
 * case does not count; of labels that stand in the answer the longest counts, so that "not sarcastic" is not "sarcastic".
 *
 * @returns undefined where the answer names no label, or several that are not part of each other.
 */
export function readClass(answer: string, labels: readonly string[]): string | undefined {
  const plain = (text: string) => text.normalize("NFC").toLowerCase();
  const found = labels.filter((label) => plain(answer).includes(plain(label)));
  const whole = found.filter(
    (label) => !found.some((other) => other !== label && plain(other).includes(plain(label))),
  );
  if (whole.length > 0) return whole.length === 1 ? whole[0] : undefined;
  const numbers = new Set(Array.from(answer.matchAll(/\d+/g), ([digits]) => Number(digits)));
  return numbers.size === 1 ? labels[[...numbers][0]! - 1] : undefined;
}
