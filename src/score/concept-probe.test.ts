import { describe, expect, test } from "vitest";
import { encodeTexts } from "../encode/encode-texts.js";
import { ngramEncoder } from "../encode/ngram-encoder.js";
import { type ConceptProbe, probeSuccess, trainConceptProbe } from "./concept-probe.js";
import { embeddingFixture, matrixOf, numbers, repeated, type Script, sentences } from "./test-embeddings.js";

const training = { positive: numbers(30, 8, 7, 0, 0.5), negative: numbers(40, 8, 8, 0, 0) };
const heldOut = { positive: numbers(12, 8, 9, 0, 0.5), negative: numbers(15, 8, 10, 0, 0) };

function trained(): ConceptProbe {
  const probe = trainConceptProbe(training, heldOut);
  if ("absent" in probe) throw new Error(probe.absent);
  return probe;
}

test("probabilities and held-out AUROC are those of scikit-learn and SciPy", () => {
  const expected = embeddingFixture().probe;
  const probe = trained();
  expect(probe.heldOutAuroc).toBeCloseTo(expected.heldOutAuroc, 12);
  expect(probe.heldOut).toEqual({ positive: 12, negative: 15 });
  const { probabilities, success } = probeSuccess(probe, numbers(6, 8, 11, 0, 0.25));
  probabilities.forEach((probability, text) => {
    expect(probability).toBeCloseTo(expected.probabilities[text]!, 5);
  });
  expect(success.value).toBeCloseTo(expected.probabilities.reduce((sum, p) => sum + p, 0) / 6, 5);
});

test.each(Object.entries(embeddingFixture().scripts))(
  "so they are of n-grams of %s",
  async (script, { probe }) => {
    const about = (count: number, seed: number, used: number) =>
      encodeTexts(ngramEncoder(), sentences(script as Script, count, seed, used, 6));
    const found = trainConceptProbe(
      { positive: await about(40, 5, 10), negative: await about(40, 6, 18) },
      { positive: await about(20, 7, 10), negative: await about(20, 8, 18) },
    );
    if ("absent" in found) throw new Error(found.absent);
    expect(found.heldOutAuroc).toBeCloseTo(probe.heldOutAuroc, 12);
    probeSuccess(found, await about(8, 9, 14)).probabilities.forEach((probability, text) => {
      expect(probability).toBeCloseTo(probe.probabilities[text]!, 5);
    });
  },
);

describe("a probe", () => {
  test("flips success when the sides are exchanged", () => {
    const other = trainConceptProbe(
      { positive: training.negative, negative: training.positive },
      { positive: heldOut.negative, negative: heldOut.positive },
    );
    if ("absent" in other) throw new Error(other.absent);
    const texts = numbers(9, 8, 12, 0, 0.3);
    const [there, back] = [probeSuccess(trained(), texts), probeSuccess(other, texts)];
    there.probabilities.forEach((probability, text) => {
      expect(probability! + back.probabilities[text]!).toBeCloseTo(1, 6);
    });
  });

  test("gives texts with the concept more than others", () => {
    const success = (shift: number) => probeSuccess(trained(), numbers(200, 8, 13, 0, shift)).success.value!;
    expect(success(0.5)).toBeGreaterThan(success(0) + 0.2);
  });

  test("has no probability for a text without an embedding, and keeps the others in place", () => {
    const texts = matrixOf([1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0], [-1, 0, 0, 0, 0, 0, 0, 0]);
    const { probabilities, success } = probeSuccess(trained(), texts);
    expect(probabilities[0]).toBeGreaterThan(0.5);
    expect(probabilities[1]).toBeUndefined();
    expect(probabilities[2]).toBeLessThan(0.5);
    expect(success.value).toBeCloseTo((probabilities[0]! + probabilities[2]!) / 2, 12);
    const none = probeSuccess(trained(), matrixOf(new Array<number>(8).fill(0)));
    expect(none.success).toMatchObject({ value: undefined, absent: "no text with an embedding" });
    expect(() => probeSuccess(trained(), matrixOf([1, 2]))).toThrow(RangeError);
  });

  test("is absent, with a reason, where there is nothing to learn", () => {
    const one = repeated(matrixOf([1, 2, 3, 4, 5, 6, 7, 8]), 6);
    const reason = (...args: Parameters<typeof trainConceptProbe>): unknown => {
      const probe = trainConceptProbe(...args);
      return "absent" in probe ? probe.absent : probe;
    };
    expect(reason({ positive: one, negative: one }, heldOut)).toMatch(/do not differ/);
    expect(reason({ ...training, positive: matrixOf([1, 0, 0, 0, 0, 0, 0, 0]) }, heldOut)).toMatch(
      /fewer than 2/,
    );
    expect(reason(training, { positive: heldOut.negative, negative: heldOut.positive })).toMatch(
      /AUROC 0\.\d\d/,
    );
  });
});
