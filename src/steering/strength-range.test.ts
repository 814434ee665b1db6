import { describe, expect, test } from "vitest";
import type { Capture, CaptureOptions, GenerationRequest, ReadText } from "../engine/engine.js";
import type { Intervention } from "../engine/intervention.js";
import { openTiny, PLAIN } from "../engine/llama/test-engine.js";
import type { Selection } from "../engine/selection.js";
import { EngineError, ModelError, RecipeError } from "../errors.js";
import { seedFrom } from "../random/seeded-random.js";
import type { SteeringVector } from "./steering-vector.js";
import { type RangePrompt, type StrengthCell, steeringCells } from "./strength-cells.js";
import {
  measureStrengthRange,
  type RangeProgress,
  type StrengthRangeOptions,
  strengthRangeCost,
} from "./strength-range.js";
import type { TrialEngine } from "./strength-trials.js";

const model = { sha256: "a".repeat(64), width: 2, architecture: "llama", name: "Tiny" };
const NORM = 10;

function vectorOf(changes: Partial<SteeringVector> = {}): SteeringVector {
  return {
    method: "mean-difference",
    class: "good",
    language: "en",
    weighting: "text",
    positions: "all-but-first",
    model,
    dataSha256: "",
    texts: 4,
    tokens: 8,
    tillerVersion: "0.1.0",
    layers: [3, 7].map((layer) => ({
      layer,
      unit: Float32Array.of(0, 1),
      differenceNorm: 1,
      residualNorm: NORM,
    })),
    ...changes,
  };
}

/** Where the texts of the model below break, by layer. */
const BREAKS: Readonly<Record<number, number>> = { 3: 0.3, 7: 0.75 };

interface Seen {
  readonly calls: (readonly GenerationRequest[])[];
  readonly read: string[];
}

/**
 * A model that counts: "n0 n1 n2 …". Steered at a layer, the more strongly the more often it says a word of no sense;
 * it finds a number probable that follows the one before, and says "up" more often the further it is steered.
 */
function countingModel(
  options: { crashes?: number; blind?: boolean; invalidFrom?: number; away?: boolean } = {},
): TrialEngine & Seen {
  let crashes = options.crashes ?? 0;
  const calls: (readonly GenerationRequest[])[] = [];
  const read: string[] = [];
  const steeringOf = (interventions: readonly Intervention[] = []) => {
    const [only] = interventions;
    if (only === undefined) return { layer: 3, strength: 0 };
    if (only.kind !== "add") throw new Error(only.kind);
    return { layer: only.layer, strength: only.vector[1]! / NORM };
  };
  return {
    calls,
    read,
    async nextToken(_prompt, { interventions } = {}) {
      const { strength } = steeringOf(interventions);
      if (strength >= (options.invalidFrom ?? 99)) return Float32Array.of(Number.NaN, Number.NaN);
      const moved = Math.min(0.5, 0.6 * strength);
      return Float32Array.of(Math.log(0.5 + moved), Math.log(0.5 - moved));
    },
    async *generate(requests, { decoding }) {
      calls.push(requests);
      for (const [index, { seed, interventions }] of requests.entries()) {
        const { layer, strength } = steeringOf(interventions);
        const words = Array.from({ length: decoding.maxTokens }, (_, at) => {
          const chance = seedFrom(seed, at) / 2 ** 32;
          if (chance < 0.5 * (strength / BREAKS[layer]!) ** 3) return `x${seedFrom(seed, at) % 997}`;
          return chance > (options.away ? 0.5 + strength : 0.9 - 0.5 * strength) ? "up" : `n${at}`;
        });
        if (crashes-- > 0 && index === 3) throw new EngineError("It crashed.", { crashed: true });
        yield {
          index,
          text: ` ${words.join(" ")}\n`,
          promptTokens: 3,
          tokens: words.length,
          finish: "length",
        };
      }
    },
    async *logProbabilities(texts) {
      for (const [text, given] of texts.entries()) {
        read.push(given as string);
        const words = (given as string).split(" ");
        const values = words.map((word, at) =>
          options.blind || word === `n${at}` || word === "up" ? -1 : -7,
        );
        yield { text, values: Float32Array.from(values) };
      }
    },
    async *capture(texts: readonly ReadText[], { layers }: CaptureOptions): AsyncIterable<Capture> {
      for (const [text, given] of texts.entries()) {
        const words = (given as string).split(" ");
        const up = words.filter((word) => word === "up").length + (seedFrom(given as string) % 100) / 50;
        for (const layer of layers) {
          const values = Float32Array.of(9, up);
          yield {
            text,
            layer,
            positions: new Int32Array(),
            tokens: new Int32Array(),
            values,
            count: 3,
            meanNorm: 1,
          };
        }
      }
    },
  };
}

