import type { ChatMessage, Prompt } from "../engine/engine.js";
import { classificationPrompt } from "../tasks/classification-prompt.js";

/** A text with the label that it has, as prompts call it. */
export interface LabelledExample {
  readonly text: string;
  readonly label: string;
}

export interface LabelQuestion {
  readonly text: string;
  /** Demonstrations, in the order in which they are shown. */
  readonly examples?: readonly LabelledExample[] | undefined;
  /** As prompts call them, in the order in which they are numbered. */
  readonly labels: readonly string[];
  /** What is determined: `sentiment`, `topic` or another noun. */
  readonly task: string;
}

/** How an answer begins. The label follows behind a space, and is all that is left to the model. */
export function answerLead(task: string): string {
  return `The ${task} is`;
}

/**
 * Asks for a text's label in the words of paper C. Demonstrations stand between the instruction and the text, each with
 * its answer, so that prompts with the same ones share their beginning. Texts are brought to one line.
 */
export function labelQuestion({ text, examples = [], labels, task }: LabelQuestion): ChatMessage[] {
  const shown = examples.map(
    (example) => `${oneLine(example.text)}\n${answerLead(task)} ${example.label}\n\nSentence: `,
  );
  return classificationPrompt({ text: `${shown.join("")}${oneLine(text)}`, labels, task });
}

/** Where the system text of a prompt stands: models differ in whether they take one, and in whether they chat at all. */
export type PromptForm = "chat" | "chat-without-system" | "plain";

/** The messages as a model takes them. Plain text ends with a line break, behind which the answer begins. */
export function promptInForm(messages: readonly ChatMessage[], form: PromptForm): Prompt {
  if (form === "chat") return messages;
  const content = messages.map((message) => message.content).join("\n\n");
  return form === "plain" ? `${content}\n` : [{ role: "user", content }];
}

function oneLine(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}
