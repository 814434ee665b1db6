import { describe, expect, it } from "vitest";
import { RecipeError } from "../errors.js";
import { drawDemonstrations } from "./demonstrations.js";
import type { LabelledText } from "./labelled-text.js";

const row = (text: string, label = "good", language?: string): LabelledText =>
  language === undefined ? { text, label } : { text, label, language };
const options = { label: "good", language: "sl", count: 5, shortest: 50, seed: 42 };

// The i-th text is i + 1 letters long; longest first, so that order alone does not find the shortest.
const hundred = Array.from({ length: 100 }, (_, index) => row("x".repeat(100 - index)));

describe("drawDemonstrations", () => {
  it("draws different texts from the shortest", () => {
    const drawn = drawDemonstrations(hundred, options);
    expect(drawn).toHaveLength(5);
    expect(new Set(drawn).size).toBe(5);
    for (const text of drawn) expect(text.length).toBeLessThanOrEqual(50);
    const every = drawDemonstrations(hundred, { ...options, count: 50 });
    expect(every.map((text) => text.length).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
  });

  it("draws the same for the same seed, label and language only", () => {
    const draw = (change: object) => drawDemonstrations(hundred, { ...options, ...change }).join("|");
    expect(draw({ language: "slv" })).toBe(draw({}));
    expect(draw({ seed: 43 })).not.toBe(draw({}));
    expect(draw({ language: "am" })).not.toBe(draw({}));
  });

  it("measures length in graphemes and keeps the order of equals", () => {
    const rows = [row("abcd"), row("नमस्ते"), row("👩‍👩‍👧‍👧👩‍👩‍👧‍👧"), row("wxyz")];
    const shortest = (count: number) => drawDemonstrations(rows, { ...options, count, shortest: count });
    expect(shortest(1)).toEqual(["👩‍👩‍👧‍👧👩‍👩‍👧‍👧"]);
    expect(shortest(2).toSorted()).toEqual(["नमस्ते", "👩‍👩‍👧‍👧👩‍👩‍👧‍👧"]);
    expect(shortest(3)).toContain("abcd");
  });

  it("draws from the label and the language, and from rows of no language", () => {
    const rows = [row("a", "good", "slv"), row("b", "bad", "sl"), row("c", "good", "am"), row("d"), row("a")];
    expect(drawDemonstrations(rows, { ...options, count: 2 }).toSorted()).toEqual(["a", "d"]);
  });

  it("says how many texts there are when they are too few", () => {
    expect(() => drawDemonstrations([row("a"), row("b"), row("b")], options)).toThrow(
      /5 texts are wanted for label "good" in language "sl", but there are only 2\./,
    );
    expect(() => drawDemonstrations([row("a")], options)).toThrow(/there is only 1\./);
    expect(() => drawDemonstrations(hundred, { ...options, shortest: 4 })).toThrow(RecipeError);
  });
});

describe("the draw of paper A", () => {
  const draw = (change: object) => drawDemonstrations(hundred, { ...options, draw: "paper-a", ...change });

  // pandas: DataFrame of 50 rows, .sample(5, random_state=42): rows 13, 39, 30, 45, 17, each of which is row + 1 long here.
  it("takes pandas' rows of the fifty shortest, for every label and language", () => {
    expect(draw({}).map((text) => text.length)).toEqual([14, 40, 31, 46, 18]);
    expect(draw({ language: "am" })).toEqual(draw({}));
    expect(draw({ seed: 43 })).not.toEqual(draw({}));
  });

  it("counts code points, and keeps repeated rows", () => {
    const rows = [row("abc"), row("👩‍👩‍👧‍👧"), row("de"), row("de")];
    expect(drawDemonstrations(rows, { ...options, draw: "paper-a", count: 2, shortest: 2 })).toEqual([
      "de",
      "de",
    ]);
  });
});

it("draws from all texts at random, as paper C does", () => {
  const drawn = drawDemonstrations(hundred, { ...options, draw: "random", count: 10, shortest: 1 });
  expect(new Set(drawn).size).toBe(10);
  expect(drawn.some((text) => text.length > 50)).toBe(true);
});
