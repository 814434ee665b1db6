/** Logit steering, step by step: what is drawn from is the formula in 64 bits over the streams' own logits. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { GgufValue } from "../../gguf/format.js";
import { writeTinyModel } from "../../gguf/tiny-model.js";
import { writeGguf } from "../../gguf/write.js";
import {
  classifierFree,
  contrastiveDecoding,
  contrastiveExpert,
  dexperts,
  negativePrompt,
  steer,
  steeredContrast,
} from "../../guidance/presets.js";
import type { Completion, Decoding, GenerationRequest } from "../engine.js";
import type { Guidance } from "../guidance.js";
import type { Intervention } from "../intervention.js";
import { StreamCombiner } from "./combine-streams.js";
import { generate } from "./generate.js";
import { findLibrary } from "./library.js";
import { logSoftmax, logSumExp } from "./log-softmax.js";
import { NativeContext } from "./native-context.js";
import { Session } from "./session.js";
import { StreamBatch } from "./stream-batch.js";
import { inOrder, openTiny, PLAIN } from "./test-engine.js";

const folder = mkdtempSync(join(tmpdir(), "tiller-guided-"));
const file = (name: string) => join(folder, `${name}.gguf`);
const WIDTH = 64;
const RANK = 2;
const PROMPT = "the day was long and the night was";
const combine = StreamCombiner.prototype.combine;
const NEGATIVES = "the small bird sings. the old house is red. water and fire.";
let session: Session;

/** A LoRA adapter on the output of each block's feed-forward part, of the size of the weights themselves. */
function writeAdapter(path: string, width = WIDTH): void {
  const values = (count: number, phase: number) =>
    Float32Array.from({ length: count }, (_, i) => 0.3 * Math.sin(1.7 * i + phase));
  const tensors = [0, 1, 2].flatMap((layer) => [
    {
      name: `blk.${layer}.ffn_down.weight.lora_a`,
      shape: [2 * width, RANK],
      data: values(2 * width * RANK, layer),
    },
    {
      name: `blk.${layer}.ffn_down.weight.lora_b`,
      shape: [RANK, width],
      data: values(width * RANK, layer + 1),
    },
  ]);
  const metadata = new Map<string, GgufValue>([
    ["general.type", { type: "string", value: "adapter" }],
    ["general.architecture", { type: "string", value: "llama" }],
    ["adapter.type", { type: "string", value: "lora" }],
    ["adapter.lora.alpha", { type: "float32", value: RANK }],
  ]);
  writeGguf(path, { metadata, tensors });
}

beforeAll(async () => {
  writeTinyModel(file("base"), { layers: 3, width: WIDTH });
  writeTinyModel(file("other"), { layers: 2, width: 32, seed: 5 });
  writeTinyModel(file("anti"), { layers: 2, width: 32, seed: 6 });
  writeTinyModel(file("foreign"), { vocabulary: 900 });
  writeAdapter(file("lora"));
  writeAdapter(file("wide"), 2 * WIDTH);
  const { llama, ggmlBase } = await findLibrary();
  const pointer = koffi.pointer("void");
  const ignore = koffi.load(ggmlBase, { global: true }).symbol("ggml_time_us", pointer);
  koffi.load(llama, { global: true }).func("llama_log_set", "void", [pointer, pointer])(ignore, null);
  session = await Session.load({
    path: file("base"),
    context: 256,
    threads: 2,
    gpuLayers: 0,
    experts: [
      { name: "lora", kind: "adapter", path: file("lora") },
      { name: "other", kind: "model", path: file("other") },
      { name: "anti", kind: "model", path: file("anti") },
    ],
  });
});
afterAll(() => {
  session.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => vi.restoreAllMocks());

interface Step {
  readonly streams: readonly Float32Array[];
  /** Log-probabilities that are drawn from. */
  readonly result: Float64Array;
  /** Of the logits that are drawn from, and of the first stream's. */
  readonly levels: readonly [number, number];
  readonly drawn: number;
  readonly guided: boolean;
}

async function write(
  requests: readonly GenerationRequest[],
  decoding: Partial<Decoding> = {},
  sequences = 16,
) {
  const texts: Completion[] = [];
  const options = { decoding: { ...PLAIN, maxTokens: 5, ...decoding }, sequences, interventions: [] };
  await generate(session, requests, options, (text) => texts.push(text), new AbortController().signal);
  return texts.sort((a, b) => a.index - b.index);
}

/** Every sum of a job: the streams' logits, and what is drawn from. */
async function steps(
  requests: readonly GenerationRequest[],
  decoding: Partial<Decoding> = {},
  sequences = 16,
) {
  const seen: Step[] = [];
  vi.spyOn(StreamCombiner.prototype, "combine").mockImplementation(function (
    this: StreamCombiner,
    sum,
    streams,
    drawn,
  ) {
    const { size } = session.vocabulary;
    const copy = ({ values, offset }: { values: Float32Array; offset: number }) =>
      values.slice(offset, offset + size);
    const before = streams.slice(0, sum.weights.length).map(copy);
    const guided = combine.call(this, sum, streams, drawn);
    const result = copy(streams[0]!);
    const levels = [logSumExp(result), logSumExp(before[0]!)] as const;
    seen.push({ streams: before, result: logP(result), levels, drawn, guided });
    return guided;
  });
  await write(requests, decoding, sequences);
  return seen;
}

const logP = (logits: Float32Array) => {
  const values = Float64Array.from(logits);
  const largest = Math.max(...values);
  const normaliser = largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  return values.map((value) => value - normaliser);
};

/** Σ weight·log p over the streams, renormalised. */
function summed(streams: readonly Float32Array[], weights: readonly number[]): Float64Array {
  const parts = streams.map(logP);
  const sum = parts[0]!.map((_, w) => parts.reduce((total, part, i) => total + weights[i]! * part[w]!, 0));
  const largest = Math.max(...sum);
  const normaliser = largest + Math.log(sum.reduce((total, value) => total + Math.exp(value - largest), 0));
  return sum.map((value) => value - normaliser);
}

function farthest(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < found.length; i++) {
    if (found[i] !== expected[i]) most = Math.max(most, Math.abs(found[i]! - expected[i]!));
  }
  return most;
}

