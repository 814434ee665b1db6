import { describe, expect, test } from "vitest";
import { encodeTexts } from "../encode/encode-texts.js";
import { ngramEncoder } from "../encode/ngram-encoder.js";
import type { DenseMatrix } from "../steering/dense-matrix.js";
import { meanPairwiseDistance, vendiScore } from "./embedding-diversity.js";
import { embeddingAuthenticity, embeddingDiversity } from "./embedding-scores.js";
import { matrixOf, numbers, reordered, repeated, sentences } from "./test-embeddings.js";
import { unitRows } from "./unit-rows.js";

const human = numbers(120, 10, 1, 0, 0);
const alike = numbers(90, 10, 2, 0, 0);
const apart = numbers(90, 10, 3, 0, 3);
const options = { seed: 1, draws: 3 };
const encodings = (set: DenseMatrix, of = human) => ({ encoder: "test", set, human: of });

/** Every number in a result. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(numbersIn) : [];
}

describe("embeddingDiversity", () => {
  test("compares at one number of texts, and has an error where texts are drawn", () => {
    const found = embeddingDiversity(encodings(alike), options);
    expect(found).toMatchObject({ encoder: "test", texts: 90, leftOut: { set: 0, human: 0 } });
    expect(found.vendiScore.set).toEqual(vendiScore(unitRows(alike)));
    expect(found.vendiScore.human.standardError).toBeGreaterThan(0);
    expect(found.vendiScore.human.value).toBeLessThan(vendiScore(unitRows(human)).value!);
    expect(found.pairwiseDistance.human).toEqual(meanPairwiseDistance(unitRows(human)));
    for (const part of [found.pairwiseDistance, found.vendiScore, found.nearestNeighbourDistance]) {
      expect(part.relative.value).toBeGreaterThan(0.9);
    }
    const at20 = embeddingDiversity(encodings(alike), { ...options, texts: 20 });
    expect(at20.texts).toBe(20);
    expect(at20.vendiScore.set.standardError).toBeGreaterThan(0);
  });

  test("is relative to human texts at the same number: fewer different texts, lower", () => {
    const few = repeated(reordered(alike, [...new Array(10).keys()]), 9);
    const found = embeddingDiversity(encodings(few), options);
    expect(found.nearestNeighbourDistance.relative.value).toBeCloseTo(0, 10);
    expect(found.vendiScore.relative.value).toBeLessThan(0.9);
  });

  test("has no NaN for bad input: nothing, one text, copies, zeros, few human texts", () => {
    const zeros = matrixOf(new Array<number>(10).fill(0), new Array<number>(10).fill(Number.NaN));
    const one = reordered(alike, [0]);
    for (const set of [matrixOf(), zeros, one, repeated(one, 40), alike]) {
      for (const of of [matrixOf(), zeros, one, human]) {
        for (const score of [embeddingDiversity, embeddingAuthenticity]) {
          const found = score(encodings(set.rows === 0 ? { ...set, columns: 10 } : set, of), options);
          expect(numbersIn(found).every(Number.isFinite)).toBe(true);
          for (const part of Object.values(found)) {
            if (part === null || typeof part !== "object" || !("relative" in part)) continue;
            for (const measured of [part.set, part.human, part.relative]) {
              expect((measured.value === undefined) === (measured.absent !== undefined)).toBe(true);
            }
          }
        }
      }
    }
    const empty = embeddingDiversity(encodings(zeros), options);
    expect(empty.leftOut.set).toBe(2);
    expect(empty.vendiScore.relative.absent).toMatch(/fewer than 2 texts/);
    expect(embeddingDiversity(encodings(alike, one), options).vendiScore.human.absent).toMatch(
      /10 human texts/,
    );
  });
});

describe("embeddingAuthenticity", () => {
  test("other human texts do as well as the human texts themselves, and texts elsewhere badly", () => {
    const [near, far] = [alike, apart].map((set) => embeddingAuthenticity(encodings(set), options));
    expect(near!.texts).toBe(60);
    expect(Math.abs(near!.adversarialAuroc.set.value! - 0.5)).toBeLessThan(0.15);
    for (const measure of ["adversarialAuroc", "mauve", "precision", "recall", "coverage"] as const) {
      expect(near![measure].relative.value).toBeGreaterThan(0.7);
      // Wide neighbourhoods of outliers take in texts that lie elsewhere: precision is known for it.
      if (measure !== "precision") expect(far![measure].relative.value).toBeLessThan(0.35);
    }
    expect(far!.adversarialAuroc.set.value).toBeGreaterThan(0.95);
    expect(far!.adversarialAuroc.human).toEqual(near!.adversarialAuroc.human);
    expect(far!.centroidCosine.set.value).not.toBe(near!.centroidCosine.set.value);
    expect(near!.meanCosine.relative.absent).toMatch(/no zero/);
  });

  test("has the same bits in whatever order the texts come", () => {
    const order = [...new Array(90).keys()].reverse();
    for (const score of [embeddingDiversity, embeddingAuthenticity]) {
      expect(score(encodings(reordered(alike, order)), options)).toEqual(score(encodings(alike), options));
    }
  });
});

test("serves sentences of three scripts, encoded without weights", async () => {
  const encoder = ngramEncoder({ width: 256 });
  for (const script of ["Latin", "Ethiopic", "Devanagari"] as const) {
    const [people, good, poor] = await Promise.all(
      [sentences(script, 80, 1, 18, 7), sentences(script, 60, 2, 18, 7), sentences(script, 60, 3, 4, 4)].map(
        (texts) => encodeTexts(encoder, texts),
      ),
    );
    const of = (set: DenseMatrix) => ({ encoder: encoder.name, set, human: people! });
    const diversity = [good!, poor!].map(
      (set) => embeddingDiversity(of(set), options).vendiScore.relative.value!,
    );
    expect(diversity[0]).toBeGreaterThan(0.9);
    expect(diversity[1]).toBeLessThan(0.6);
    const authenticity = [good!, poor!].map(
      (set) => embeddingAuthenticity(of(set), options).adversarialAuroc.set.value!,
    );
    expect(authenticity[0]).toBeLessThan(0.75);
    expect(authenticity[1]).toBeGreaterThan(0.95);
  }
});
