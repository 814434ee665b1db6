import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanText } from "./clean-text.js";

const chat = (raw: string) => cleanText(raw, { chat: "template" });

describe("cleanText", () => {
  it("puts a text on one line, in NFC", () => {
    expect(chat("  Cafe\u0301\r\n\n is\tgood\u2028and\u00a0cheap\u0000. \n")).toBe(
      "Café is good and cheap .",
    );
  });

  it("keeps the first line with content for the instruction format only", () => {
    const raw = "\n\nLep dan.\n\n### Instruction:\nmore";
    expect(cleanText(raw, { chat: "instruction" })).toBe("Lep dan.");
    expect(chat(raw)).toBe("Lep dan. ### Instruction: more");
    expect(cleanText("Review:\nLep dan.\nx", { chat: "instruction" })).toBe("Lep dan.");
  });

  it.each([
    ['"Very good."', "Very good."],
    ["'It's very good.'", "It's very good."],
    ["“Very good.”", "Very good."],
    ["‘It’s very good.’", "It’s very good."],
    ["„Sehr gut.“", "Sehr gut."],
    ["„Bardzo dobry.”", "Bardzo dobry."],
    ["»Sehr gut.«", "Sehr gut."],
    ["»Erittäin hyvä.»", "Erittäin hyvä."],
    ["« Très bon. »", "Très bon."],
    ["”Mycket bra.”", "Mycket bra."],
    ["「とても良い。」", "とても良い。"],
    ["『很好。』", "很好。"],
    ["«በጣም ጥሩ ነው።»", "በጣም ጥሩ ነው።"],
    ['"צה"ל ניצח"', 'צה"ל ניצח'],
    ['"“Nested.”"', "Nested."],
    ["“He said “no” to me”", "He said “no” to me"],
  ])("drops the quotation marks around %s", (raw, text) => {
    expect(chat(raw)).toBe(text);
  });

  it.each([
    '"Good" and "bad"',
    "“Good” and “bad”",
    "„Gut“ und „schlecht“",
    "「良い」と「悪い」",
    '"好"和"坏"',
    "'好'和'坏'",
    'She said "yes".',
    '"Yes", she said.',
    "'Tis good.",
    "The dogs' bowls",
    'A screen of 27"',
    '"A" “b',
  ])("keeps the quotation marks of %s", (text) => {
    expect(chat(text)).toBe(text);
  });

  it("drops an opening mark whose text was cut", () => {
    expect(chat('"I like it and')).toBe("I like it and");
    expect(chat("「とても良い。それに")).toBe("とても良い。それに");
  });

  it.each([
    ["Review: I like it.", "I like it."],
    ["**Review:** I like it.", "I like it."],
    ["**Positive Review**: I like it.", "I like it."],
    ["### Response:\nI like it.", "I like it."],
    ['Text: "I like it."', "I like it."],
    ['"Review: I like it."', "I like it."],
    ["Here is a positive review in Czech:\n\nJe to dobré.", "Je to dobré."],
    ["Sure! Here's the text you asked for:\n\n“Je to dobré.”", "Je to dobré."],
    ["Review:", ""],
  ])("drops the heading of %j", (raw, text) => {
    expect(chat(raw)).toBe(text);
  });

  it.each([
    "Review of the week: good.",
    "Reviews: mixed.",
    "Positive: the food. Negative: the price.",
    "Here is why I like this review: it is short.",
    "Sure it is good.",
    "Textile: cotton.",
    "Pros: light.",
  ])("keeps the beginning of %j", (text) => {
    expect(chat(text)).toBe(text);
  });

  it("keeps an announcement that is the writer's own", () => {
    expect(chat("Here is what I think:\nIt is good.")).toBe("Here is what I think: It is good.");
  });

  it("changes nothing in a clean text, and never throws", () => {
    const piece = fc.constantFrom(
      ..."\"'“”„«»「」’*#:\n\r\t a.ب",
      "\u0301",
      "\ud800",
      "\udc00",
      "\u0085",
      "\u2000",
      "Review",
      "Review: ",
      "Here is a text:\n",
      "### ",
      "**",
    );
    const text = fc.oneof(
      fc.array(piece).map((pieces) => pieces.join("")),
      fc.string({ unit: "binary" }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("template" as const, "instruction" as const), (raw, format) => {
        const clean = cleanText(raw, { chat: format });
        expect(clean).toBe(clean.normalize("NFC").trim());
        expect(clean).not.toMatch(/[\p{Cc}\u2028\u2029]| {2}/u);
        expect(cleanText(clean, { chat: format })).toBe(clean);
      }),
      { numRuns: 3000 },
    );
  });
});
