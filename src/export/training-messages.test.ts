import { expect, it } from "vitest";
import { parseRecipe } from "../recipe/load.js";
import { chatRecord, instructionRecord, trainingExamples } from "./training-messages.js";

const recipe = (prompt: unknown, chat = "template") =>
  parseRecipe(
    JSON.stringify({
      name: "x",
      model: { source: "file:x.gguf" },
      task: { labels: ["negative", "positive"], languages: ["sl"], prompt, chat },
      contrast: [
        { class: "negative", texts: ["a", "b"] },
        { class: "positive", texts: ["c", "d"] },
      ],
      steering: { method: "mean-difference" },
      samples: { perLabel: 8 },
    }),
    "x.yaml",
  ).recipe;

const row = { text: "Dober dan.", label: "positive", language: "sl", id: "r/1", configuration: "r", seed: 1 };

it("asks for the text with the recipe's zero-shot instruction, in whatever format the run's model was asked", () => {
  const prompt = { zeroShot: "A {label} text in {language}:" };
  const example = trainingExamples(recipe(prompt, "instruction"), "generate")(row);
  expect(chatRecord(example, row)).toEqual({
    messages: [
      { role: "user", content: "A positive text in Slovenian:" },
      { role: "assistant", content: "Dober dan." },
    ],
    id: "r/1",
  });
  expect(instructionRecord(example, row)).toEqual({
    instruction: "A positive text in Slovenian:",
    input: "",
    output: "Dober dan.",
    id: "r/1",
  });
});

it("asks for the label with paper C's classification prompt", () => {
  const example = trainingExamples(recipe("paper-a/sentiment"), "classify")(row);
  const instruction =
    "Determine sentiment of the sentence using following options: 1) negative; 2) positive. Use only these two options.";
  const system =
    "You are a helpful assistant that will follow every instruction from the user. Provide only a short answer.";
  expect(chatRecord(example, row)).toEqual({
    messages: [
      { role: "system", content: system },
      { role: "user", content: `${instruction}\nSentence: Dober dan.` },
      { role: "assistant", content: "positive" },
    ],
    id: "r/1",
  });
  expect(instructionRecord(example, row)).toEqual({
    instruction: `${system}\n${instruction}\nSentence:`,
    input: "Dober dan.",
    output: "positive",
    id: "r/1",
  });
  const other = trainingExamples(recipe({ zeroShot: "A {label} text:" }), "classify")(row);
  expect(other.instruction).toContain("Determine label of the sentence");
});
