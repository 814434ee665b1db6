import { describe, expect, it } from "vitest";
import { RecipeError } from "../errors.js";
import { buildPrompt } from "./prompt.js";
import { findTemplate } from "./templates.js";

const sentiment = findTemplate("paper-a/sentiment");
const request = { template: sentiment, label: "positive", language: "slv" } as const;
const INSTRUCTION =
  "Generate a review with positive sentiment in Slovenian language. Output only the text and nothing else.";

describe("buildPrompt", () => {
  it("gives one user turn for a chat model", () => {
    expect(buildPrompt({ ...request, chat: "template" })).toEqual([{ role: "user", content: INSTRUCTION }]);
  });

  it("gives the words alone for raw", () => {
    expect(buildPrompt({ ...request, chat: "raw" })).toBe(INSTRUCTION);
  });

  it("gives paper A's Gemma format for instruction", () => {
    expect(buildPrompt({ ...request, chat: "instruction" })).toBe(
      `### Instruction:\n${INSTRUCTION}\n\n### Response:\n`,
    );
  });

  it("shows examples one a line", () => {
    const prompt = buildPrompt({
      ...request,
      chat: "raw",
      examples: ["Zelo dobro.", " Vse\nje\r\n super. "],
    });
    expect(prompt).toBe(
      "Generate a review with positive sentiment in Slovenian language based on examples. Output only the text and nothing else. Examples: Zelo dobro.\nVse je super.",
    );
  });

  it("never expands what it inserts", () => {
    const examples = ["{label} {{language}} $& $1 {examples}"];
    const prompt = buildPrompt({ ...request, label: "{language}", chat: "raw", examples });
    expect(prompt).toContain("with {language} sentiment in Slovenian");
    expect(prompt).toContain(`Examples: ${examples[0]}`);
  });

  it("gives a system turn, or its words where there is none", () => {
    const template = { zeroShot: "Write {label}.", system: "You write {language}.", source: "test" };
    const own = { template, label: "news", language: "am" } as const;
    expect(buildPrompt({ ...own, chat: "template" })).toEqual([
      { role: "system", content: "You write Amharic." },
      { role: "user", content: "Write news." },
    ]);
    expect(buildPrompt({ ...own, chat: "raw" })).toBe("You write Amharic.\n\nWrite news.");
  });

  it("refuses examples that it cannot show, none, and an unknown language", () => {
    const template = { zeroShot: "Write {label}.", source: "recipe" };
    expect(() => buildPrompt({ ...request, template, chat: "raw", examples: ["a"] })).toThrow(/fewShot/);
    expect(() => buildPrompt({ ...request, chat: "raw", examples: [] })).toThrow(/at least one example/);
    expect(() => buildPrompt({ ...request, language: "xx", chat: "raw" })).toThrow(RecipeError);
  });

  it("calls a label by its wording, and says what it means", () => {
    const template = { zeroShot: "{label}: {meaning}{meaningClause}", source: "test" };
    const own = { template, chat: "raw", label: "a", language: "en" } as const;
    expect(buildPrompt({ ...own, wording: "an {A}", meaning: "It is A." })).toBe(
      'an {A}: It is A. which has the following meaning: "It is A."',
    );
    expect(() => buildPrompt(own)).toThrow(/has \{meaning\}, and "a" has none\. Add it to task\.meanings/);
  });

  it("asks for several texts only where the words say how many", () => {
    const template = { zeroShot: "{count} of {label}, {separator} between.", source: "test" };
    const own = { template, chat: "raw", label: "a", language: "en" } as const;
    expect(buildPrompt({ ...own, count: 6, separator: "###" })).toBe("6 of a, ### between.");
    expect(buildPrompt({ ...own, count: 2, separator: "\n" })).toBe("2 of a, a line break between.");
    expect(buildPrompt(own)).toBe("1 of a, ||| between.");
    const escaped = { zeroShot: "{{count}} {label}", source: "test" };
    for (const template of [sentiment, escaped]) {
      expect(() => buildPrompt({ ...own, template, count: 6 })).toThrow(
        /samples\.perCall: 6 texts are wanted/,
      );
    }
  });
});