const direction = Float32Array.from({ length: WIDTH }, (_, i) => Math.sin(i + 1));
const steering: Intervention[] = [{ kind: "rotate", layer: 1, direction, angle: 0.6 }];

/** A preset, its weights by hand, and a steered stream of it: of the engine's own model, since experts are narrower. */
const PRESETS: readonly (readonly [string, Guidance, readonly number[]])[] = [
  ["contrastive-expert", contrastiveExpert({ gamma: 0.4, expert: "lora" }), [1.4, -0.4]],
  ["negative-prompt", negativePrompt({ eta: 0.3, negatives: NEGATIVES, spareEnd: false }), [1, -0.3]],
  [
    "steer",
    steer({ gamma: 0.2, eta: 0.6, expert: "lora", negatives: NEGATIVES, spareEnd: false }),
    [1.2, -0.2, -0.6],
  ],
  ["classifier-free", classifierFree({ gamma: 0.5 }), [1.5, -0.5]],
  ["dexperts", dexperts({ gamma: 0.7, expert: "other", antiExpert: "anti" }), [1, 0.7, -0.7]],
  [
    "contrastive-decoding",
    contrastiveDecoding({ amateur: "other", gamma: 0.5, plausibility: 0 }),
    [1.5, -0.5],
  ],
  ["steered-contrast", steeredContrast({ gamma: 1, interventions: steering }), [2, -1]],
];

for (const [name, guidance, weights] of PRESETS) {
  for (const [count, steered] of [
    [1, false],
    [7, true],
    [16, false],
    [16, true],
  ] as const) {
    test(`${name}: ${count} texts ${steered ? "with" : "without"} steering are drawn from the formula`, async () => {
      // Steering reaches the streams of the engine's own model; the experts' widths are others.
      const streams = guidance.streams.map((stream) =>
        stream.expert === undefined ? stream : { ...stream, interventions: [] },
      );
      const requests = Array.from({ length: count }, (_, seed) => ({
        prompt: seed % 2 ? PROMPT : "the small red house",
        seed,
        guidance: { ...guidance, streams },
        ...(steered && seed % 3 ? { interventions: steering } : {}),
      }));
      const seen = await steps(requests, {}, Math.max(1, count));
      expect(seen.length).toBeGreaterThan(count);
      for (const { streams, result, levels } of seen) {
        expect(farthest(result, summed(streams, weights))).toBeLessThan(1e-5);
        // A repetition penalty sees logits as they are without guidance.
        expect(levels[0]).toBeCloseTo(levels[1], 4);
        // The streams are different distributions, or the sum would prove nothing.
        expect(farthest(streams[0]!, streams[1]!)).toBeGreaterThan(1e-2);
      }
    });
  }
}

