import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Prompt } from "../engine/engine.js";
import type { LlamaEngine } from "../engine/llama/llama-engine.js";
import { openTiny, scored } from "../engine/llama/test-engine.js";
import { EngineError } from "../errors.js";
import { CRITERIA, type JudgedItem, type RatedText } from "./judge.js";
import { createLocalJudge, type JudgingEngine } from "./local-judge.js";
import { type Order, preferenceQuestion, ratingQuestion } from "./rubric.js";

const ORDERS: readonly Order[] = ["forward", "backward"];
const ITEMS: readonly JudgedItem[] = [
  { text: "the food was good and warm", label: "positive", language: "en", instruction: "write a review" },
  { text: "ประเทศไทย 👩‍👩‍👧 </s>", concept: "travel", language: "th", instruction: "write" },
];
let engine: LlamaEngine;
beforeAll(async () => {
  engine = await openTiny({}, { context: 2048 });
});
afterAll(() => engine.close());

/** Distributions over 0, 1, 2 in both orders, by hand from the whole vocabulary's log-probabilities. */
async function byHand(on: LlamaEngine, item: JudgedItem, criterion: (typeof CRITERIA)[number]) {
  const rows: number[][] = [];
  for (const order of ORDERS) {
    const { messages } = ratingQuestion(item, criterion, order);
    const prompt: Prompt = on.model.hasChatTemplate ? messages : `${messages[0]!.content}\n\n`;
    const next = await on.nextToken({ prompt, answer: "Rating: " });
    const weights: number[] = [];
    for (const answer of ["0", "1", "2"]) {
      weights.push(Math.exp(next[(await on.tokenize(`Rating: ${answer}`)).at(-1)!]!));
    }
    const sum = weights.reduce((a, b) => a + b);
    rows.push(weights.map((weight) => weight / sum));
  }
  return rows;
}

const expectation = (row: readonly number[]) => row[1]! + 2 * row[2]!;

function expectByHand(rating: RatedText[(typeof CRITERIA)[number]], rows: number[][], digits: number) {
  const [forward, backward] = rows.map(expectation);
  expect(rating.expected).toBeCloseTo((forward! + backward!) / 2, digits);
  expect(rating.orderEffect).toBeCloseTo(forward! - backward!, digits);
}

