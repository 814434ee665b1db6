import { describe, expect, test } from "vitest";
import { calibrateJudge, type JudgedText, readTexts, saladOf } from "./judge-texts.js";

const text = (logProbability: number, tokens = 10, words = "a b c d", language = "en"): JudgedText => ({
  text: words,
  language,
  logProbability,
  tokens,
});
const nothing = text(Number.NaN, 0, "");
const salad = (...values: number[]) => values.map((logProbability) => ({ logProbability, tokens: 10 }));

describe("calibrateJudge", () => {
  // Medians: -2 for the texts, -6 for their salad. Coherence of the texts: 1, 1, 0.75; the mean is 11/12.
  const unsteered = [text(-1), text(-2), text(-3)];
  const { judge, notes } = calibrateJudge(unsteered, salad(-5, -6, -7));

  test("gives unsteered texts 1, and word salad 0", () => {
    expect(judge(unsteered).coherence).toBeCloseTo(1, 12);
    expect(judge([text(-2)]).coherence).toBeCloseTo(12 / 11, 12);
    expect(judge([text(-4)]).coherence).toBeCloseTo(6 / 11, 12);
    expect(judge([text(-6), text(-9)]).coherence).toBe(0);
    expect(notes).toEqual([]);
  });

  test("counts a text by its tokens, and silence as a text that fell apart", () => {
    expect(judge([text(-2, 30), text(-6, 10)]).coherence).toBeCloseTo(0.75 * (12 / 11), 12);
    expect(judge([text(-2, 10), nothing]).coherence).toBeCloseTo(0.5 * (12 / 11), 12);
    expect(judge([nothing])).toEqual({ coherence: 0, perplexity: undefined, loops: 0, tokens: 0 });
  });

  test("gives the perplexity of all tokens, their mean number, and the share of loops", () => {
    const loop = text(-1, 30, "no no no no no no no no");
    const found = judge([loop, text(-3, 10), nothing]);
    expect(found.perplexity).toBeCloseTo(Math.exp((30 + 30) / 40), 12);
    expect(found.tokens).toBeCloseTo(40 / 3, 12);
    expect(found.loops).toBeCloseTo(1 / 3, 12);
    // A loop is probable, and yet no good text: 5 of its 6 trigrams repeat an earlier one.
    expect(judge([loop]).coherence).toBeCloseTo((1 - 5 / 6) * (12 / 11), 12);
  });

  test("judges each language on its own scale, and says where it cannot", () => {
    const both = [...unsteered, text(-6, 10, "x y z", "sl"), text(-7, 10, "x y z", "sl")];
    const able = calibrateJudge(both, salad(-5, -6, -7, -9, -10));
    expect(able.judge([text(-6.5, 10, "x", "sl")]).coherence).toBeGreaterThan(0.9);
    const unable = calibrateJudge(both, salad(-5, -6, -7, -6, -5));
    expect(unable.notes).toEqual([
      expect.stringMatching(/^sl: the model finds its own texts no more probable/),
    ]);
    expect(unable.judge([text(-6.5, 10, "x", "sl")]).coherence).toBeUndefined();
    expect(unable.judge([text(-2), text(-99, 10, "x", "sl")]).coherence).toBeCloseTo(12 / 11, 12);
  });
});

test("word salad has the same words, and is the same for the same seed", () => {
  const texts = [text(-1, 4, "one two three four five"), text(-1, 4, "six seven eight nine ten")];
  const made = saladOf(texts, 3);
  expect(made).toEqual(saladOf(texts, 3));
  expect(made).not.toEqual(saladOf(texts, 4));
  expect(made[0]).not.toBe(texts[0]!.text);
  expect(made[0]!.split(" ").sort()).toEqual(["five", "four", "one", "three", "two"]);
});

test("texts are read in their order, and empty ones are not given to the model", async () => {
  const given: unknown[] = [];
  let told = 0;
  const engine = {
    async *logProbabilities(texts: readonly unknown[]) {
      given.push(...texts);
      yield { text: 1, values: Float32Array.of(-4) };
      yield { text: 0, values: Float32Array.of(-1, -2) };
    },
  };
  const readings = await readTexts(engine, ["a b", "", "c"], { onText: () => told++ });
  expect(given).toEqual(["a b", "c"]);
  expect(readings).toEqual([
    { logProbability: -1.5, tokens: 2 },
    { logProbability: Number.NaN, tokens: 0 },
    { logProbability: -4, tokens: 1 },
  ]);
  expect(told).toBe(3);
});
