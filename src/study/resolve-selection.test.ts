import { expect, test } from "vitest";
import { resolveSelection } from "./resolve-selection.js";

/** A vocabulary with a mark for a word at the start of a text, as SentencePiece has it. */
const engine = {
  model: { vocabulary: 12 },
  tokenize: async (text: string) => {
    const tokens: Record<string, number[]> = {
      ":": [5, 7],
      a: [8],
      "a:": [8, 7],
      ".": [9],
      ".:": [9, 7],
      "\n": [6],
      "\n:": [6, 7],
      the: [4],
      athe: [8, 3],
      ".the": [9, 3],
      "\nthe": [6, 4],
      ab: [8, 2],
      aab: [11, 2],
      ".ab": [9, 8, 2],
      "\nab": [6, 8, 2],
    };
    return Int32Array.from(tokens[text]!);
  },
};

const resolve = (selection: Parameters<typeof resolveSelection>[1]) =>
  resolveSelection(engine, selection, "steering.where");

test("a text stands for its tokens at the start of a text and within one", async () => {
  const selection = {
    phase: "prompt" as const,
    include: [{ text: ":" }, { anchor: "start" as const, to: 3 }],
    exclude: [{ text: "the" }],
  };
  expect(await resolve(selection)).toEqual({
    phase: "prompt",
    include: [{ tokens: [7] }, { anchor: "start", to: 3 }],
    exclude: [{ tokens: [4, 3] }],
  });
});

test("a text of several tokens, and a token that there is not, are refused", async () => {
  await expect(resolve({ include: [{ text: "ab" }] })).rejects.toThrow(
    'steering.where: the text "ab" is 2 tokens of this model, and a row holds one. Name a shorter text, or token numbers: the text\'s are 8, 2.',
  );
  await expect(resolve({ exclude: [{ tokens: [11, 12] }] })).rejects.toThrow(
    "steering.where: there is no token 12; the model's vocabulary has 0 to 11.",
  );
});
