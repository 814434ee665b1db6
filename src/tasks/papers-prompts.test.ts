import { describe, expect, it } from "vitest";
import { classificationPrompt, readClass } from "./classification-prompt.js";
import { labelKeys } from "./label-sets.js";
import { buildPrompt, type PromptOptions } from "./prompt.js";
import { selfCheckPrompt } from "./self-check-prompt.js";
import { findTemplate } from "./templates.js";

// The papers' prompts as they are published, with their own placeholders: {label}, {language} and {ex} of paper A, {N+2},
// {class} and {lang} of paper C. Nothing here is taken from the templates.

const fill = (published: string, values: Record<string, string>) =>
  Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), published);

const raw = (name: string, options: Partial<PromptOptions> = {}) =>
  buildPrompt({ template: findTemplate(name), chat: "raw", label: "negative", language: "slv", ...options });

describe("paper A", () => {
  const values = { label: "negative", language: "Slovenian", ex: "Slabo.\nZelo slabo." };
  const examples = ["Slabo.", "Zelo slabo."];

  it.each([
    [
      "paper-a/sentiment/zero-shot",
      "Generate a review with {label} sentiment in {language} language. Output only the text and nothing else.",
    ],
    [
      "paper-a/topic/zero-shot",
      "Generate a long wiki style sentence on the topic of {label} in {language} language. Output only the text in {language}.",
    ],
  ])("%s", (name, published) => {
    expect(raw(name)).toBe(fill(published, values));
  });

  it.each([
    [
      "paper-a/sentiment/few-shot",
      "Generate a review with {label} sentiment in {language} language based on examples. Output only the text and nothing else. Examples: {ex}",
    ],
    [
      "paper-a/topic/few-shot",
      "Generate a long wiki style sentence on the topic of {label} in {language} language based on examples. Output only the text in {language}. Examples: {ex}",
    ],
    [
      "paper-a/topic-llama/few-shot",
      "Generate a wiki-style sentence on the topic of {label} in {language} language based on examples. Output only the text and nothing else. Examples: {ex}",
    ],
  ])("%s", (name, published) => {
    expect(raw(name, { examples })).toBe(fill(published, values));
  });

  it("gives Gemma its format, and Llama one user turn", () => {
    const prompt =
      "Generate a review with negative sentiment in Slovenian language. Output only the text and nothing else.";
    expect(raw("paper-a/sentiment", { chat: "instruction" })).toBe(
      `### Instruction:\n${prompt}\n\n### Response:\n`,
    );
    expect(raw("paper-a/sentiment", { chat: "template" })).toEqual([{ role: "user", content: prompt }]);
  });
});

describe("paper B", () => {
  it.each([
    [
      "paper-b/hypotheses",
      "### Instruction: Generate a scientific hypothesis about astronomy in the style of an Arxiv paper.\n ### Hypothesis:",
    ],
    ["paper-b/comments", "### Instruction: Generate a non-toxic social media comment.\n ### Comment:"],
    [
      "paper-b/commonsense",
      "### Instruction: Generate a multiple-choice question that relies on common-sense to answer.\n ### Multiple-choice question:",
    ],
  ])("%s", (name, published) => {
    expect(raw(name)).toBe(published);
    expect(findTemplate(name).chat).toBe("raw");
  });
});

