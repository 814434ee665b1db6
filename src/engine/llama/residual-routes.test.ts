import { afterAll, beforeAll, expect, test } from "vitest";
import { collect } from "../collect.js";
import type { Addition, Intervention } from "../intervention.js";
import type { LlamaEngine } from "./llama-engine.js";
import { captured, inOrder, largestDifference, openTiny, PLAIN, range } from "./test-engine.js";

const LAYERS = 5;
const WIDTH = 64;
const PROMPT = "the day was long and the night was";
const TEXTS = [
  "the small bird sings",
  "I like the red house on the hill, and the water behind it",
  "go",
  "über die Brücke geht ein Mann",
  "ราตรีสวัสดิ์",
  `a longer text ${"with many words in it ".repeat(12)}`,
  "the small bird sings",
];
let engine: LlamaEngine;

beforeAll(async () => {
  engine = await openTiny({ layers: LAYERS, width: WIDTH });
});
afterAll(() => engine.close());

/** A vector that differs in every dimension, of the size of a residual. */
function addition(layer: number, scale = 1): Addition {
  return {
    kind: "add",
    layer,
    vector: Float32Array.from({ length: WIDTH }, (_, i) => scale * Math.sin(i + layer + 1)),
  };
}

for (let layer = 1; layer < LAYERS; layer++) {
  test(`the native and the callback route give the same logits at layer ${layer}`, async () => {
    const interventions = [addition(layer)];
    const plain = await engine.nextToken(PROMPT);
    const native = await engine.nextToken(PROMPT, { interventions, route: "native" });
    const callback = await engine.nextToken(PROMPT, { interventions, route: "callback" });
    expect(largestDifference(native, callback)).toBeLessThan(1e-4 * range(native));
    expect(largestDifference(native, plain)).toBeGreaterThan(1e-2 * range(plain));
  });
}

test("both routes write the same texts in a batch", async () => {
  const interventions = [addition(1, 0.5), addition(3, 0.5)];
  const requests = Array.from({ length: 12 }, (_, seed) => ({ prompt: PROMPT, seed }));
  const native = await inOrder(
    engine.generate(requests, { decoding: PLAIN, interventions, route: "native" }),
  );
  const callback = await inOrder(
    engine.generate(requests, { decoding: PLAIN, interventions, route: "callback" }),
  );
  const plain = await inOrder(engine.generate(requests, { decoding: PLAIN }));
  expect(callback).toEqual(native);
  expect(plain).not.toEqual(native);
});

test("requests with interventions of their own share a batch, and write what they write alone", async () => {
  const sets = [
    [],
    [addition(1)],
    [addition(1, -1)],
    [addition(2, 0.5), addition(4, 0.5)],
    [addition(0)],
    undefined,
  ];
  const prompts = [PROMPT, `${PROMPT} very cold`];
  const requests = Array.from({ length: 24 }, (_, i) => {
    const interventions = sets[i % sets.length];
    return { prompt: prompts[i % 2]!, seed: i, ...(interventions ? { interventions } : {}) };
  });
  const options = { decoding: PLAIN, interventions: [addition(3)], sequences: 16 };
  const together = await inOrder(engine.generate(requests, options));
  for (const [i, request] of requests.entries()) {
    const { interventions = options.interventions, ...rest } = request;
    const [alone] = await inOrder(engine.generate([rest], { ...options, interventions }));
    expect({ ...together[i], index: 0 }).toEqual(alone);
  }
  const texts = new Set(together.map((completion) => completion.text));
  expect(texts.size).toBe(24);
});

test("steering reaches prompt and generated tokens: the text goes on as from a steered prefix", async () => {
  const interventions = [addition(2)];
  const [text] = await inOrder(
    engine.generate([{ prompt: PROMPT, seed: 0 }], {
      decoding: { ...PLAIN, temperature: 0, maxTokens: 3 },
      interventions,
    }),
  );
  // Greedy decoding one token at a time, every step from an empty cache with the vector on.
  let prefix = PROMPT;
  for (let i = 0; i < 3; i++) {
    const [one] = await inOrder(
      engine.generate([{ prompt: prefix, seed: 0 }], {
        decoding: { ...PLAIN, temperature: 0, maxTokens: 1 },
        interventions,
      }),
    );
    prefix += one!.text;
  }
  expect(prefix).toBe(PROMPT + text!.text);
});

test("layer 0 is steered through the callback", async () => {
  const plain = await engine.nextToken(PROMPT);
  const steered = await engine.nextToken(PROMPT, { interventions: [addition(0)] });
  expect(largestDifference(plain, steered)).toBeGreaterThan(1e-2 * range(plain));
});