test("each stream's logits are those of its model, prompt, steering and the drawn tokens", async () => {
  const expert = await openTiny({ layers: 2, width: 32, seed: 5 });
  const base = await openTiny({ layers: 3, width: WIDTH });
  try {
    const guidance: Guidance = {
      streams: [
        { weight: 1, interventions: steering },
        { weight: 0.2, interventions: [] },
        { weight: -0.3, prompt: NEGATIVES, interventions: [] },
        { weight: 0.4, expert: "other", interventions: [] },
      ],
    };
    const seen = await steps([{ prompt: PROMPT, seed: 3, guidance }], { temperature: 0 }, 1);
    const [text] = await write([{ prompt: PROMPT, seed: 3, guidance }], { temperature: 0 }, 1);
    const first = seen[0]!.streams.map(logSoftmax);
    expect(farthest(first[0]!, await base.nextToken(PROMPT, { interventions: steering }))).toBeLessThan(1e-2);
    expect(farthest(first[1]!, await base.nextToken(PROMPT))).toBeLessThan(1e-2);
    expect(farthest(first[2]!, await base.nextToken(NEGATIVES))).toBeLessThan(1e-2);
    expect(farthest(first[3]!, await expert.nextToken(PROMPT))).toBeLessThan(1e-2);
    // One token later, when the first word has been drawn.
    const answer = ` ${text!.text.trim().split(" ")[0]}`;
    const second = seen[1]!.streams.map(logSoftmax);
    const read = { prompt: PROMPT, answer };
    const negative = { prompt: NEGATIVES, answer };
    expect(farthest(second[0]!, await base.nextToken(read, { interventions: steering }))).toBeLessThan(1e-2);
    expect(farthest(second[2]!, await base.nextToken(negative))).toBeLessThan(1e-2);
    expect(farthest(second[3]!, await expert.nextToken(read))).toBeLessThan(1e-2);
  } finally {
    await expert.close();
    await base.close();
  }
});

test("without weight, guidance writes byte for byte what the stream writes alone", async () => {
  const requests = (guidance?: Guidance) =>
    Array.from({ length: 9 }, (_, seed) => ({ prompt: PROMPT, seed, ...(guidance ? { guidance } : {}) }));
  const plain = await write(requests(), { maxTokens: 12 });
  const negative = negativePrompt({ eta: 0, negatives: NEGATIVES });
  expect(await write(requests(negative), { maxTokens: 12 })).toEqual(plain);
  expect(await write(requests(classifierFree({ gamma: 0 })), { maxTokens: 12 })).toEqual(plain);
  const guided = await write(requests(classifierFree({ gamma: 2 })), { maxTokens: 12 });
  expect(guided).not.toEqual(plain);
  const alone: Guidance = { streams: [{ expert: "lora", weight: 1 }] };
  const expert = await write(requests(alone), { maxTokens: 12 });
  const none = steer({ gamma: 0, eta: 0, expert: "lora", negatives: NEGATIVES });
  expect(await write(requests(none), { maxTokens: 12 })).toEqual(expert);
  expect(expert).not.toEqual(plain);
});

test("texts without guidance write in a mixed batch what they write among themselves", async () => {
  const guidance = steer({ gamma: 0.3, eta: 0.3, expert: "lora", negatives: NEGATIVES });
  const plain = Array.from({ length: 6 }, (_, seed) => ({ prompt: PROMPT, seed }));
  const mixed = plain.flatMap((request) => [request, { ...request, guidance }]);
  const together = await write(mixed, { maxTokens: 10 });
  const alone = await write(plain, { maxTokens: 10 });
  expect(together.filter((_, i) => i % 2 === 0).map(({ text }) => text)).toEqual(
    alone.map(({ text }) => text),
  );
  const guided = await write(
    plain.map((request) => ({ ...request, guidance })),
    { maxTokens: 10 },
  );
  expect(together.filter((_, i) => i % 2 === 1).map(({ text }) => text)).toEqual(
    guided.map(({ text }) => text),
  );
});

