import fc from "fast-check";
import { expect, it } from "vitest";
import { CRITERIA, type JudgedItem } from "./judge.js";
import { type Order, preferenceQuestion, ratingQuestion } from "./rubric.js";

const ORDERS: readonly Order[] = ["forward", "backward"];
const item: JudgedItem = {
  text: "Hrana je bila odlična.",
  concept: "praise of food",
  language: "sl",
  instruction: "Write a restaurant review.",
};
const shown = (of: JudgedItem, criterion: (typeof CRITERIA)[number] = "concept", order: Order = "forward") =>
  ratingQuestion(of, criterion, order)
    .messages.map(({ content }) => content)
    .join("\n");

it("shows each criterion what it is about, and no more", () => {
  const [concept, instruction, fluency] = CRITERIA.map((criterion) => shown(item, criterion));
  for (const text of [concept, instruction, fluency]) {
    expect(text).toContain(item.text);
    expect(text).toContain("Slovenian");
  }
  expect(concept).toContain("praise of food");
  expect(concept).not.toContain("restaurant review");
  expect(instruction).toContain("Write a restaurant review.");
  expect(instruction).not.toContain("praise of food");
  expect(fluency).not.toMatch(/praise of food|restaurant review/);
  const { concept: _, ...rest } = item;
  expect(shown({ ...rest, label: "positive" })).toMatch(/Label:\n"""\npositive\n"""/);
});

it("lists the levels in either order and differs in nothing else", () => {
  for (const criterion of CRITERIA) {
    const [forward, backward] = ORDERS.map((order) => shown(item, criterion, order).split("\n"));
    const numbers = (lines: readonly string[] | undefined) =>
      lines!.flatMap((line) => /^([012]): ./.exec(line)?.[1] ?? []);
    expect(numbers(forward)).toEqual(["0", "1", "2"]);
    expect(numbers(backward)).toEqual(["2", "1", "0"]);
    expect(forward!.toSorted()).toEqual(backward!.toSorted());
  }
});

it("shows the texts of a pair in either order", () => {
  const pair = { ...item, a: "prvo", b: "drugo", criterion: "fluency" } as const;
  const place = (order: Order) => {
    const { content } = preferenceQuestion(pair, order).messages[0]!;
    return content.indexOf("prvo") - content.indexOf("drugo");
  };
  expect(place("forward")).toBeLessThan(0);
  expect(place("backward")).toBeGreaterThan(0);
});

it("takes a code that has no name for the name", () => {
  expect(shown({ ...item, language: "qqq" }, "fluency")).toContain("good qqq");
});

it("keeps any text between marks that it cannot close", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom('"', "\n", "x", "\ud800", "ก") }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const content = shown({ ...item, text }, "fluency");
      expect(content.isWellFormed()).toBe(true);
      const mark = /^Text:\n("{3,})\n/m.exec(content)![1]!;
      const inner = `\n${text.toWellFormed()}\n`;
      expect(content.split(mark)[1]).toBe(inner);
      expect(content.split(mark)).toHaveLength(3);
    }),
    { seed: 7 },
  );
  expect(shown({ ...item, text: '"'.repeat(1e6) }, "fluency").length).toBeGreaterThan(3e6);
});
