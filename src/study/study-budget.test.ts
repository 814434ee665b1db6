import { expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import { costOfTexts, overBudget, requireUsefulBudget } from "./study-budget.js";

const nothing = { texts: 0, tokens: 0, seconds: 0 };

test("texts cost what texts have cost, and their limit before there are any", () => {
  const facts = { maxTokens: 100, tokensPerSecond: 20 };
  expect(costOfTexts(10, nothing, facts)).toEqual({ texts: 10, tokens: 1000, seconds: 50 });
  const written = { texts: 20, tokens: 600, seconds: 60 };
  expect(costOfTexts(10, written, facts)).toEqual({ texts: 10, tokens: 300, seconds: 30 });
  expect(costOfTexts(10, nothing, { ...facts, tokensPerSecond: undefined }).seconds).toBe(0);
});

test("whatever limit is passed first is named", () => {
  const more = { texts: 10, tokens: 300, seconds: 90 };
  expect(overBudget(undefined, nothing, more)).toBeUndefined();
  expect(overBudget({ tokens: 300, minutes: 1.5, texts: 10 }, nothing, more)).toBeUndefined();
  expect(overBudget({ tokens: 299 }, nothing, more)).toBe("tokens (about 300 of 299)");
  expect(overBudget({ tokens: 500 }, more, more)).toBe("tokens (about 600 of 500)");
  expect(overBudget({ minutes: 1 }, nothing, more)).toBe("minutes (about 2 of 1)");
  expect(overBudget({ texts: 9, tokens: 1 }, nothing, more)).toBe("texts (about 10 of 9)");
});

test("a budget for nothing is refused", () => {
  const least = { texts: 80, tokens: 4000, seconds: 100 };
  expect(() => requireUsefulBudget({ tokens: 4000 }, least)).not.toThrow();
  expect(() => requireUsefulBudget({ tokens: 3999 }, least)).toThrow(RecipeError);
  expect(() => requireUsefulBudget({ tokens: 100 }, least)).toThrow(
    /too small .* tokens \(about 4000 of 100\)/,
  );
});