describe("the local judge", () => {
  test("rates by the probabilities of 0, 1 and 2 where the answer would be written", async () => {
    const seen: number[] = [];
    const ratings = await createLocalJudge(engine).rate(ITEMS, { onItem: (index) => seen.push(index) });
    expect(seen).toEqual([0, 1]);
    for (const [i, item] of ITEMS.entries()) {
      const rating = ratings[i] as RatedText;
      for (const criterion of CRITERIA) {
        const rows = await byHand(engine, item, criterion);
        expectByHand(rating[criterion], rows, 12);
        const averaged = [0, 1, 2].map((one) => rows[0]![one]! + rows[1]![one]!);
        expect(rating[criterion].likeliest).toBe(averaged.indexOf(Math.max(...averaged)));
        expect(rating[criterion].mass).toBeGreaterThan(0);
        expect(rating[criterion].mass).toBeLessThan(1);
      }
    }
    // Else the test could not tell the two texts apart.
    expect((ratings[0] as RatedText).concept.expected).not.toBeCloseTo(
      (ratings[1] as RatedText).concept.expected,
      4,
    );
  });

  test("gives the same by reading whole answers, as it must where they have several tokens", async () => {
    const whole: JudgingEngine = {
      model: engine.model,
      capabilities: engine.capabilities,
      // A vocabulary in which no text stops where the answers part.
      tokenize: async (text) => (/[012]$/.test(text) ? engine.tokenize(text) : Int32Array.of(-1)),
      nextToken: () => Promise.reject(new Error("not to be called")),
      logProbabilities: (texts, options) => engine.logProbabilities(texts, options),
    };
    const [one] = (await createLocalJudge(engine).rate(ITEMS.slice(0, 1))) as RatedText[];
    const [other] = (await createLocalJudge(whole).rate(ITEMS.slice(0, 1))) as RatedText[];
    for (const criterion of CRITERIA) {
      // Texts that are read side by side differ in their last bits.
      expect(other![criterion].expected).toBeCloseTo(one![criterion].expected, 2);
      expect(other![criterion].mass! / one![criterion].mass!).toBeCloseTo(1, 1);
    }
    const { messages } = ratingQuestion(ITEMS[0]!, "fluency", "forward");
    const texts = ["0", "1", "2"].map((answer) => ({ prompt: messages, answer: `Rating: ${answer}` }));
    const sums = (await scored(engine.logProbabilities(texts))).map((row) => Math.exp(row.at(-1)!));
    const total = sums.reduce((a, b) => a + b);
    const [forward] = await byHand(engine, ITEMS[0]!, "fluency");
    for (const [i, sum] of sums.entries()) expect(sum / total).toBeCloseTo(forward![i]!, 2);
  });

  test("compares pairs, with no place in front", async () => {
    const judge = createLocalJudge(engine);
    const pair = { ...ITEMS[0]!, a: "good food", b: "the of and", criterion: "fluency" } as const;
    const [one, other, same] = await judge.prefer([
      pair,
      { ...pair, a: pair.b, b: pair.a },
      { ...pair, b: pair.a },
    ]);
    if (one?.absent !== undefined || other?.absent !== undefined) throw new Error("absent");
    expect(one!.a + other!.a).toBeCloseTo(1, 12);
    expect(same).toMatchObject({ a: 0.5 });
    const next = await engine.nextToken({
      prompt: preferenceQuestion(pair, "forward").messages,
      answer: "Answer: ",
    });
    const [a, b] = await Promise.all(["A", "B"].map((letter) => engine.tokenize(`Answer: ${letter}`)));
    const chance = 1 / (1 + Math.exp(next[b!.at(-1)!]! - next[a!.at(-1)!]!));
    expect(one!.a + one!.orderEffect! / 2).toBeCloseTo(chance, 12);
  });

  test("asks a model without a chat template in plain text", async () => {
    await using bare = await openTiny({ chatTemplate: null }, { context: 2048 });
    const [rating] = (await createLocalJudge(bare).rate(ITEMS.slice(0, 1))) as RatedText[];
    expectByHand(rating!.concept, await byHand(bare, ITEMS[0]!, "concept"), 12);
  });

  test("leaves out what does not fit into the context, and says so", async () => {
    const long = { ...ITEMS[0]!, text: "good food ".repeat(4000) };
    const judge = createLocalJudge(engine);
    const [absent, rating] = await judge.rate([long, ITEMS[0]!]);
    expect(absent).toMatchObject({ absent: "failed", reason: expect.stringMatching(/context/) });
    expect(rating!.absent).toBeUndefined();
    await expect(judge.rate([long])).rejects.toThrow(/rated none of 1 texts.*context/);
  });

  test("rates any text, within the range", async () => {
    const judge = createLocalJudge(engine);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 40 }), async (text) => {
        const [rating] = (await judge.rate([{ ...ITEMS[0]!, text }])) as RatedText[];
        for (const criterion of CRITERIA) {
          expect(rating![criterion].expected).toBeGreaterThanOrEqual(0);
          expect(rating![criterion].expected).toBeLessThanOrEqual(2);
        }
      }),
      { seed: 19, numRuns: 8 },
    );
  });
});

test("a vocabulary whose answers begin with the space is read before the space", async () => {
  const tokens: Record<string, number[]> = { "Answer: ": [1, 2], "Answer:": [1], "Answer: A": [1, 3] };
  const read: unknown[] = [];
  const spaced: JudgingEngine = {
    model: engine.model,
    capabilities: engine.capabilities,
    tokenize: async (text) => Int32Array.from(tokens[text] ?? [1, 4]),
    nextToken: async (text) => {
      read.push((text as { answer?: string }).answer);
      return Float32Array.from([0, 0, 0, 0.3, 0.1], Math.log);
    },
    logProbabilities: (texts) => engine.logProbabilities(texts),
  };
  const pair = { ...ITEMS[0]!, a: "one", b: "two", criterion: "concept" } as const;
  const [found] = await createLocalJudge(spaced, { bothOrders: false }).prefer([pair]);
  expect(found).toEqual({ a: expect.closeTo(0.75, 6), mass: expect.closeTo(0.4, 6) });
  expect(read).toEqual(["Answer:"]);
});

test("an engine that crashes over and over is down, and one without log-probabilities is refused", async () => {
  let calls = 0;
  const crashing: JudgingEngine = {
    model: engine.model,
    capabilities: engine.capabilities,
    tokenize: (text) => engine.tokenize(text),
    nextToken: () => {
      calls++;
      return Promise.reject(new EngineError("GGML_ASSERT", { crashed: true }));
    },
    logProbabilities: (texts) => engine.logProbabilities(texts),
  };
  const items = Array.from({ length: 9 }, (_, i) => ({ ...ITEMS[0]!, text: `text ${i}` }));
  await expect(createLocalJudge(crashing).rate(items)).rejects.toThrow(/GGML_ASSERT.*given up after 3/s);
  expect(calls).toBe(9);
  const blind = { ...crashing, capabilities: { capture: true, steering: true, logProbabilities: false } };
  expect(() => createLocalJudge(blind)).toThrow(/cannot judge/);
});
