import { expect, test } from "vitest";
import { words } from "../language/words.js";
import { randomGenerator } from "../random/seeded-random.js";
import { diversityError } from "./diversity-error.js";
import { buildReference } from "./reference.js";
import { relativeDiversity } from "./relative-diversity.js";
import { standardDeviation } from "./standard-deviation.js";
import { mean } from "./statistics.js";

/** Texts from one source, with word frequencies that fall as natural ones do. The fewer words it has, the less diverse. */
function source(count: number, vocabulary: number, seed: number): string[] {
  const random = randomGenerator(seed);
  const word = () => `w${Math.floor(vocabulary ** random()).toString(36)}`;
  return Array.from({ length: count }, () => Array.from({ length: 20 }, word).join(" "));
}

const set = (texts: readonly string[]) => ({
  texts,
  tokenized: texts.map((text) => words(text, "en")),
});
const human = buildReference({
  texts: source(80, 3000, 1000).map((text) => ({ text, language: "en" })),
  budget: 2000,
  seed: 1,
}).languages.get("en")!;
const options = { budget: 2000, seed: 1 };

test("the error is the spread of the diversities of independent sets", () => {
  const sets = Array.from({ length: 40 }, (_, i) => set(source(40, 300, i)));
  const values = sets.map((one) => relativeDiversity(one, human, options).value!);
  const errors = sets.slice(0, 10).map((one) => diversityError(one, human, options)!);
  expect(mean(values)!).toBeLessThan(0.97);
  const ratio = mean(errors)! / standardDeviation(values)!;
  expect(ratio).toBeGreaterThan(0.6);
  expect(ratio).toBeLessThan(1.6);
});

test("it shrinks with more texts, and does not depend on their order", () => {
  const many = source(160, 300, 7);
  const few = diversityError(set(many.slice(0, 20)), human, options)!;
  expect(few).toBeGreaterThan(diversityError(set(many), human, options)!);
  expect(diversityError(set(many.slice(0, 20).reverse()), human, options)).toBe(few);
});

test("without two texts that have a word there is none", () => {
  for (const texts of [[], ["one text alone"], ["one text", "🙂", ""]]) {
    expect(diversityError(set(texts), human, options)).toBeUndefined();
  }
  // Copies of one text: whichever are drawn, it is the same.
  expect(diversityError(set(new Array(12).fill("the soup was cold again")), human, options)).toBeCloseTo(
    0,
    12,
  );
});
