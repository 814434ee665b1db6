/**
 * What holds for every architecture that llama.cpp can be steered in, on a tiny random model of each: which row is
 * whose, that both routes to the residual stream agree, and that nothing but the residual stream leads from one
 * block to the next.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TinyArchitecture } from "../../gguf/tiny-architectures.js";
import type { Capture } from "../engine.js";
import type { Intervention } from "../intervention.js";
import type { LlamaEngine } from "./llama-engine.js";
import { captured, inOrder, largestDifference, openTiny, PLAIN, range, scored } from "./test-engine.js";

const LAYERS = 4;
const WIDTH = 64;
const EVERY = Array.from({ length: LAYERS }, (_, layer) => layer);

const STEERABLE: readonly TinyArchitecture[] = [
  "llama",
  "qwen2",
  "qwen3",
  "phi3",
  "command-r",
  "gemma2",
  "gemma3",
  "gemma4",
  "gemma4-small",
  "qwen3moe",
  "gpt-oss",
  "mamba",
  "qwen35",
];
/** Block 0 looks back at this many tokens, itself among them. */
const WINDOWS = new Map<TinyArchitecture, number>([
  ["gemma2", 16],
  ["gemma3", 16],
  ["gemma4", 16],
  ["gemma4-small", 16],
  ["gpt-oss", 16],
]);
/** Blocks read the token itself, and keys and values of earlier blocks, beside the residual stream. */
const BYPASSED: ReadonlySet<TinyArchitecture> = new Set(["gemma4-small"]);

const PROMPT = "the day was long and the night was";
/** The same number of tokens, of which the second is the first that differs; longer than a window. */
const TEXT_A = "the old man and the new book in the train to the big city for a week of music and sport";
const TEXT_B = "a small woman with a hot food at a hotel by a cold river from the year for love or health";
const TEXTS = [
  "the small bird sings",
  TEXT_A,
  "go",
  "über die Brücke geht ein Mann",
  "ราตรีสวัสดิ์",
  `a longer text ${"with many words in it ".repeat(6)}`,
  TEXT_B,
  "the small bird sings",
];

/** A vector that differs in every dimension, of the size of a residual. */
function addition(layer: number, scale = 1): Intervention {
  const vector = Float32Array.from({ length: WIDTH }, (_, i) => scale * Math.sin(i + layer + 1));
  return { kind: "add", layer, vector };
}

/** Euclidean distance of row `row`, in norms of the expected one. */
function distance(found: Capture, expected: Capture, row: number): number {
  let squares = 0;
  let norm = 0;
  for (let i = row * WIDTH; i < (row + 1) * WIDTH; i++) {
    squares += (found.values[i]! - expected.values[i]!) ** 2;
    norm += expected.values[i]! ** 2;
  }
  return Math.sqrt(squares / norm);
}

const largestDistance = (found: Capture, expected: Capture) =>
  Math.max(...Array.from(expected.positions, (_, row) => distance(found, expected, row)));