describe("paper C", () => {
  const values = { "N+2": "8", class: "negative", lang: "Slovenian" };
  const options = { chat: "template", count: 6, separator: "\n" } as const;

  it("asks for two texts more than wanted, in its predecessor's words", () => {
    const [system, user] = raw("paper-c/generate", { ...options, examples: ["Slabo."] }) as {
      role: string;
      content: string;
    }[];
    expect(system).toEqual({
      role: "system",
      content: fill(
        "You are an excellent text generator and can generate representative text samples for the given class in {lang}.",
        values,
      ),
    });
    // What is published leaves out what stands between these.
    const published = [
      "You are required to produce {N+2} examples in {lang} that can have the label: {class}",
      " Note that some examples from the dataset look as follows:",
      "Now generate ",
      " similar examples",
      "Each example should be on a new line. Do not generate anything that cannot be classified as {class} and do not repeat the instruction.",
    ].map((part) => fill(part, values));
    const { content } = user!;
    expect(content.startsWith(published[0]! + published[1]!)).toBe(true);
    expect(content.endsWith(published.at(-1)!)).toBe(true);
    const places = published.map((part) => content.indexOf(part));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBe(0);
  });

  it("says what a label means where it means something", () => {
    const { meanings } = labelKeys("massive-10-intents", {});
    const prompt = raw("paper-c/generate", {
      chat: "raw",
      label: "alarm_query",
      meaning: meanings!.alarm_query!,
    });
    expect(prompt).toContain(
      'the label: alarm_query which has the following meaning: "This intent involves asking which alarms are set, or for when.".',
    );
  });

  it("asks for one text when one is wanted", () => {
    expect(raw("paper-c/generate", { examples: ["Slabo."] })).toBe(
      "You are an excellent text generator and can generate representative text samples for the given class in Slovenian.\n\n" +
        "You are required to produce 1 example in Slovenian that can have the label: negative. Note that some examples from the dataset look as follows:\nSlabo.\nNow generate 1 similar example. Do not generate anything that cannot be classified as negative and do not repeat the instruction.",
    );
  });

  it("asks for six texts with a separator", () => {
    for (const examples of [undefined, ["Slabo."]]) {
      const prompt = raw("paper-c/six", { count: 6, separator: " ||| ", ...(examples ? { examples } : {}) });
      expect(prompt).toMatch(/^Write 6 different texts in Slovenian .* negative\n/);
      expect(prompt).toContain("Write ||| between two texts");
      if (examples) expect(prompt).toContain("\nSlabo.\n");
    }
    expect(raw("paper-c/six", { count: 2, separator: "\n\n" })).toContain("Write a blank line between");
    expect(findTemplate("paper-c/six").source).toMatch(/not published/);
  });

  it("asks for a class", () => {
    expect(
      classificationPrompt({ text: "Slabo.", labels: ["negative", "positive"], task: "sentiment" }),
    ).toEqual([
      {
        role: "system",
        content:
          "You are a helpful assistant that will follow every instruction from the user. Provide only a short answer.",
      },
      {
        role: "user",
        content:
          "Determine sentiment of the sentence using following options: 1) negative; 2) positive. Use only these two options.\nSentence: Slabo.",
      },
    ]);
    const { labels } = labelKeys("sib-200-topics", {});
    const prompt = JSON.stringify(classificationPrompt({ text: "{x}", labels, task: "topic" }));
    expect(prompt).toContain(
      "Determine topic of the sentence using following options: 1) science/technology; 2) travel;",
    );
    expect(prompt).toContain("7) geography. Use only these seven options.\\nSentence: {x}");
  });

  it.each([
    ["Negative.", "negative"],
    ["The sentiment is POSITIVE", "positive"],
    ["2", "positive"],
    ["Option 1)", "negative"],
    ["3", undefined],
    ["positive or negative", undefined],
    ["1 or 2", undefined],
    ["", undefined],
  ])("reads the answer %j as %s", (answer, label) => {
    expect(readClass(answer, ["negative", "positive"])).toBe(label);
  });

  it("reads a label that holds another", () => {
    expect(readClass("It is not sarcastic.", ["sarcastic", "not sarcastic"])).toBe("not sarcastic");
    expect(readClass("It is sarcastic.", ["sarcastic", "not sarcastic"])).toBe("sarcastic");
  });

  it("asks its generator to revise a text", () => {
    const prompt = selfCheckPrompt({ text: "Slabo {label}.", label: "negative", language: "sl" });
    expect(prompt).toMatchObject([{ role: "user" }]);
    const words = JSON.stringify(prompt);
    for (const part of [
      "Slabo {label}.",
      "the class negative,",
      "grammatical and complete",
      "in Slovenian",
    ]) {
      expect(words).toContain(part);
    }
  });
});
