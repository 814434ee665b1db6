import { afterAll, beforeAll, expect, test } from "vitest";
import { InterruptedError } from "../../errors.js";
import type { LlamaEngine } from "./llama-engine.js";
import { inOrder, openTiny, PLAIN, scored } from "./test-engine.js";

const A = "the day was long and the night was";
const B = "the day was short, so I went to the house";
let engine: LlamaEngine;

beforeAll(async () => {
  engine = await openTiny();
});
afterAll(() => engine.close());

const requests = (count: number, prompt = A, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ prompt, seed: from + i }));

test("the same requests give the same bytes, and other seeds other texts", async () => {
  const first = await inOrder(engine.generate(requests(20), { decoding: PLAIN }));
  const again = await inOrder(engine.generate(requests(20), { decoding: PLAIN }));
  expect(again).toEqual(first);
  expect(new Set(first.map((c) => c.text)).size).toBeGreaterThan(15);
});

test("a text does not depend on its neighbours, on its place, or on which sequences end before it", async () => {
  const options = { decoding: PLAIN, sequences: 8 };
  const many = await inOrder(engine.generate(requests(30), options));
  const few = await inOrder(engine.generate(requests(9, A, 21), options));
  expect(few.map((c) => c.text)).toEqual(many.slice(21).map((c) => c.text));
  const reversed = await inOrder(engine.generate(requests(30).reverse(), options));
  expect(reversed.map((c) => c.text).reverse()).toEqual(many.map((c) => c.text));
});

test("the number of threads changes nothing", async () => {
  const one = await openTiny({}, { threads: 1 });
  try {
    const expected = await inOrder(engine.generate(requests(12), { decoding: PLAIN }));
    expect(await inOrder(one.generate(requests(12), { decoding: PLAIN }))).toEqual(expected);
  } finally {
    await one.close();
  }
});

test.each([1, 8])("nor with %i sequences and a long prompt", { timeout: 120_000 }, async (sequences) => {
  const prompt = "the day was long and the night was short ".repeat(33);
  const texts: string[][] = [];
  for (const threads of [1, 2]) {
    const other = await openTiny({ endBias: -30 }, { threads, context: 1024 });
    try {
      const options = { decoding: { ...PLAIN, maxTokens: 80 }, sequences };
      texts.push((await inOrder(other.generate(requests(2, prompt), options))).map((c) => c.text));
    } finally {
      await other.close();
    }
  }
  expect(texts[1]).toEqual(texts[0]);
});

test("different prompts share a batch: few are kept, many share their beginning", async () => {
  const options = { decoding: { ...PLAIN, maxTokens: 8 }, sequences: 8 };
  const alone = new Map<string, string>();
  const prompts = Array.from({ length: 12 }, (_, i) => `${A} ${"very ".repeat(i)}long`);
  for (const prompt of [A, B, ...prompts]) {
    const [completion] = await inOrder(engine.generate([{ prompt, seed: 5 }], options));
    alone.set(prompt, completion!.text);
  }
  for (const set of [[A, B, A, B, B], prompts, [A, B, ...prompts]]) {
    const texts = await inOrder(
      engine.generate(
        set.map((prompt) => ({ prompt, seed: 5 })),
        options,
      ),
    );
    expect(texts.map((c) => c.text)).toEqual(set.map((prompt) => alone.get(prompt)));
  }
});

test("the first token is drawn from the model's distribution", async () => {
  const draws = 2000;
  const distribution = await engine.nextToken(A);
  const likeliest = Math.exp(Math.max(...distribution));
  const decoding = { ...PLAIN, maxTokens: 1 };
  const [greedy] = await inOrder(engine.generate(requests(1), { decoding: { ...decoding, temperature: 0 } }));
  const drawn = await inOrder(engine.generate(requests(draws), { decoding, sequences: 64 }));
  const share = drawn.filter((c) => c.text === greedy!.text && c.finish === greedy!.finish).length / draws;
  const deviation = Math.sqrt((likeliest * (1 - likeliest)) / draws);
  expect(Math.abs(share - likeliest)).toBeLessThan(4 * deviation);
});

test("top-k of one is greedy, whatever the seed; min-p of nearly one too", async () => {
  const greedy = await inOrder(engine.generate(requests(4), { decoding: { ...PLAIN, temperature: 0 } }));
  const topK = await inOrder(engine.generate(requests(4), { decoding: { ...PLAIN, topK: 1 } }));
  const minP = await inOrder(engine.generate(requests(4), { decoding: { ...PLAIN, minP: 0.999 } }));
  expect(topK).toEqual(greedy);
  expect(minP).toEqual(greedy);
});

test("a penalty makes repeats rarer", async () => {
  const endless = await openTiny({ endBias: -30 });
  try {
    const repeats = async (frequencyPenalty: number) => {
      const decoding = { ...PLAIN, maxTokens: 120, frequencyPenalty, penaltyWindow: 120 };
      const texts = await inOrder(endless.generate(requests(8), { decoding }));
      const words = texts.map(({ text }) => text.split(" "));
      return words.flat().length - words.reduce((sum, list) => sum + new Set(list).size, 0);
    };
    expect(await repeats(2)).toBeLessThan(0.7 * (await repeats(0)));
  } finally {
    await endless.close();
  }
});

