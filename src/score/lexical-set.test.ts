import fc from "fast-check";
import { expect, it } from "vitest";
import { randomGenerator } from "../random/seeded-random.js";
import { drawTexts, lexicalSet, lexicalText, wholeTexts } from "./lexical-set.js";

it("gives equal words equal numbers, in an order of its own", () => {
  const set = lexicalSet(["b a b", "", "a c"].map((text) => lexicalText(text, "en")));
  expect(set.texts.map(({ text }) => text)).toEqual(["", "a c", "b a b"]);
  expect([...set.words]).toEqual([0, 1, 2, 0, 2]);
  expect([...set.starts]).toEqual([0, 2, 5]);
  expect(wholeTexts(set)).toEqual({ texts: Int32Array.of(0, 1), lengths: Int32Array.of(2, 3) });
});

it("is the same for composed and decomposed letters", () => {
  const composed = lexicalSet([lexicalText("café à Zürich")]);
  expect(lexicalSet([lexicalText("cafe\u0301 a\u0300 Zu\u0308rich")])).toEqual(composed);
  expect(lexicalSet([{ text: "cafe\u0301", tokens: ["x"] }]).texts[0]!.text).toBe("café");
});

it("is the same for any order of the texts", () => {
  const text = fc.record({
    text: fc.string({ unit: "binary", maxLength: 5 }),
    tokens: fc.array(fc.constantFrom("a", "b", "ሾ", "汤"), { maxLength: 5 }),
  });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 10 }), (texts) => {
      expect(lexicalSet([...texts].reverse())).toEqual(lexicalSet(texts));
    }),
    { seed: 2 },
  );
});

it("draws every text once at most, and all alike", () => {
  const set = lexicalSet(["a", "b b", "c c c", "d d d d"].map((text) => lexicalText(text)));
  const random = randomGenerator(1);
  const counts = new Int32Array(4);
  for (let draw = 0; draw < 4000; draw++) {
    const { texts, lengths } = drawTexts(set, 2, random);
    expect(texts).toHaveLength(2);
    expect(texts[0]).not.toBe(texts[1]);
    expect([...lengths]).toEqual([...texts].map((i) => i + 1));
    for (const i of texts) counts[i]!++;
  }
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(150);
});
