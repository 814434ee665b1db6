import { expect, test } from "vitest";
import { findTemplate } from "./templates.js";
import { unpromptedPrompt } from "./unprompted.js";

const own = (zeroShot: string) => findTemplate({ zeroShot });
const BASE = { chat: "raw", label: "negative", language: "en", unprompted: undefined } as const;

test.each([
  ['A {label} review: "', 'A review: "'],
  ["{label} reviews", "reviews"],
  ["Reviews\n\n{label} ones", "Reviews\n\nones"],
  ["One that is {label}", "One that is "],
  ['A review, "{label}":', 'A review, "":'],
  ["{label} and {label} in {{x}} and {language}", "and in {x} and English"],
])("without its label, %j is %j", (template, expected) => {
  expect(unpromptedPrompt({ ...BASE, template: own(template) })).toBe(expected);
});

test("a built-in template in the model's chat format keeps its form, the system text too", () => {
  expect(
    unpromptedPrompt({ ...BASE, chat: "template", template: findTemplate("paper-a/sentiment") }),
  ).toEqual([
    {
      role: "user",
      content: "Generate a review with sentiment in English language. Output only the text and nothing else.",
    },
  ]);
  const messages = unpromptedPrompt({
    ...BASE,
    chat: "template",
    template: findTemplate("paper-c/generate"),
  });
  expect(messages).toMatchObject([{ role: "system" }, { role: "user" }]);
  expect(JSON.stringify(messages)).not.toMatch(/negative|\u{F0000}/u);
});

test("a template of its own may name the label, and empty text is no prompt at all", () => {
  const template = own("A {label} review");
  expect(unpromptedPrompt({ ...BASE, template, unprompted: "Not {label}, {language}" })).toBe(
    "Not negative, English",
  );
  expect(unpromptedPrompt({ ...BASE, chat: "template", template, unprompted: " " })).toBe("");
  expect(() => unpromptedPrompt({ ...BASE, template, unprompted: "{labels}" })).toThrow(
    /\{labels\} is not known here/,
  );
});

test("a template that cannot be filled in is named by its key", () => {
  const prompt = () => unpromptedPrompt({ ...BASE, template: own("{label}"), unprompted: "A {lable} text" });
  expect(prompt).toThrow(/^guidance\.unprompted: \{lable\} is not known here/);
});

test("what a label means goes with it", () => {
  const meaning = "It is bad.";
  const prompt = (template: string | { zeroShot: string }) =>
    unpromptedPrompt({ ...BASE, meaning, wording: "bad", template: findTemplate(template), count: 2 });
  expect(prompt({ zeroShot: "{count} {label} texts. {meaning} {language}." })).toBe("2 texts. English.");
  const built = JSON.stringify(prompt("paper-c/six"));
  expect(built).not.toMatch(/bad|meaning|\u{F0000}/u);
  expect(built).toContain("Write 2 different texts");
});