test("a stop string ends the text before it", async () => {
  const [whole] = await inOrder(engine.generate(requests(1), { decoding: PLAIN, sequences: 1 }));
  const stop = whole!.text.slice(10, 13);
  const [cut] = await inOrder(
    engine.generate(requests(1), { decoding: { ...PLAIN, stop: [stop] }, sequences: 1 }),
  );
  expect(cut!.finish).toBe("stop");
  expect(cut!.text).toBe(whole!.text.slice(0, whole!.text.indexOf(stop)));
});

test("a grammar is obeyed, and one that does not parse is refused with the reason", async () => {
  const grammar = 'root ::= "yes" | "no"';
  const answers = await inOrder(engine.generate(requests(8), { decoding: { ...PLAIN, grammar } }));
  for (const { text } of answers) expect(["yes", "no"]).toContain(text);
  const broken = engine.generate(requests(1), { decoding: { ...PLAIN, grammar: "root ::= (" } });
  await expect(inOrder(broken)).rejects.toThrow(/grammar does not parse/);
});

test("texts end at maxTokens or at the end of the context", async () => {
  const endless = await openTiny({ endBias: -30 });
  try {
    const [short] = await inOrder(endless.generate(requests(1), { decoding: { ...PLAIN, maxTokens: 5 } }));
    expect([short!.tokens, short!.finish]).toEqual([5, "length"]);
    const [long] = await inOrder(endless.generate(requests(1), { decoding: { ...PLAIN, maxTokens: 9999 } }));
    expect([long!.tokens + long!.promptTokens, long!.finish]).toEqual([257, "length"]);
  } finally {
    await endless.close();
  }
});

test("a prompt longer than the context, an empty text and a bad seed are refused in plain words", async () => {
  const long = engine.generate([{ prompt: "long ".repeat(400), seed: 1 }], { decoding: PLAIN });
  await expect(inOrder(long)).rejects.toThrow(/prompt has \d+ tokens and the context 256.*model\.context/);
  await expect(inOrder(engine.generate([{ prompt: A, seed: -1 }], { decoding: PLAIN }))).rejects.toThrow(
    /seed -1/,
  );
  await expect(scored(engine.logProbabilities(["x ".repeat(2000)]))).rejects.toThrow(
    /Text 1 of 1 has \d+ tokens/,
  );
  await expect(inOrder(engine.generate(requests(1), { decoding: PLAIN, sequences: 65 }))).rejects.toThrow(
    /1 to 64/,
  );
});

test("log-probabilities do not depend on what is read beside a text", async () => {
  const texts = [A, B, "go", `${A} ${B} ${A}`];
  const together = await scored(engine.logProbabilities(texts));
  for (const [i, text] of texts.entries()) {
    const [alone] = await scored(engine.logProbabilities([text]));
    expect(alone!.length).toBe((await engine.tokenize(text, { special: true })).length - 1);
    for (const [t, value] of alone!.entries()) expect(Math.abs(together[i]![t]! - value)).toBeLessThan(5e-3);
  }
});

test("next-token log-probabilities sum to one", async () => {
  const distribution = await engine.nextToken(A);
  expect(distribution.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 5);
});

test("an abort stops the work, and the engine goes on afterwards", async () => {
  const controller = new AbortController();
  const decoding = { ...PLAIN, maxTokens: 200 };
  const running = engine.generate(requests(200), { decoding, signal: controller.signal });
  const seen: string[] = [];
  const work = (async () => {
    for await (const completion of running) {
      seen.push(completion.text);
      controller.abort();
    }
  })();
  await expect(work).rejects.toThrow(InterruptedError);
  expect(seen.length).toBeLessThan(200);
  expect(await inOrder(engine.generate(requests(3), { decoding: PLAIN }))).toHaveLength(3);
});

test("leaving the loop early stops the work too", async () => {
  // This would go on for many minutes, and what comes after it waits its turn.
  const endless = requests(200_000);
  for await (const _ of engine.generate(endless, { decoding: { ...PLAIN, maxTokens: 200 } })) break;
  expect(await engine.nextToken(A)).toHaveLength(engine.model.vocabulary);
});

test.each(["SIGKILL", "SIGABRT"] as const)(
  "after %s of the native process the next call starts it again",
  async (signal) => {
    const expected = await inOrder(engine.generate(requests(6), { decoding: PLAIN }));
    const work = inOrder(engine.generate(requests(400), { decoding: { ...PLAIN, maxTokens: 200 } }));
    setTimeout(() => process.kill(engine.pid!, signal), 100);
    await expect(work).rejects.toMatchObject({
      name: "EngineError",
      crashed: true,
      message: expect.stringContaining(signal),
    });
    expect(await inOrder(engine.generate(requests(6), { decoding: PLAIN }))).toEqual(expected);
  },
);
