import { afterAll, beforeAll, expect, test } from "vitest";
import { collect } from "../collect.js";
import type { ReadText } from "../engine.js";
import type { Intervention } from "../intervention.js";
import type { Selection } from "../selection.js";
import type { LlamaEngine } from "./llama-engine.js";
import { captured, inOrder, largestDifference, openTiny, PLAIN, range, scored } from "./test-engine.js";

const WIDTH = 64;
const PROMPT = "the day was long and";
const ANSWER = " the night was short";
const BOTH: ReadText = { prompt: PROMPT, answer: ANSWER };
const ROWS = { layers: [2], pooling: "rows" as const };
let engine: LlamaEngine;

beforeAll(async () => {
  engine = await openTiny({ layers: 4, width: WIDTH });
});
afterAll(() => engine.close());

const direction = Float32Array.from({ length: WIDTH }, (_, i) => Math.sin(i + 1));
const ablate = (where?: Selection): Intervention[] => [
  { kind: "ablate", layer: 2, direction, ...(where ? { where } : {}) },
];

async function positions(where: Selection, text: ReadText = BOTH): Promise<number[]> {
  const [capture] = await captured(engine.capture([text], { ...ROWS, where }));
  return [...capture!.positions];
}

test("an answer goes on where its prompt ends, and its rows count as generated", async () => {
  const prompt = await engine.tokenize(PROMPT, { special: true });
  const [capture] = await captured(engine.capture([BOTH], ROWS));
  const answer = [...capture!.tokens].slice(prompt.length - 1);
  expect([...capture!.tokens].slice(0, prompt.length - 1)).toEqual([...prompt].slice(1));
  // A tokeniser of SentencePiece's kind puts the space there itself, where a text begins.
  expect(answer).toEqual([...(await engine.tokenize(ANSWER.trim()))]);
  const all = [...capture!.positions];
  expect(await positions({ phase: "prompt" })).toEqual(all.slice(0, prompt.length - 1));
  expect(await positions({ phase: "generated" })).toEqual(all.slice(prompt.length - 1));
  expect(await positions({ include: [{ anchor: "prompt-end", from: 0, to: 1 }] })).toEqual([
    prompt.length,
    prompt.length + 1,
  ]);
  expect(await positions({ include: [{ anchor: "end", from: -1 }] })).toEqual(all.slice(-1));
});

test("the first row is never captured, whatever the selection says, nor where a model adds no BOS", async () => {
  expect(await positions({ include: [{ anchor: "start", from: 0, to: 1 }] })).toEqual([1]);
  const plain = await openTiny({ layers: 4, width: WIDTH, addBos: false });
  try {
    const [capture] = await captured(plain.capture([PROMPT], ROWS));
    const tokens = await plain.tokenize(PROMPT, { special: true });
    expect(await engine.tokenize(PROMPT, { special: true })).toHaveLength(tokens.length + 1);
    expect([...capture!.positions]).toEqual([...tokens.keys()].slice(1));
  } finally {
    await plain.close();
  }
});

test("a mean is over the selected rows", async () => {
  const where: Selection = { phase: "generated" };
  const [rows] = await captured(engine.capture([BOTH], { ...ROWS, where }));
  const [mean] = await captured(engine.capture([BOTH], { layers: [2], pooling: "mean", where }));
  const expected = Float32Array.from({ length: WIDTH }, (_, i) => {
    let sum = 0;
    for (let row = 0; row < rows!.count; row++) sum += rows!.values[row * WIDTH + i]!;
    return sum / rows!.count;
  });
  expect(mean!.count).toBe(rows!.count);
  expect(largestDifference(mean!.values, expected)).toBeLessThan(1e-6);
});

test("a text in which nothing is selected is refused by its number", async () => {
  const where: Selection = { phase: "generated" };
  const run = collect(engine.capture([BOTH, PROMPT], { ...ROWS, where }));
  await expect(run).rejects.toThrow(/picks no row of text 2/);
  const steered = collect(engine.logProbabilities([PROMPT], { interventions: ablate(where) }));
  await expect(steered).rejects.toThrow(/layer 2 picks no row of any text/);
});

test("log-probabilities of an answer are the tail of the whole text's, given its prompt", async () => {
  const [answer] = await scored(engine.logProbabilities([BOTH]));
  const tokens = await engine.tokenize(ANSWER.trim());
  expect(answer!.length).toBe(tokens.length);
  // The first one by another way: the distribution after the prompt.
  const next = await engine.nextToken(PROMPT);
  expect(answer![0]!).toBeCloseTo(next[tokens[0]!]!, 3);
  const after = await engine.nextToken({ prompt: PROMPT, answer: ANSWER });
  expect(largestDifference(next, after)).toBeGreaterThan(1e-2 * range(next));
  // An empty answer has none, and not those of its prompt.
  expect(await scored(engine.logProbabilities([{ prompt: PROMPT, answer: "" }]))).toEqual([
    new Float32Array(0),
  ]);
});

test("in an ablated capture the rows that were picked have no component left, and the others keep theirs", async () => {
  const plain = await captured(engine.capture([BOTH], ROWS));
  const where: Selection = { phase: "generated" };
  const steered = await captured(engine.capture([BOTH], { ...ROWS, interventions: ablate(where) }));
  const component = (values: Float32Array, row: number) =>
    direction.reduce((sum, value, i) => sum + value * values[row * WIDTH + i]!, 0);
  const prompt = (await engine.tokenize(PROMPT, { special: true })).length - 1;
  for (let row = 0; row < plain[0]!.count; row++) {
    const before = component(plain[0]!.values, row);
    const after = component(steered[0]!.values, row);
    expect(Math.abs(after - (row < prompt ? before : 0))).toBeLessThan(1e-4 * Math.abs(before) + 1e-5);
  }
});

test("texts are read as they are written: the steered model finds its own greedy text likeliest", async () => {
  const selections: (Selection | undefined)[] = [
    undefined,
    { phase: "prompt" },
    { phase: "generated" },
    { include: [{ anchor: "prompt-end", from: -1, to: 2 }] },
  ];
  const operations = (where?: Selection): Intervention[] => {
    const site = { layer: 1, ...(where ? { where } : {}) };
    return [
      { kind: "rotate", direction, angle: 0.5, ...site },
      { kind: "add", vector: direction.map((value) => 0.3 * value), ...site, layer: 3 },
      { kind: "clamp", direction, least: 1, ...site, layer: 0 },
    ];
  };
  for (const where of selections) {
    const interventions = operations(where);
    const decoding = { ...PLAIN, temperature: 0, maxTokens: 6 };
    const [text] = await inOrder(engine.generate([{ prompt: PROMPT, seed: 1, interventions }], { decoding }));
    // Token by token, so that an answer's tokens are those that were drawn.
    const drawn = [...(await engine.tokenize(`${PROMPT}${text!.text}`, { special: true }))];
    const prompt = (await engine.tokenize(PROMPT, { special: true })).length;
    let answer = "";
    for (const token of drawn.slice(prompt)) {
      const read = answer === "" ? PROMPT : { prompt: PROMPT, answer };
      const next = await engine.nextToken(read, {
        // The first row that is generated is not there yet.
        interventions: answer === "" && where?.phase === "generated" ? [] : interventions,
      });
      expect(next.indexOf(Math.max(...next))).toBe(token);
      const piece = text!.text.trimStart().split(" ")[answer === "" ? 0 : answer.trim().split(" ").length];
      if (piece === undefined) break;
      answer = `${answer} ${piece}`;
      if ((await engine.tokenize(answer.trim())).length !== answer.trim().split(" ").length) break;
    }
  }
});
