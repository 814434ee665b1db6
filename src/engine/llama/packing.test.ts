import fc from "fast-check";
import { expect, test } from "vitest";
import { packTexts } from "./packing.js";

const LIMITS = { rows: 8, sequences: 3, capacity: 30 };
const whole = (tokens: Int32Array) => ({ tokens, promptLength: tokens.length });

test("every token is in exactly one row, in order, within the limits, and caches are cleared between texts", () => {
  const texts = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 12 });
  fc.assert(
    fc.property(texts, (lengths) => {
      const tokens = lengths.map((length, t) => Int32Array.from({ length }, (_, p) => t * 100 + p));
      const seen = new Map<number, number[]>();
      const finished: number[] = [];
      for (const pack of packTexts(tokens.map(whole), LIMITS)) {
        expect(pack.rows.length).toBeLessThanOrEqual(LIMITS.rows);
        const sequences = new Map<number, number>();
        for (const row of pack.rows) {
          expect(row.token).toBe(row.text * 100 + row.position);
          expect(row.sequence).toBeLessThan(LIMITS.sequences);
          // One sequence of a pack belongs to one text.
          expect(sequences.get(row.sequence) ?? row.text).toBe(row.text);
          sequences.set(row.sequence, row.text);
          const positions = seen.get(row.text) ?? [];
          positions.push(row.position);
          seen.set(row.text, positions);
          if (pack.fresh && row === pack.rows[0]) expect(row.position).toBe(0);
        }
        if (!pack.fresh) expect(pack.rows[0]!.position).toBeGreaterThan(0);
        finished.push(...pack.finished);
      }
      expect(finished).toEqual([...lengths.keys()]);
      for (const [t, length] of lengths.entries()) expect(seen.get(t)).toEqual([...Array(length).keys()]);
    }),
  );
});

test("an empty and an over-long text are refused by number", () => {
  expect(() => [...packTexts([new Int32Array(1), new Int32Array(0)].map(whole), LIMITS)]).toThrow(
    /Text 2 of 2 has no tokens/,
  );
  expect(() => [...packTexts([new Int32Array(31)].map(whole), LIMITS)]).toThrow(
    /31 tokens and the context 30/,
  );
});
