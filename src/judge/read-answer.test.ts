import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JudgeFailure } from "./chooser.js";
import { readAnswer } from "./read-answer.js";

const RATINGS = ["0", "1", "2"];
const reply = (content: unknown, more: object = {}) => ({ choices: [{ message: { content }, ...more }] });
const rating = (content: unknown) => readAnswer(reply(content), RATINGS).probabilities.indexOf(1);

describe("an answer", () => {
  it.each([
    ['{"answer": "2"}', 2],
    ['{"answer":1}', 1],
    ['```json\n{ "answer" : "0" }\n```', 0],
    ['{"answer": "2"', 2],
    ['{"answer": "2', 2],
    ["2", 2],
    [" 1.\n", 1],
    ["**0**", 0],
    ["Rating: 2", 2],
    ["The rating is 1, because the text hints at it.", 1],
    ["Rating (0-2): 1", 1],
    ["I would give it 2.", 2],
    ["<think>0 or 1? Rating: 0</think>\nRating: 2", 2],
    ["Rating: 2\n\nThe 3 words, 10 letters and 1.5 lines are good.", 2],
  ])("is read in %j", (content, expected) => expect(rating(content)).toBe(expected));

  it.each([
    "",
    "Good!",
    '{"answer": "',
    '{"answer": "7"} or 2',
    '{"answer": 20}',
    '{"ans',
    "1 or 2",
    "Rating: 1.5",
    "1/2",
    "15",
    "Rating: 1. Rating: 2",
    "<think>Rating: 2",
    null,
  ])("is not read in %j", (content) => {
    expect(() => rating(content)).toThrow(JudgeFailure);
    expect(() => rating(content)).toThrow(/none of 0, 1, 2/);
  });

  it("of letters is no word of the sentence", () => {
    const choose = (content: string) => readAnswer(reply(content), ["A", "B"]).probabilities;
    expect(choose("B")).toEqual([0, 1]);
    expect(choose("Answer: A")).toEqual([1, 0]);
    expect(() => choose("A good text is the second.")).toThrow(JudgeFailure);
  });

  it("that was cut off says what to do", () => {
    const cut = reply("<think>Well,", { finish_reason: "length" });
    expect(() => readAnswer(cut, RATINGS)).toThrow(/maxTokens/);
  });
});

it.each([undefined, null, 1, "x", {}, { choices: [] }, { choices: [{}] }, { error: { message: "x" } }])(
  "%j is no chat completion",
  (value) => expect(() => readAnswer(value, RATINGS)).toThrow(/no chat completion/),
);

describe("log-probabilities", () => {
  const top = (...pairs: [string, number][]) =>
    pairs.map(([token, probability]) => ({ token, logprob: Math.log(probability) }));

  it("of the answer's place are summed by answer and renormalised", () => {
    const alternatives = top([" 2", 0.4], ["1", 0.2], [" 1", 0.1], ["The", 0.1], ["0", 0.1]);
    const content = [
      { token: "Rating:", logprob: -0.1, top_logprobs: top(["Rating:", 0.9], ["2", 0.1]) },
      { token: " 2", logprob: Math.log(0.4), top_logprobs: alternatives },
    ];
    const { probabilities, mass } = readAnswer(reply("Rating: 2", { logprobs: { content } }), RATINGS);
    expect(mass).toBeCloseTo(0.8, 12);
    [0.125, 0.375, 0.5].forEach((value, i) => void expect(probabilities[i]).toBeCloseTo(value, 12));
  });

  it("that are missing, empty or of another form leave the answer as it is", () => {
    for (const logprobs of [null, {}, { content: null }, { content: [] }, { tokens: ["2"] }, "yes"]) {
      expect(readAnswer(reply("2", { logprobs }), RATINGS)).toEqual({ probabilities: [0, 0, 1] });
    }
    const bare = { content: [{ token: "2", logprob: -0.1, top_logprobs: [] }] };
    expect(readAnswer(reply("2", { logprobs: bare }), RATINGS)).toEqual({ probabilities: [0, 0, 1] });
  });
});

it("is an answer or nonsense, whatever comes", () => {
  const contents = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom('{"answer"', ":", '"', "0", "2", " ", "Rating", "}", "๒", "<think>") }),
  );
  fc.assert(
    fc.property(contents, (content) => {
      try {
        const { probabilities } = readAnswer(reply(content), RATINGS);
        expect(probabilities.reduce((a, b) => a + b, 0)).toBe(1);
        expect(content).toMatch(/[012]/);
      } catch (error) {
        expect(error).toBeInstanceOf(JudgeFailure);
        expect((error as Error).message.isWellFormed()).toBe(true);
      }
    }),
    { seed: 13, numRuns: 500 },
  );
});
