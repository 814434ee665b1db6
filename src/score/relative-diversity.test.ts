import { describe, expect, it } from "vitest";
import { words } from "../language/words.js";
import { buildReference } from "./reference.js";
import { relativeDiversity } from "./relative-diversity.js";

const HUMAN = Array.from({ length: 30 }, (_, i) => sentence(i));
const reference = buildReference({
  texts: HUMAN.map((text) => ({ text, language: "en" })),
  budget: 200,
  seed: 1,
}).languages.get("en")!;
const set = (texts: readonly string[]) => ({ texts, tokenized: texts.map((text) => words(text, "en")) });
const at = { budget: 200, seed: 2 };

/** A different sentence of twelve words for every number. */
function sentence(i: number): string {
  const subjects = ["soup", "waiter", "bread", "music", "terrace", "bill", "dessert"];
  const verbs = ["was", "seemed", "tasted", "felt", "looked"];
  const ends = ["cold", "kind", "stale", "loud", "sunny", "wrong", "sweet", "late", "small", "fine", "dull"];
  return `The ${subjects[i % 7]} ${verbs[i % 5]} ${ends[i % 11]} when we came number ${i} and ${ends[(i + 3) % 11]} later ${subjects[(i + 2) % 7]}`;
}

describe("relativeDiversity", () => {
  it("is 1 for the human texts themselves", () => {
    const found = relativeDiversity(set(HUMAN), reference, { budget: 200, seed: 1 });
    expect(found.value).toBeCloseTo(1, 12);
    expect(found.distinct3.relative).toBeCloseTo(1, 12);
    expect(found.budget).toBe(200);
  });

  it("is ½ MATTR + ¼ distinct-2 + ¼ compression, each capped at 1", () => {
    const half = HUMAN.slice(0, 8);
    const found = relativeDiversity(set([...half, ...half, ...half]), reference, at);
    const cap = (part: { value: number | undefined; human: number | undefined }) =>
      Math.min(1, part.value! / part.human!);
    expect(found.sampleLevel).toBe(cap(found.mattr));
    expect(found.setLevel).toBeCloseTo((cap(found.distinct2) + cap(found.compression)) / 2, 12);
    expect(found.value).toBeCloseTo(found.sampleLevel! / 2 + found.setLevel! / 2, 12);
    expect(found.setLevel!).toBeLessThan(0.8);
  });

  it("falls with copies between texts and with repetition inside them", () => {
    const copies = relativeDiversity(set(new Array<string>(30).fill(HUMAN[0]!)), reference, at);
    expect(copies.setLevel!).toBeLessThan(0.35);
    const stutter = relativeDiversity(
      set(HUMAN.map((text) => `${text.split(" ")[1]} `.repeat(12))),
      reference,
      at,
    );
    expect(stutter.sampleLevel!).toBeLessThan(0.2);
  });

  it("compares at the largest budget that both sets have", () => {
    const found = relativeDiversity(set(HUMAN.slice(0, 5)), reference, { budget: 100_000, seed: 1 });
    expect(found.budget).toBe(words(HUMAN.slice(0, 5).join(" ")).length);
    expect(found.distinct2.relative).toBeGreaterThan(0.9);
  });

  it("has no value for too little text", () => {
    for (const texts of [[], ["😀"], ["two words"]]) {
      const found = relativeDiversity(set(texts), reference, at);
      expect(found.value).toBeUndefined();
      expect(found.setLevel).toBeUndefined();
      expect(found.distinct1.value).toBeUndefined();
    }
  });
});
