import { describe, expect, it } from "vitest";
import { recipeSchema } from "../recipe/schema.js";
import { LABEL_SET_NAMES, LABEL_SETS, labelKeys, labelWords } from "./label-sets.js";

const recipe = (task: object) =>
  recipeSchema.parse({
    name: "a",
    model: { source: "tinyllama" },
    task: { prompt: "paper-c/generate", ...task },
    contrast: [{ class: "a", texts: ["x"] }],
    samples: { perLabel: 1 },
  });

describe("label sets", () => {
  it.each(LABEL_SET_NAMES)("%s can be the labels of a recipe", (name) => {
    const { labels } = recipe({ labels: name }).task;
    expect(labels).toEqual(LABEL_SETS[name].labels.map(({ label }) => label));
    expect(new Set(labels).size).toBe(labels.length);
    for (const { meaning } of LABEL_SETS[name].labels as readonly { meaning?: string }[]) {
      if (meaning !== undefined) expect(meaning).toMatch(/^\p{Lu}[^"]*\.$/u);
    }
  });

  it("are the papers' labels in the order of their class numbers", () => {
    expect(recipe({ labels: "sib-200-topics" }).task.labels).toEqual([
      "science/technology",
      "travel",
      "politics",
      "sports",
      "health",
      "entertainment",
      "geography",
    ]);
    expect(recipe({ labels: "massive-10-intents" }).task.labels.join(" ")).toBe(
      "alarm_query audio_volume_down calendar_remove cooking_recipe datetime_convert email_sendemail play_audiobook recommendation_movies transport_ticket weather_query",
    );
    expect(recipe({ labels: "sentiment" }).task.labels).toEqual(["negative", "positive"]);
  });

  it("stay a list with nothing said of it where a list is given", () => {
    expect(recipe({ labels: ["b", "a"] }).task).toEqual({
      labels: ["b", "a"],
      languages: ["en"],
      prompt: "paper-c/generate",
      chat: "template",
    });
  });

  it("take a recipe's own words before the set's", () => {
    const { task } = recipe({
      labels: "sarcasm",
      meanings: { sarcastic: "It bites." },
      wordings: { "not sarcastic": "plain" },
    });
    expect(labelWords(task, "sarcastic")).toEqual({ meaning: "It bites." });
    expect(labelWords(task, "not sarcastic")).toEqual({
      wording: "plain",
      meaning: "The writer means what is said.",
    });
    expect(labelWords({ meanings: {} }, "toString")).toEqual({});
    expect(labelKeys(["a"], {})).toEqual({ labels: ["a"] });
  });

  it("are refused by another name", () => {
    expect(() => recipe({ labels: "topics" })).toThrow(/label set: sentiment|Invalid/);
  });
});