function optionsFor(
  prompts: readonly RangePrompt[],
  changes: Partial<StrengthRangeOptions> = {},
): StrengthRangeOptions {
  const vectors = prompts.map(() => vectorOf());
  return {
    cells: steeringCells(model, { vectors, layers: [7, 3] }),
    prompts,
    decoding: { ...PLAIN, maxTokens: 64 },
    seed: 5,
    ...changes,
  };
}

const BEHIND_FIRST: Selection = { exclude: [{ anchor: "start", to: 0 }] };

const two: RangePrompt[] = [
  { prompt: "one", language: "en" },
  { prompt: "two", language: "en" },
];

describe("measureStrengthRange", () => {
  test("finds where the effect begins and where texts break, cell by cell", async () => {
    const engine = countingModel();
    const found = await measureStrengthRange(engine, optionsFor(two));
    const [third, seventh] = found.cells;
    // 0.6 · strength reaches 0.05 at 0.083. At 0.67 of the layer's number 0.15 of the words make no sense.
    expect(third).toMatchObject({ name: "layer 3", layers: [3], begins: 0.0841, moves: "towards" });
    expect(seventh).toMatchObject({ name: "layer 7", layers: [7], begins: 0.0841, moves: "towards" });
    for (const [cell, at] of [[third!, BREAKS[3]!] as const, [seventh!, BREAKS[7]!] as const]) {
      expect(cell.safe![1]).toBeLessThan(0.8 * at);
      expect(cell.breaks!).toBeGreaterThan(0.6 * at);
      expect(cell.breaks! / cell.safe![1]).toBeLessThan(1.3);
    }
    expect(third!.recommended).toHaveLength(3);
    expect(found.unsteered).toMatchObject({ texts: 16, coherence: 1, loops: 0 });
    expect(found.unsteered!.perplexity).toBeCloseTo(Math.E, 6);
    expect(found.unsteered!.example).toMatch(/^(n0|up) .* (n23|up)$/);
    const strong = third!.points.find(({ strength }) => strength === 0.8)!;
    expect(strong.perplexity).toBeGreaterThan(100);
    expect(strong.coherence).toBeLessThan(0.1);
    expect(found.notes).toEqual([]);
  });

  test("is the same for the same seed, and another for another one", async () => {
    const measure = (seed: number) => measureStrengthRange(countingModel(), optionsFor(two, { seed }));
    const first = await measure(5);
    expect(await measure(5)).toEqual(first);
    expect((await measure(6)).unsteered!.example).not.toBe(first.unsteered!.example);
  });

  test("mixes cells and strengths in batches of as many prompts as the engine keeps, with the same seeds", async () => {
    const engine = countingModel();
    const options = optionsFor(two);
    const { written } = await measureStrengthRange(engine, options);
    expect(written.texts).toBe(engine.calls.flat().length);
    expect(written.tokens).toBe(24 * written.texts);
    expect(engine.calls[0]).toHaveLength(16 + 14 * 4);
    for (const requests of engine.calls) {
      const kinds = new Set(
        requests.map(({ prompt, interventions }) => JSON.stringify([prompt, interventions?.[0]])),
      );
      expect(kinds.size).toBeLessThanOrEqual(16);
      expect(new Set(requests.map(({ interventions }) => interventions)).size).toBe(kinds.size);
    }
    const seeds = (requests: readonly GenerationRequest[], prompt: string) =>
      new Set(requests.filter((request) => request.prompt === prompt).map(({ seed }) => seed));
    expect(seeds(engine.calls.flat(), "one").size).toBe(8);
    const { texts, mostTexts, tokens } = strengthRangeCost(options);
    expect(written.texts).toBe(texts);
    expect(tokens).toBe(24 * texts);
    expect(mostTexts).toBe(16 + 2 * 8 * 9);
  });

  test("tells how far it is", async () => {
    const heard: RangeProgress[] = [];
    await measureStrengthRange(
      countingModel(),
      optionsFor(two, { onProgress: (progress) => heard.push(progress) }),
    );
    expect(heard[0]).toEqual({ part: "comparing", done: 1, total: 2 + 2 * 2 * 7 });
    const writing = heard.filter(({ part }) => part === "writing");
    expect(writing[0]!.total).toBe(16 + 2 * 4 * 8);
    const ends = heard.filter(({ done, total }) => done === total);
    expect(new Set(ends.map(({ part }) => part))).toEqual(new Set(["comparing", "writing", "reading"]));
    expect(heard.every(({ done, total }) => done <= total)).toBe(true);
  });

  test("a crash of the engine changes nothing", async () => {
    const whole = await measureStrengthRange(countingModel(), optionsFor(two));
    const engine = countingModel({ crashes: 4 });
    expect(await measureStrengthRange(engine, optionsFor(two))).toEqual(whole);
    await expect(measureStrengthRange(countingModel({ crashes: 99 }), optionsFor(two))).rejects.toThrow(
      /3 times/,
    );
  });

  test("uses as many prompts as texts, and judges each language by itself", async () => {
    const many = Array.from({ length: 30 }, (_, at) => ({
      prompt: `p${at}`,
      language: at % 2 ? "sl" : "de",
    }));
    const engine = countingModel();
    const found = await measureStrengthRange(engine, optionsFor(many, { texts: 6 }));
    expect(new Set(engine.calls.flat().map(({ prompt }) => prompt)).size).toBe(6);
    expect(found.unsteered).toMatchObject({ texts: 12, coherence: 1 });
    expect(found.cells[0]!.breaks).toBeDefined();
  });

  test("says so where the model cannot judge", async () => {
    const found = await measureStrengthRange(countingModel({ blind: true }), optionsFor(two));
    expect(found.notes).toEqual([
      expect.stringMatching(/^en: the model finds its own texts no more probable/),
    ]);
    expect(found.cells[0]).toMatchObject({
      begins: 0.0841,
      breaks: undefined,
      safe: undefined,
      recommended: [],
    });
    expect(found.cells[0]!.points.find(({ strength }) => strength === 0.4)).toMatchObject({ texts: 8 });
  });

  test("writes nothing where steering leaves no valid distribution", async () => {
    const engine = countingModel({ invalidFrom: 0.5 });
    const found = await measureStrengthRange(engine, optionsFor(two));
    const strongest = found.cells[1]!.points.at(-1)!;
    expect(strongest).toMatchObject({ strength: 1.6, klDivergence: undefined, coherence: 0, texts: 0 });
    expect(found.cells[1]!.safe![1]).toBeLessThan(0.5);
  });

  test("says where the texts move the other way", async () => {
    const found = await measureStrengthRange(countingModel({ away: true }), optionsFor(two));
    expect(found.cells[1]).toMatchObject({ moves: "away", begins: undefined, recommended: [] });
    expect(found.cells[1]!.breaks).toBeDefined();
  });

  test("compares the next token with what is done anywhere, and writes with what the cell says", async () => {
    const { cells, ...options } = optionsFor(two);
    const only: StrengthCell = {
      ...cells[0]!,
      interventions: (prompt, strength) =>
        cells[0]!.interventions(prompt, strength).map((intervention) => ({
          ...intervention,
          where: { phase: "generated" as const },
          schedule: [
            { token: 0, factor: 0 },
            { token: 9, factor: -0.5 },
          ],
        })),
    };
    const engine = countingModel();
    const compared: Intervention[] = [];
    const watched: TrialEngine = {
      ...engine,
      nextToken: (prompt, given) => {
        compared.push(...(given?.interventions ?? []));
        return engine.nextToken(prompt, given);
      },
    };
    await measureStrengthRange(watched, { ...options, cells: [only] });
    expect(compared.length).toBeGreaterThan(10);
    for (const { where, schedule } of compared) {
      // The first row, which is not generated, is left alone: it is too long to be one among others.
      expect(where).toEqual({ exclude: [{ anchor: "start", to: 0 }] });
      expect(schedule).toEqual([{ token: 0, factor: -0.5 }]);
    }
    const written = engine.calls.flat().flatMap(({ interventions }) => interventions ?? []);
    expect(
      written.every(({ where, schedule }) => where?.phase === "generated" && schedule?.length === 2),
    ).toBe(true);
  });

  test.each<[string, Selection | undefined, Selection | undefined]>([
    ["everywhere", undefined, undefined],
    ["in the prompt", { phase: "prompt" }, undefined],
    ["behind the first row", BEHIND_FIRST, BEHIND_FIRST],
    ["at a token", { include: [{ tokens: [7] }] }, BEHIND_FIRST],
    ["at the prompt's end", { include: [{ anchor: "prompt-end", from: -1, to: -1 }] }, BEHIND_FIRST],
  ])("what is done %s is compared with the first row as it is there", async (_, where, expected) => {
    const { cells, ...options } = optionsFor(two);
    const cell: StrengthCell = {
      ...cells[0]!,
      interventions: (prompt, strength) =>
        cells[0]!.interventions(prompt, strength).map((one) => ({ ...one, ...(where ? { where } : {}) })),
    };
    const engine = countingModel();
    const seen: (Selection | undefined)[] = [];
    const nextToken: TrialEngine["nextToken"] = (prompt, given) => {
      seen.push(...(given?.interventions ?? []).map((one) => one.where));
      return engine.nextToken(prompt, given);
    };
    await measureStrengthRange({ ...engine, nextToken }, { ...options, cells: [cell] });
    expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(expected)]));
  });

  test("refuses what cannot be measured", async () => {
    const measure = (changes: Partial<StrengthRangeOptions>) =>
      measureStrengthRange(countingModel(), optionsFor(two, changes));
    await expect(measure({ prompts: [] })).rejects.toThrow(RangeError);
    await expect(measure({ texts: 0 })).rejects.toThrow(RangeError);
    await expect(measure({ tokens: 1.5 })).rejects.toThrow(RangeError);
  });
});

