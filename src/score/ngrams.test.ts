import fc from "fast-check";
import { expect, it } from "vitest";
import { ngramsOf } from "./ngrams.js";

it("gives equal n-grams equal numbers, and no others, and never crosses a text's end", () => {
  const sets = fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 30 }), { maxLength: 8 });
  fc.assert(
    fc.property(sets, (texts) => {
      const starts = [0];
      for (const text of texts) starts.push(starts.at(-1)! + text.length);
      const words = Int32Array.from(texts.flat());
      const levels = ngramsOf({ words, starts: Int32Array.from(starts), vocabulary: 4 }, 4);
      expect(levels.map(({ n }) => n)).toEqual([1, 2, 3, 4]);
      for (const { n, ids, distinct } of levels.slice(1)) {
        const numbers = new Map<string, number>();
        for (const [t, text] of texts.entries()) {
          for (let i = 0; i < text.length; i++) {
            const id = ids[starts[t]! + i]!;
            if (i + n > text.length) {
              expect(id).toBe(-1);
              continue;
            }
            const key = text.slice(i, i + n).join(" ");
            if (!numbers.has(key)) numbers.set(key, id);
            expect(id).toBe(numbers.get(key));
          }
        }
        expect(numbers.size).toBe(distinct);
        expect(new Set(numbers.values()).size).toBe(distinct);
        for (const id of numbers.values()) expect(id).toBeLessThan(distinct);
      }
    }),
    { seed: 1 },
  );
});

it("tells a million pairs apart", () => {
  // All pairs of a thousand words, each once: any that the hash takes for another is one fewer.
  const words = new Int32Array(2_000_000);
  for (let i = 0; i < 1_000_000; i++) {
    words[2 * i] = i % 1000;
    words[2 * i + 1] = Math.floor(i / 1000);
  }
  const starts = Int32Array.from({ length: 1_000_001 }, (_, i) => 2 * i);
  expect(ngramsOf({ words, starts, vocabulary: 1000 }, 2)[1]!.distinct).toBe(1_000_000);
});