test("spared tokens keep the probability that they have without the negative stream", async () => {
  const guidance = negativePrompt({ eta: 0.8, negatives: NEGATIVES });
  const requests = Array.from({ length: 5 }, (_, seed) => ({ prompt: PROMPT, seed, guidance }));
  const stop = [".", "n"];
  const seen = await steps(requests, { stop });
  const ends = session.endTokens(stop);
  expect(ends.length).toBeGreaterThan(1);
  for (const { streams, result } of seen) {
    const before = logP(streams[0]!);
    const without = summed(streams, [1, -0.8]);
    for (const token of ends) expect(Math.abs(result[token]! - before[token]!)).toBeLessThan(1e-5);
    const share = (of: ArrayLike<number>, keep: (token: number) => boolean) =>
      Array.from(of).reduce((sum, value, token) => sum + (keep(token) ? Math.exp(value) : 0), 0);
    expect(share(result, () => true)).toBeCloseTo(1, 5);
    // Among the others, the proportions are those of the formula.
    const other = (token: number) => !ends.includes(token);
    const scale = Math.log(share(result, other) / share(without, other));
    for (let token = 0; token < result.length; token += 37) {
      if (other(token)) expect(Math.abs(result[token]! - without[token]! - scale)).toBeLessThan(1e-5);
    }
  }
});

test("the plausibility mask keeps the tokens near the first stream's likeliest, and no others", async () => {
  const alpha = 0.2;
  const guidance = contrastiveDecoding({ amateur: "other", gamma: 0.5, plausibility: alpha });
  const [step] = await steps([{ prompt: PROMPT, seed: 1, guidance }]);
  const own = logP(step!.streams[0]!);
  const head = own.map((value) => Number(value >= Math.max(...own) + Math.log(alpha)));
  const sum = summed(step!.streams, [1.5, -0.5]);
  const total = sum.reduce((all, value, w) => all + (head[w] ? Math.exp(value) : 0), 0);
  const expected = sum.map((value, w) => (head[w] ? value - Math.log(total) : Number.NEGATIVE_INFINITY));
  expect(head.reduce((a, b) => a + b, 0)).toBeGreaterThan(1);
  expect(farthest(step!.result, expected)).toBeLessThan(1e-5);
});

test("a schedule, a start and an entropy gate say where guidance is on", async () => {
  const base = classifierFree({ gamma: 1 });
  const write5 = (rest: Partial<Guidance>) =>
    steps([{ prompt: PROMPT, seed: 2, guidance: { ...base, ...rest } }], { maxTokens: 6 });
  for (const { streams, result, drawn } of await write5({
    schedule: [
      { token: 1, factor: 1 },
      { token: 3, factor: 0 },
    ],
  })) {
    const factor = [1, 1, 0.5, 0, 0, 0][drawn]!;
    const expected = factor === 0 ? logP(streams[0]!) : summed(streams, [1 + factor, -factor]);
    expect(farthest(result, expected)).toBeLessThan(1e-5);
  }
  const late = await write5({ after: 2 });
  expect(late.map(({ guided }) => guided)).toEqual(late.map(({ drawn }) => drawn >= 2));
  const plain = await write5({});
  const entropies = plain.map(
    ({ streams }) => -logP(streams[0]!).reduce((sum, p) => sum + Math.exp(p) * p, 0),
  );
  const gate = (Math.min(...entropies) + Math.max(...entropies)) / 2;
  for (const { streams, guided } of await write5({ entropyAbove: gate })) {
    const entropy = -logP(streams[0]!).reduce((sum, p) => sum + Math.exp(p) * p, 0);
    expect(guided).toBe(entropy > gate);
  }
});

test("guided jobs give the same bytes again, whatever the number of sequences refilled", async () => {
  const guidance = steer({ gamma: 0.3, eta: 0.4, expert: "lora", negatives: NEGATIVES });
  const requests = Array.from({ length: 21 }, (_, seed) => ({
    prompt: PROMPT,
    seed,
    guidance: { ...guidance, streams: guidance.streams.map((stream) => ({ ...stream })) },
  }));
  const first = await write(requests, { maxTokens: 14 }, 8);
  expect(await write(requests, { maxTokens: 14 }, 8)).toEqual(first);
  expect(new Set(first.map(({ text }) => text)).size).toBeGreaterThan(15);
});

test("streams are decoded by fours, so that the kernels round each of them alike", async () => {
  const open = vi.spyOn(StreamBatch, "open");
  const streams = [{ weight: 1 }, { weight: 0.4, prompt: "the" }, { weight: -0.3, prompt: NEGATIVES }];
  const requests = [1, 2].map((seed) => ({ prompt: PROMPT, seed, guidance: { streams } }));
  await write(requests, {}, 1);
  await write(requests, {}, 8);
  expect(open.mock.calls.map(([, , rows]) => rows)).toEqual([8, 8]);
});

