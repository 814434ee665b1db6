import fc from "fast-check";
import { expect, it } from "vitest";
import { BETWEEN_TEXTS, commonRuns } from "./common-runs.js";

it("finds, for each word, the longest run that ends with it, as brute force does", () => {
  const number = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 1, arbitrary: fc.constant(BETWEEN_TEXTS) },
  );
  const text = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(number, { maxLength: 60 }), text, (source, words) => {
      const known = `,${source.join(",")},`;
      const expected = words.map((_, end) => {
        for (let start = 0; start <= end; start++) {
          if (known.includes(`,${words.slice(start, end + 1).join(",")},`)) return end + 1 - start;
        }
        return 0;
      });
      expect([...commonRuns(Int32Array.from(source))(Int32Array.from(words))]).toEqual(expected);
    }),
    { seed: 1, numRuns: 500 },
  );
});

it("has no limit, and grows with the words, not with their square", () => {
  const loop = new Int32Array(300_000).fill(7);
  expect(commonRuns(loop)(loop).at(-1)).toBe(300_000);
  const fibonacci = [0, 1];
  while (fibonacci.length < 200_000)
    fibonacci.push(...fibonacci.slice(0, Math.ceil(fibonacci.length / 1.618)));
  const words = Int32Array.from(fibonacci);
  expect(commonRuns(words)(words).at(-1)).toBe(words.length);
});
