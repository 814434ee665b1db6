import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecipeError } from "../errors.js";
import { expandTemplate, findTemplate, namedWords, TEMPLATE_NAMES } from "./templates.js";

describe("findTemplate", () => {
  it.each(TEMPLATE_NAMES)("finds %s, whole and by its words", (name) => {
    const template = findTemplate(name);
    expect(template.source).toMatch(/arXiv \d{4}\.\d{5}/);
    expect(findTemplate(`${name}/zero-shot`)).toBe(template);
    if (template.fewShot !== undefined) expect(findTemplate(`${name}/few-shot`)).toBe(template);
    else expect(() => findTemplate(`${name}/few-shot`)).toThrow(RecipeError);
  });

  it("says which prompting a name is for", () => {
    expect(namedWords("paper-a/sentiment/few-shot")).toBe("few-shot");
    expect(namedWords("paper-a/sentiment/zero-shot")).toBe("zero-shot");
    for (const prompt of ["paper-a/sentiment", { zeroShot: "x/few-shot" }])
      expect(namedWords(prompt)).toBeUndefined();
  });

  it.each(["paper-c/classify", "paper-c/self-check"])(
    "keeps %s, which asks for no text, from recipes",
    (name) => {
      expect(() => findTemplate(name)).toThrow(RecipeError);
    },
  );

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
      "task.prompt.zeroShot: {lable} is not known here. Known: {label}, {language}, {meaning}",
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
