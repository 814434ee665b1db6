import fc from "fast-check";
import { expect, test } from "vitest";
import { type CallOptions, textsOfCall } from "./call-texts.js";

const SIX: CallOptions = { perCall: 6, separator: "|||", chat: "template", language: "en" };
const of = (text: string, change: Partial<CallOptions> = {}, finish: "end" | "length" = "end") =>
  textsOfCall({ text, tokens: 100, finish }, { ...SIX, ...change });
const texts = (found: ReturnType<typeof of>) => found.map(({ text }) => text);

test("a call for one text is that text, whatever separators it holds", () => {
  expect(of("A cat ||| a dog.", { perCall: 1 })).toEqual([
    { text: "A cat ||| a dog.", tokens: 100, finish: "end" },
  ]);
  expect(texts(of("It works. It fai", { perCall: 1 }, "length"))).toEqual(["It works."]);
});

test("numbers, quotation marks and empty pieces are taken away, and no more texts are kept than were asked for", () => {
  expect(texts(of('1. "The soup was warm." ||| \n2. The bread was dry.||| |||3) Fine tea.'))).toEqual([
    "The soup was warm.",
    "The bread was dry.",
    "Fine tea.",
  ]);
  expect(texts(of("a ||| b ||| c", { perCall: 2 }))).toEqual(["a", "b"]);
});

test("what the length limit cut is cut to its last whole sentence, and only it says so", () => {
  expect(of("One is whole. ||| Two is whole. Two is not wh", {}, "length")).toMatchObject([
    { text: "One is whole.", finish: "stop" },
    { text: "Two is whole.", finish: "length" },
  ]);
  // The text in which it stopped is not among those that were asked for.
  expect(of("a is. ||| b is. ||| c i", { perCall: 2 }, "length")).toMatchObject([
    { finish: "stop" },
    { finish: "stop" },
  ]);
});

test("the first and the last are dropped where the words ask for two more", () => {
  const lines = "Here you are:\nOne.\nTwo.\nThree, cut of";
  expect(of(lines, { separator: "\n", dropEnds: true }, "length")).toMatchObject([
    { text: "One.", finish: "stop" },
    { text: "Two.", finish: "stop" },
  ]);
});

test("a call that gives nothing leaves one empty text with all its tokens", () => {
  for (const nothing of ["", " \n", "||| |||"]) {
    expect(of(nothing)).toEqual([{ text: "", tokens: 100, finish: "end" }]);
  }
});

test("tokens are divided by length", () => {
  expect(of("aaaa ||| aaaa ||| aaaaaaaaaaaa").map(({ tokens }) => tokens)).toEqual([20, 20, 60]);
});

test("the parts of a call's tokens sum to the call's, and none is negative", () => {
  const pieces = fc.array(fc.string({ maxLength: 12 }), { maxLength: 9 });
  fc.assert(
    fc.property(pieces, fc.nat(500), fc.integer({ min: 1, max: 8 }), (some, tokens, perCall) => {
      const found = textsOfCall({ text: some.join("|||"), tokens, finish: "end" }, { ...SIX, perCall });
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(perCall);
      expect(found.reduce((sum, each) => sum + each.tokens, 0)).toBe(tokens);
      expect(found.every((each) => each.tokens >= 0)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