describe("steeringCells", () => {
  test("refuses a vector of another model, and a layer that a vector lacks", () => {
    const other = vectorOf({ model: { ...model, sha256: "b".repeat(64) } });
    expect(() => steeringCells(model, { vectors: [vectorOf(), other], layers: [3] })).toThrow(ModelError);
    expect(() => steeringCells(model, { vectors: [vectorOf()], layers: [4] })).toThrow(RecipeError);
    expect(() => steeringCells(model, { vectors: [vectorOf()], layers: [4] })).toThrow(
      /no layer 4, only 3, 7/,
    );
  });

  test("refuses a vector that is not finite", () => {
    const layers = vectorOf().layers.map((layer) => ({ ...layer, unit: Float32Array.of(Number.NaN, 1) }));
    expect(() => steeringCells(model, { vectors: [vectorOf({ layers })], layers: [3] })).toThrow(ModelError);
    expect(() => steeringCells(model, { vectors: [vectorOf({ layers })], layers: [3] })).toThrow(
      /not finite/,
    );
  });

  test("a share that is taken out ends at the whole, and moves texts nowhere", () => {
    const [cell] = steeringCells(model, { vectors: [vectorOf()], layers: [3], operation: "ablate" });
    expect(cell).toMatchObject({ most: 1 });
    expect(cell!.direction).toBeUndefined();
    expect(cell!.interventions(0, 0.5)).toMatchObject([{ kind: "ablate", layer: 3 }]);
  });
});

test("on a real engine: the same bytes again, and a strong addition moves the next token", async () => {
  await using engine = await openTiny({ layers: 3 });
  const { width } = engine.model;
  const vector = vectorOf({
    model: engine.model,
    layers: [0, 2].map((layer) => ({
      layer,
      unit: Float32Array.from({ length: width }, (_, at) => (at === 3 ? 1 : 0)),
      differenceNorm: 1,
      residualNorm: 5,
    })),
  });
  const prompts = [{ prompt: "The day was" }, { prompt: "A review:" }];
  const options: StrengthRangeOptions = {
    cells: steeringCells(engine.model, { vectors: [vector, vector], layers: [0, 2] }),
    prompts,
    decoding: PLAIN,
    seed: 1,
    texts: 4,
    tokens: 8,
  };
  const first = await measureStrengthRange(engine, options);
  expect(first.cells.map(({ layers }) => layers)).toEqual([[0], [2]]);
  const [weakest, strongest] = [first.cells[1]!.points[0]!, first.cells[1]!.points.at(-1)!];
  expect(strongest.totalVariation).toBeGreaterThan(weakest.totalVariation);
  expect(first.unsteered!.texts).toBe(8);
  expect(await measureStrengthRange(engine, options)).toEqual(first);
});
