import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecipeError } from "../errors.js";
import { expandTemplate, findTemplate, TEMPLATE_NAMES } from "./templates.js";

describe("findTemplate", () => {
  it("finds paper A's sentiment prompts", () => {
    const template = findTemplate("paper-a/sentiment");
    expect(template.zeroShot).toBe(
      "Generate a review with {label} sentiment in {language} language. Output only the text and nothing else.",
    );
    expect(template.fewShot).toBe(
      "Generate a review with {label} sentiment in {language} language based on examples. Output only the text and nothing else. Examples: {examples}",
    );
    expect(template.system).toBeUndefined();
  });

  it.each(TEMPLATE_NAMES)("has words for zero-shot and few-shot in %s that expand", (name) => {
    const template = findTemplate(name);
    const values = { label: "LABEL", language: "LANGUAGE" };
    const zeroShot = expandTemplate(template.zeroShot, values, name);
    const fewShot = expandTemplate(template.fewShot!, { ...values, examples: "EXAMPLES" }, name);
    for (const text of [zeroShot, fewShot]) {
      expect(text).toContain("LABEL");
      expect(text).toContain("LANGUAGE");
      expect(text).not.toMatch(/[{}]/);
    }
    expect(fewShot).toContain("EXAMPLES");
    if (template.system !== undefined)
      expect(expandTemplate(template.system, values, name)).toContain("LANGUAGE");
  });

  it.each(["paper-z", "toString", "Write a {label} text"])("lists the names when %j is not one", (name) => {
    expect(() => findTemplate(name)).toThrow(RecipeError);
    expect(() => findTemplate(name)).toThrow(TEMPLATE_NAMES.join(", "));
  });

  it("takes the recipe's own words", () => {
    const own = { zeroShot: "Write about {label}.", fewShot: "Like these:\n{examples}\nabout {label}" };
    expect(findTemplate(own)).toEqual({ ...own, source: "recipe" });
    expect(findTemplate({ zeroShot: "Write." })).toEqual({ zeroShot: "Write.", source: "recipe" });
  });

  it.each([
    [
      { zeroShot: "About {lable}" },
      "task.prompt.zeroShot: {lable} is not known here. Known: {label}, {language}",
    ],
    [{ zeroShot: "Like {examples}" }, "task.prompt.zeroShot: {examples} is not known here"],
    [{ zeroShot: "About { label }" }, "{ label } is not known here"],
    [{ zeroShot: "A {} b" }, "{} is not known here"],
    [{ zeroShot: "A } b" }, 'task.prompt.zeroShot: a single "}"'],
    [{ zeroShot: "A {label b" }, 'task.prompt.zeroShot: a single "{"'],
    [{ zeroShot: "{label}", fewShot: "{label} {x}" }, "task.prompt.fewShot: {x} is not known here"],
    [{ zeroShot: "{label}", fewShot: "{label} {{examples}}" }, "task.prompt.fewShot: {examples} is missing"],
  ])("refuses %j", (prompt, message) => {
    expect(() => findTemplate(prompt)).toThrow(RecipeError);
    expect(() => findTemplate(prompt)).toThrow(message);
  });
});

describe("expandTemplate", () => {
  it("reads doubled braces as braces", () => {
    expect(expandTemplate('{{"label": "{label}"}} {{label}}', { label: "a" }, "x")).toBe(
      '{"label": "a"} {label}',
    );
  });

  it("inserts any value as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (label, examples) => {
        const values = { label, examples };
        expect(expandTemplate("<{label}|{examples}|{label}>", values, "x")).toBe(
          `<${label}|${examples}|${label}>`,
        );
      }),
    );
  });

  it("finds no braces left in an escaped text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(expandTemplate(text.replaceAll("{", "{{").replaceAll("}", "}}"), {}, "x")).toBe(text);
      }),
    );
  });
});