test("a vector is gone with the call it was given for", async () => {
  const before = await engine.nextToken(PROMPT);
  for (const route of ["native", "callback"] as const) {
    await engine.nextToken(PROMPT, { interventions: [addition(2, 5)], route });
    expect(await engine.nextToken(PROMPT)).toEqual(before);
  }
});

test("several vectors at one layer add up", async () => {
  const twice = await engine.nextToken(PROMPT, { interventions: [addition(2), addition(2)] });
  const double = await engine.nextToken(PROMPT, { interventions: [addition(2, 2)] });
  expect(largestDifference(twice, double)).toBeLessThan(1e-5 * range(double));
});

test("capture under batching equals capture one by one, and its rows name their text, position and token", async () => {
  const layers = Array.from({ length: LAYERS }, (_, layer) => layer);
  const together = await captured(engine.capture(TEXTS, { layers, pooling: "rows" }));
  expect(together.map((c) => [c.text, c.layer])).toEqual(TEXTS.flatMap((_, t) => layers.map((l) => [t, l])));
  for (const [text, content] of TEXTS.entries()) {
    const alone = await captured(engine.capture([content], { layers, pooling: "rows" }));
    const tokens = await engine.tokenize(content, { special: true });
    for (const [i, one] of alone.entries()) {
      const other = together[text * LAYERS + i]!;
      // Keys and values are kept in 16 bits, so that another batch shape rounds otherwise; another text's rows
      // would differ by the range itself.
      expect(largestDifference(other.values, one.values)).toBeLessThan(1e-3 * range(one.values));
      expect([...other.tokens]).toEqual([...tokens.slice(1)]);
      expect([...other.positions]).toEqual([...tokens.slice(1).keys()].map((position) => position + 1));
      expect(other.count).toBe(tokens.length - 1);
    }
  }
});

test("the pooled mean and norm are those of the rows", async () => {
  const layers = [0, LAYERS - 1];
  const rows = await captured(engine.capture(TEXTS, { layers, pooling: "rows" }));
  const means = await captured(engine.capture(TEXTS, { layers, pooling: "mean" }));
  for (const [i, { values, count }] of rows.entries()) {
    const expected = Float32Array.from({ length: WIDTH }, (_, dimension) => {
      let sum = 0;
      for (let row = 0; row < count; row++) sum += values[row * WIDTH + dimension]!;
      return sum / count;
    });
    let norms = 0;
    for (let row = 0; row < count; row++)
      norms += Math.hypot(...values.subarray(row * WIDTH, (row + 1) * WIDTH));
    expect(largestDifference(means[i]!.values, expected)).toBeLessThan(1e-6);
    expect(means[i]!.meanNorm).toBeCloseTo(norms / count, 5);
    expect(means[i]!.count).toBe(count);
  }
});

test("a steered capture sees the vector at its layer, by either route", async () => {
  const layers = [2];
  const [plain] = await captured(engine.capture([PROMPT], { layers, pooling: "mean" }));
  for (const route of ["native", "callback"] as const) {
    const steering = addition(2);
    const [steered] = await captured(
      engine.capture([PROMPT], { layers, pooling: "mean", interventions: [steering], route }),
    );
    const difference = steered!.values.map((value, i) => value - plain!.values[i]!);
    expect(largestDifference(difference, steering.vector)).toBeLessThan(1e-5);
  }
});

test("a text longer than a batch is captured whole", async () => {
  const long = await openTiny({ layers: 3 }, { context: 1024 });
  try {
    const text = "the day was long and the night was short ".repeat(35);
    const tokens = await long.tokenize(text, { special: true });
    expect(tokens.length).toBeGreaterThan(512);
    const [capture] = await captured(long.capture(["go", text], { layers: [1], pooling: "rows" })).then((c) =>
      c.slice(1),
    );
    expect([...capture!.tokens]).toEqual([...tokens.slice(1)]);
    const [logits] = await collect(long.logProbabilities([text]));
    expect(logits!.values.length).toBe(tokens.length - 1);
  } finally {
    await long.close();
  }
});

test.each([
  ["a layer beyond the model", addition(LAYERS), /no layer 5.*layers 0 to 4/],
  ["a negative layer", addition(-1), /no layer -1/],
  [
    "another width",
    { kind: "add", layer: 1, vector: new Float32Array(3) } as Intervention,
    /3 values; the model's width is 64/,
  ],
  [
    "NaN",
    { kind: "add", layer: 1, vector: new Float32Array(WIDTH).fill(Number.NaN) } as Intervention,
    /not a finite number/,
  ],
])("refuses %s", async (_, intervention, message) => {
  await expect(engine.nextToken(PROMPT, { interventions: [intervention] })).rejects.toThrow(message);
});
