import { expect, test } from "vitest";
import type { Chooser } from "../judge/chooser.js";
import { recipeSchema } from "../recipe/schema.js";
import { selfCheck, selfCheckQuestion } from "./self-check.js";

const recipe = (task: object = {}) =>
  recipeSchema.parse({
    name: "x",
    model: { source: "tinyllama" },
    task: { labels: ["pos", "neg"], prompt: "paper-a/sentiment", ...task },
    contrast: [{ class: "pos", texts: ["x"] }],
    samples: { perLabel: 1 },
  });
const TEXT = { text: 'It "works".', label: "pos", language: "sl" };

test("the question has the text, the language's name, and the recipe's words for the class", () => {
  const { messages, answers } = selfCheckQuestion(recipe(), TEXT);
  expect(answers).toEqual(["yes", "no"]);
  for (const part of ['It "works".', "class pos,", "Slovenian"]) expect(messages[0]!.content).toContain(part);
  const task = { wordings: { pos: "praise" }, meanings: { pos: "Somebody is content." } };
  const { content } = selfCheckQuestion(recipe(task), TEXT).messages[0]!;
  expect(content).toMatch(/class praise .*Somebody is content\./);
});

test("it is the probability of yes", async () => {
  const chooser: Chooser = {
    name: "fake",
    concurrency: 1,
    choose: async ({ answers }) => ({
      probabilities: answers.map((answer) => (answer === "yes" ? 0.7 : 0.3)),
    }),
  };
  expect(await selfCheck(chooser, recipe(), TEXT, new AbortController().signal)).toBe(0.7);
});