test("the prompt that texts share is read once, however many negative prompts there are", async () => {
  const decode = vi.spyOn(NativeContext.prototype, "decode");
  const prompt = `${PROMPT} `.repeat(8);
  const requests = Array.from({ length: 24 }, (_, seed) => {
    const negatives = `the train number ${seed} was late.`;
    return { prompt, seed, guidance: negativePrompt({ eta: 0.5, negatives }) };
  });
  const texts = await write(requests, { maxTokens: 2 }, 8);
  const rows = decode.mock.calls.reduce((sum, [count]) => sum + count, 0);
  // Some 60 tokens, and 24 times a dozen for what is not shared.
  expect(rows).toBeLessThan(12 * texts[0]!.promptTokens);
  for (const i of [0, 23]) {
    const [alone] = await write([requests[i]!], { maxTokens: 2 }, 8);
    expect(texts[i]!.text).toBe(alone!.text);
  }
});

test("the places of interventions are looked for in the request's own prompt", async () => {
  const [token] = session.vocabulary.tokenize("night", false, false);
  const where = { phase: "prompt" as const, include: [{ tokens: [token!] }] };
  const interventions: Intervention[] = [{ kind: "rotate", layer: 1, direction, angle: 0.6, where }];
  const guidance = classifierFree({ gamma: 0.5, unprompted: "the" });
  expect(await write([{ prompt: PROMPT, seed: 1, guidance, interventions }])).toHaveLength(1);
  await expect(write([{ prompt: "the", seed: 1, guidance, interventions }])).rejects.toThrow(/picks no row/);
});

test("a grammar and a mask that could rule out everything between them are refused", async () => {
  const guidance = contrastiveDecoding({ amateur: "other", plausibility: 0.1 });
  const grammar = 'root ::= "yes" | "no"';
  await expect(write([{ prompt: PROMPT, seed: 1, guidance }], { grammar })).rejects.toThrow(/rule out every/);
});

test.each<readonly [string, Guidance, RegExp]>([
  [
    "an unknown expert",
    { streams: [{ weight: 1, expert: "nobody" }] },
    /no expert nobody.*lora, other, anti/,
  ],
  ["a weight of NaN", { streams: [{ weight: Number.NaN }] }, /stream 1 has the weight NaN/],
  ["no streams", { streams: [] }, /no streams/],
  ["a mask of everything", { streams: [{ weight: 1 }], plausibility: 1 }, /plausibility is 1/],
  ["half a token", { streams: [{ weight: 1 }], after: 0.5 }, /after is 0.5/],
  [
    "a vector of the base's width on a narrower expert",
    { streams: [{ weight: 1 }, { weight: 1, expert: "other", interventions: steering }] },
    /64 values; the model's width is 32/,
  ],
  [
    "a negative prompt longer than the context",
    { streams: [{ weight: 1 }, { weight: -1, prompt: NEGATIVES.repeat(40) }] },
    /context 256/,
  ],
])("refuses %s", async (_, guidance, message) => {
  await expect(write([{ prompt: PROMPT, seed: 1, guidance }])).rejects.toThrow(message);
});

test.each([
  ["an adapter for another base", "adapter", "wide", /does not fit the model/],
  ["a model with other tokens", "model", "foreign", /another vocabulary: \d+ tokens against 900/],
  ["a file that is no adapter", "adapter", "other", /holds more than llama.cpp applies: .*weight/],
] as const)("refuses %s when the engine is opened", async (_, kind, path, message) => {
  const load = Session.load({
    path: file("base"),
    context: 256,
    threads: 1,
    gpuLayers: 0,
    experts: [{ name: "it", kind, path: file(path) }],
  });
  await expect(load).rejects.toThrow(message);
});

test("the engine takes experts and guidance across its process", async () => {
  const engine = await openTiny(
    { layers: 3, width: WIDTH },
    { experts: [{ name: "other", kind: "model", path: file("other") }] },
  );
  try {
    const requests = Array.from({ length: 4 }, (_, seed) => ({ prompt: PROMPT, seed }));
    const guidance = dexperts({ gamma: 1.5, expert: "other", antiExpert: "other" });
    const plain = await inOrder(engine.generate(requests, { decoding: PLAIN }));
    const cancelled = await inOrder(engine.generate(requests, { decoding: PLAIN, guidance }));
    expect(cancelled.map(({ text }) => text)).toEqual(plain.map(({ text }) => text));
    const guided = contrastiveExpert({ gamma: 1, expert: "other" });
    expect(await inOrder(engine.generate(requests, { decoding: PLAIN, guidance: guided }))).not.toEqual(
      plain,
    );
  } finally {
    await engine.close();
  }
});
