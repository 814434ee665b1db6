import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InterruptedError, RecipeError } from "../errors.js";
import { ngramEncoder } from "./ngram-encoder.js";

// Made by fixtures/ngram-encoder.py, which has its own n-grams and hash.
const fixture: { texts: string[]; rows: number[][]; cosines: number[][] } = JSON.parse(
  readFileSync(new URL("fixtures/ngram-encoder.json", import.meta.url), "utf8"),
);

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

describe("ngramEncoder", () => {
  test("has the vectors of the Python program, in every script", async () => {
    const narrow = ngramEncoder({ width: 32, ngrams: { minimum: 1, maximum: 3 } });
    const found = await narrow.encode(fixture.texts);
    fixture.rows.forEach((row, text) => {
      row.forEach((value, column) => {
        expect(found[text]![column]).toBeCloseTo(value, 6);
      });
    });
    const wide = await ngramEncoder().encode(fixture.texts);
    fixture.cosines.forEach((row, i) => {
      row.forEach((cosine, j) => {
        expect(dot(wide[i]!, wide[j]!)).toBeCloseTo(cosine, 6);
      });
    });
    expect(narrow.name).toBe("character n-grams 1-3, hashed to 32");
  });

  test("does not see case, white space or Unicode form, and nothing but the text", async () => {
    const encoder = ngramEncoder();
    const [a, b, c] = await encoder.encode(["Été  chaud", "e\u0301te\u0301 chaud", "froid"]);
    expect(a).toEqual(b);
    expect((await encoder.encode(["froid"]))[0]).toEqual(c);
  });

  test("gives length 1, or nothing, to any text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        fc.integer({ min: 2, max: 40 }),
        async (text, width) => {
          const [vector] = await ngramEncoder({ width }).encode([text]);
          const norm = Math.sqrt(dot(vector!, vector!));
          expect(Math.min(Math.abs(norm - 1), norm)).toBeLessThan(1e-6);
          if (text.trim() === "") expect(norm).toBe(0);
        },
      ),
      { seed: 1 },
    );
  });

  test("texts of one language and subject are more alike than others", async () => {
    const [a, b, c] = await ngramEncoder().encode([
      "the waiter brought cold soup",
      "the soup that the waiter brought was cold",
      "quarterly revenue fell by nine percent",
    ]);
    expect(dot(a!, b!)).toBeGreaterThan(0.5);
    expect(dot(a!, c!)).toBeLessThan(0.2);
  });

  test("stops when it is told to, and refuses options that cannot work", async () => {
    const controller = new AbortController();
    const encoding = ngramEncoder().encode(new Array<string>(500).fill("text"), {
      signal: controller.signal,
    });
    controller.abort();
    await expect(encoding).rejects.toThrow(InterruptedError);
    expect(() => ngramEncoder({ width: 1 })).toThrow(RecipeError);
    expect(() => ngramEncoder({ ngrams: { minimum: 3, maximum: 2 } })).toThrow(RecipeError);
  });
});
