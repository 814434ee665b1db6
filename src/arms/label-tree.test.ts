import fc from "fast-check";
import { expect, test } from "vitest";
import { EngineError } from "../errors.js";
import { labelProbabilities, labelTree } from "./label-tree.js";

/** A token for every character: in any script, and with a space of its own. */
const byCharacter = async (text: string) =>
  Int32Array.from([...text], (character) => character.codePointAt(0)!);
/** A token for every word, its space included. */
const numbers = new Map<string, number>();
const byWord = async (text: string) =>
  Int32Array.from(text.match(/ ?[^ ]+| /g) ?? [], (word) => {
    numbers.set(word, numbers.get(word) ?? numbers.size);
    return numbers.get(word)!;
  });

test("labels of which the first token tells are told by it", async () => {
  const tree = await labelTree(byWord, "The topic is", ["science and technology", "sports"]);
  expect(tree.first).toEqual({
    beginning: "The topic is",
    tokens: [numbers.get(" science"), numbers.get(" sports")],
  });
  expect(tree.own.map(({ length }) => length)).toEqual([3, 1]);
});

test("what labels share stands before the token that tells them apart", async () => {
  const { first } = await labelTree(byCharacter, "It is", ["no joke", "not meant"]);
  expect(first).toEqual({
    beginning: "It is no",
    tokens: [" ", "t"].map((character) => character.codePointAt(0)),
  });
  const thai = await labelTree(byCharacter, "It is", ["ดี", "แย่"]);
  expect(thai.first?.beginning).toBe("It is ");
});

test("a label that is the beginning of another cannot be told by one token", async () => {
  const tree = await labelTree(byCharacter, "It is", ["safe", "safer", "unsafe"]);
  expect(tree.first).toBeUndefined();
  expect(tree.own.map(({ length }) => length)).toEqual([4, 5, 6]);
});

test("labels that are one and the same to the tokeniser are refused", async () => {
  const blind = async (text: string) => byCharacter(text.toLowerCase());
  await expect(labelTree(blind, "It is", ["Calm", "calm"])).rejects.toThrow(EngineError);
});

const ln = Math.log;

test("tokens that the remaining labels share cost nothing, and a long label is not less likely for its length", () => {
  // Labels a, bcd and bce: b has 0.3 beside a's 0.1; c costs nothing, whatever the model thinks of it; d 0.2 beside e's 0.6.
  const own = [[1], [2, 3, 4], [2, 3, 5]];
  const logs = [[ln(0.1)], [ln(0.3), ln(1e-6), ln(0.2)], [ln(0.3), ln(1e-6), ln(0.6)]];
  const [a, bcd, bce] = labelProbabilities(own, logs);
  expect(a).toBeCloseTo(0.25, 12);
  expect(bcd).toBeCloseTo(0.75 * 0.25, 12);
  expect(bce).toBeCloseTo(0.75 * 0.75, 12);
});

test("a label that ends where another goes on has what the other's token leaves", () => {
  const [short, long] = labelProbabilities([[], [7]], [[], [ln(0.2)]]);
  expect(short).toBeCloseTo(0.8, 12);
  expect(long).toBeCloseTo(0.2, 12);
  const three = labelProbabilities([[1], [1, 2], [3]], [[ln(0.5)], [ln(0.5), ln(0.9)], [ln(0.25)]]);
  expect([...three].map((value) => Number(value.toFixed(9)))).toEqual([0.066666667, 0.6, 0.333333333]);
});

test("a model that rules out every label says nothing of them", () => {
  const never = Number.NEGATIVE_INFINITY;
  expect([...labelProbabilities([[1], [2]], [[never], [never]])]).toEqual([0.5, 0.5]);
  expect([...labelProbabilities([[1], [2]], [[-2000], [-2000]])]).toEqual([0.5, 0.5]);
});

test("the probabilities of any labels add up to 1", () => {
  const word = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 });
  const labels = fc.uniqueArray(word, { minLength: 2, maxLength: 6, selector: (tokens) => tokens.join() });
  fc.assert(
    fc.property(labels, (own) => {
      // Of the tokens behind a beginning each has the same share, whatever the label: a model that is consistent.
      const logs = own.map((tokens) => tokens.map((token) => ln([0.5, 0.3, 0.1][token - 1]!)));
      const probabilities = labelProbabilities(own, logs);
      expect(probabilities.every((value) => value >= 0)).toBe(true);
      expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
    }),
    { numRuns: 60 },
  );
});
