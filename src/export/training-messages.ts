import type { ChatMessage, Prompt } from "../engine/engine.js";
import { createPromptBook, promptText } from "../generate/prompt-book.js";
import type { Recipe } from "../recipe/schema.js";
import { classificationPrompt } from "../tasks/classification-prompt.js";
import type { ExportRow } from "./export-row.js";

/** `generate`: an instruction is answered by the text. `classify`: a text is answered by its label. */
export const TRAINING_TASKS = ["generate", "classify"] as const;
export type TrainingTask = (typeof TRAINING_TASKS)[number];

/** What a language model is trained on for one row. */
export interface TrainingExample {
  /** All turns, the answer last. */
  readonly messages: readonly ChatMessage[];
  /** The same in three parts; a system text stands before the instruction. */
  readonly instruction: string;
  /** What the instruction is about; empty where it stands alone. */
  readonly input: string;
  readonly output: string;
}

/** What paper C's classification prompt calls the labels of the papers' tasks; those of others are labels. */
function taskNoun({ task }: Recipe): string {
  const name = typeof task.prompt === "string" ? task.prompt : "";
  return /sentiment|topic/.exec(name)?.[0] ?? "label";
}

/**
 * What each row teaches: with `generate` the recipe's zero-shot instruction for its label and language, answered by
 * its text, with `classify` paper C's classification prompt, answered by its label.
 *
 * @throws RecipeError if the recipe's prompt cannot be made
 */
export function trainingExamples(recipe: Recipe, teaches: TrainingTask): (row: ExportRow) => TrainingExample {
  if (teaches === "classify") {
    const { labels } = recipe.task;
    const noun = taskNoun(recipe);
    // The prompt ends with its text: without it, it is the instruction.
    const asked = promptText(classificationPrompt({ text: "", labels, task: noun })).trimEnd();
    return ({ text, label }) => ({
      messages: [...classificationPrompt({ text, labels, task: noun }), answer(label)],
      instruction: asked,
      input: text,
      output: label,
    });
  }
  // Messages keep the system turn apart and ask for one text, whatever the run's own model was asked.
  const { task, samples } = recipe;
  const single = {
    ...recipe,
    task: { ...task, chat: "template" },
    samples: { ...samples, perCall: 1 },
  } as const;
  const prompts = createPromptBook(single, []);
  const known = new Map<string, Prompt>();
  return ({ text, label, language }) => {
    const key = JSON.stringify([language, label]);
    const prompt = known.get(key) ?? prompts("zero-shot", language, label);
    known.set(key, prompt);
    const turns = typeof prompt === "string" ? [{ role: "user", content: prompt } as const] : prompt;
    return { messages: [...turns, answer(text)], instruction: promptText(prompt), input: "", output: text };
  };
}

function answer(content: string): ChatMessage {
  return { role: "assistant", content };
}

/** `{"messages": […], "id": …}`, as chat models are fine-tuned on. */
export function chatRecord({ messages }: TrainingExample, { id }: ExportRow): object {
  return { messages, id };
}

/** `{"instruction": …, "input": …, "output": …, "id": …}`. */
export function instructionRecord(example: TrainingExample, { id }: ExportRow): object {
  const { instruction, input, output } = example;
  return { instruction, input, output, id };
}