describe.each(STEERABLE)("%s", (architecture) => {
  let engine: LlamaEngine;
  beforeAll(async () => {
    engine = await openTiny({ architecture, layers: LAYERS, width: WIDTH });
  });
  afterAll(() => engine.close());

  const rowsOf = (texts: readonly string[], layers: readonly number[], interventions: Intervention[] = []) =>
    captured(engine.capture(texts, { layers, pooling: "rows", interventions }));

  test("can be captured and steered", () => {
    expect(engine.capabilities).toEqual({ capture: true, steering: true, logProbabilities: true });
    expect(engine.model).toMatchObject({ layers: LAYERS, width: WIDTH });
  });

  test("writes texts that vary and end, the same ones again", async () => {
    const requests = Array.from({ length: 12 }, (_, seed) => ({ prompt: PROMPT, seed }));
    const options = { decoding: { ...PLAIN, maxTokens: 160 } };
    const first = await inOrder(engine.generate(requests, options));
    expect(await inOrder(engine.generate(requests, options))).toEqual(first);
    expect(new Set(first.map(({ text }) => text)).size).toBeGreaterThan(7);
    expect(first.filter(({ finish }) => finish === "end").length).toBeGreaterThan(2);
  });

  test("many sequences write what one writes beside idle rows", async () => {
    const requests = Array.from({ length: 12 }, (_, seed) => ({
      prompt: seed % 2 ? PROMPT : TEXT_A,
      seed,
    }));
    const options = { decoding: { ...PLAIN, maxTokens: 12 }, sequences: 8 };
    const together = await inOrder(engine.generate(requests, options));
    for (const [i, request] of requests.entries()) {
      const [alone] = await inOrder(engine.generate([request], options));
      expect({ ...together[i], index: 0 }).toEqual(alone);
    }
  });

  test("credits each captured row to its text, position and token", async () => {
    const together = await rowsOf(TEXTS, EVERY);
    expect(together.map((c) => [c.text, c.layer])).toEqual(
      TEXTS.flatMap((_, text) => EVERY.map((layer) => [text, layer])),
    );
    for (const [text, content] of TEXTS.entries()) {
      const alone = await rowsOf([content], EVERY);
      const tokens = (await engine.tokenize(content, { special: true })).slice(1);
      for (const layer of EVERY) {
        const one = together[text * LAYERS + layer]!;
        expect([...one.tokens]).toEqual([...tokens]);
        expect([...one.positions]).toEqual([...tokens.keys()].map((position) => position + 1));
        // Keys and values are kept in 16 bits, so that another batch shape rounds otherwise.
        expect(largestDistance(one, alone[layer]!)).toBeLessThan(5e-3);
      }
    }
  });

  test("scores texts side by side as one by one", async () => {
    const together = await scored(engine.logProbabilities(TEXTS));
    for (const [text, content] of TEXTS.entries()) {
      const [alone] = await scored(engine.logProbabilities([content]));
      expect(largestDifference(together[text]!, alone!)).toBeLessThan(0.05);
    }
  });

  test.each(EVERY.slice(1))("both routes give the same logits at layer %i", async (layer) => {
    const interventions = [addition(layer)];
    const plain = await engine.nextToken(PROMPT);
    const native = await engine.nextToken(PROMPT, { interventions, route: "native" });
    const callback = await engine.nextToken(PROMPT, { interventions, route: "callback" });
    expect(largestDifference(native, callback)).toBeLessThan(1e-4 * range(native));
    expect(largestDifference(native, plain)).toBeGreaterThan(1e-2 * range(plain));
  });

  test("both routes write the same texts and capture the same rows", async () => {
    const interventions = [addition(1, 0.5), addition(LAYERS - 1, 0.5)];
    const requests = Array.from({ length: 12 }, (_, seed) => ({ prompt: PROMPT, seed }));
    const [native, callback] = await Promise.all(
      (["native", "callback"] as const).map(async (route) => ({
        texts: await inOrder(engine.generate(requests, { decoding: PLAIN, interventions, route })),
        rows: await captured(engine.capture(TEXTS, { layers: EVERY, pooling: "mean", interventions, route })),
      })),
    );
    expect(callback!.texts).toEqual(native!.texts);
    expect(await inOrder(engine.generate(requests, { decoding: PLAIN }))).not.toEqual(native!.texts);
    for (const [i, row] of native!.rows.entries()) {
      expect(largestDifference(callback!.rows[i]!.values, row.values)).toBeLessThan(1e-3 * range(row.values));
    }
  });

  test("a row of the last block is reached by its position", async () => {
    const vector = addition(LAYERS - 1);
    const last = (await engine.tokenize(PROMPT, { special: true })).length - 1;
    const at = (from: number, to: number): Intervention[] => [
      { ...vector, where: { include: [{ anchor: "start", from, to }] } },
    ];
    const whole = await engine.nextToken(PROMPT, { interventions: [vector] });
    const one = await engine.nextToken(PROMPT, { interventions: at(last, last) });
    const others = await engine.nextToken(PROMPT, { interventions: at(0, last - 1) });
    expect(largestDifference(one, whole)).toBeLessThan(1e-5 * range(whole));
    expect(others).toEqual(await engine.nextToken(PROMPT));
  });

  test("block 0 looks back as far as the architecture says", async () => {
    const other = TEXT_A.replace("the", "of");
    const [before, after] = await rowsOf([TEXT_A, other], [0]);
    const far = WINDOWS.get(architecture) ?? Number.POSITIVE_INFINITY;
    expect([...after!.tokens.subarray(1)]).toEqual([...before!.tokens.subarray(1)]);
    for (const [row, position] of before!.positions.entries()) {
      // The token at position 1 differs. What is far from it in a recurrent block may have forgotten it.
      if (position > far) expect(distance(after!, before!, row)).toBeLessThan(1e-6);
      else if (position < 8) expect(distance(after!, before!, row)).toBeGreaterThan(1e-4);
    }
    const end = before!.count - 1;
    expect(distance(after!, before!, end) > 1e-4).toBe(far === Number.POSITIVE_INFINITY);
  });

  /** Residuals and next token of text B, with its rows at a block exchanged for those of text A, and without. */
  async function patched(layer: number) {
    const later = EVERY.filter((other) => other > layer);
    const [a, b] = await rowsOf([TEXT_A, TEXT_B], [layer]);
    expect([...a!.positions]).toEqual([...b!.positions]);
    const interventions = [...a!.positions].map((position, row): Intervention => {
      const vector = a!.values.slice(row * WIDTH, (row + 1) * WIDTH);
      for (let i = 0; i < WIDTH; i++) vector[i]! -= b!.values[row * WIDTH + i]!;
      return {
        kind: "add",
        layer,
        vector,
        where: { include: [{ anchor: "start", from: position, to: position }] },
      };
    });
    const distances = async (steering: Intervention[]) => {
      const rows = later.length === 0 ? [] : await rowsOf([TEXT_B], later, steering);
      const expected = later.length === 0 ? [] : await rowsOf([TEXT_A], later);
      return expected.map((capture, i) => largestDistance(rows[i]!, capture));
    };
    return {
      wanted: await engine.nextToken(TEXT_A),
      next: await engine.nextToken(TEXT_B, { interventions }),
      unpatched: await engine.nextToken(TEXT_B),
      distances: await distances(interventions),
      unpatchedDistances: await distances([]),
    };
  }

  test.each(EVERY)("what follows block %i depends on its output alone", async (layer) => {
    const { wanted, next, unpatched, distances, unpatchedDistances } = await patched(layer);
    expect(largestDifference(unpatched, wanted)).toBeGreaterThan(0.1 * range(wanted));
    for (const far of unpatchedDistances) expect(far).toBeGreaterThan(0.3);
    if (BYPASSED.has(architecture) && layer < LAYERS - 1) {
      expect(largestDifference(next, wanted)).toBeGreaterThan(0.02 * range(wanted));
      expect(Math.max(...distances)).toBeGreaterThan(0.1);
      return;
    }
    expect(largestDifference(next, wanted)).toBeLessThan(1e-3 * range(wanted));
    for (const near of distances) expect(near).toBeLessThan(1e-3);
  });
});

describe.each<TinyArchitecture>(["plamo2", "gemma3n"])(
  "%s, whose residual stream llama.cpp does not show",
  (architecture) => {
    let engine: LlamaEngine;
    beforeAll(async () => {
      engine = await openTiny({ architecture, layers: LAYERS, width: WIDTH });
    });
    afterAll(() => engine.close());

    test("says so, and refuses to be read or steered", async () => {
      expect(engine.capabilities).toMatchObject({ capture: false, steering: false });
      const refusal = new RegExp(`architecture ${architecture} cannot be steered or read`);
      const interventions = [addition(1)];
      const requests = [{ prompt: PROMPT, seed: 0 }];
      await expect(captured(engine.capture(TEXTS, { layers: [1], pooling: "mean" }))).rejects.toThrow(
        refusal,
      );
      await expect(inOrder(engine.generate(requests, { decoding: PLAIN, interventions }))).rejects.toThrow(
        refusal,
      );
      for (const route of ["native", "callback"] as const) {
        await expect(engine.nextToken(PROMPT, { interventions, route })).rejects.toThrow(refusal);
      }
    });

    test("can be asked for its next token", async () => {
      const next = await engine.nextToken(PROMPT);
      expect(next.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 3);
      expect(await engine.nextToken(PROMPT)).toEqual(next);
      expect(await engine.nextToken(TEXT_A)).not.toEqual(next);
    });
  },
);
