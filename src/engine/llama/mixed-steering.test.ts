/**
 * Every operation, at every kind of place, in one batch of different requests: what the residual stream holds
 * afterwards, and what the next block reads, is compared with the formula worked out here in 64 bits.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import type { TinyArchitecture } from "../../gguf/tiny-architectures.js";
import { writeTinyModel } from "../../gguf/tiny-model.js";
import type { Completion, GenerationRequest } from "../engine.js";
import type { Condition, Intervention, Schedule, Site } from "../intervention.js";
import { generate } from "./generate.js";
import { findLibrary } from "./library.js";
import { NativeContext } from "./native-context.js";
import { RowSteering, type SteeredRow } from "./row-steering.js";
import { Session } from "./session.js";
import { PLAIN } from "./test-engine.js";

const LAYERS = 4;
const WIDTH = 64;
const ROWS = 16;
const folder = mkdtempSync(join(tmpdir(), "tiller-mixed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

const wave = (phase: number, scale = 1) =>
  Float32Array.from({ length: WIDTH }, (_, i) => scale * Math.sin(0.7 * i + phase));

type Row = readonly number[];
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};
const length = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));
const unit = (a: ArrayLike<number>) => Array.from(a, (value) => value / length(a));
const plus = (a: ArrayLike<number>, b: ArrayLike<number>, factor: number) =>
  Array.from(a, (value, i) => value + factor * b[i]!);

/** h with its component along d moved to a target, or a share of the way. */
const moved = (h: Row, d: Row, target: number, share: number) => plus(h, d, share * (target - dot(h, d)));

/** The formulas of src/engine/intervention.ts, by hand. */
function byHand(intervention: Intervention, h: Row, share: number): Row {
  switch (intervention.kind) {
    case "add":
      return plus(h, intervention.vector, share);
    case "add-keeping-norm": {
      const sum = plus(h, intervention.vector, share);
      return sum.map((value) => (value * length(h)) / length(sum));
    }
    case "ablate":
      return moved(h, unit(intervention.direction), 0, share);
    case "clamp": {
      const d = unit(intervention.direction);
      const { least = -1e9, most = 1e9 } = intervention;
      return moved(h, d, Math.max(least, Math.min(most, dot(h, d))), share);
    }
    case "replace": {
      const d = unit(intervention.direction);
      return moved(h, d, dot(intervention.reference, d), share);
    }
    case "rotate": {
      const d = unit(intervention.direction);
      const cosine = dot(h, d) / length(h);
      const across = unit(plus(h, d, -dot(h, d)));
      const angle = Math.min(Math.PI, Math.max(0, Math.acos(cosine) - share * intervention.angle));
      return plus(
        d.map((value) => value * length(h) * Math.cos(angle)),
        across,
        length(h) * Math.sin(angle),
      );
    }
  }
}

/** What each request is steered by, and, told apart from the product's own code, at which rows and how much of it. */
interface Case {
  readonly intervention: Intervention;
  readonly share: (row: SteeredRow, arrived: (layer: number) => Row) => number;
}

const everywhere = () => 1;
const site = (layer: number, rest: Omit<Site, "layer"> = {}) => ({ layer, ...rest });

function operations(at: Site, seed: number): Intervention[] {
  const direction = wave(seed, 3);
  return [
    { kind: "add", vector: wave(seed, 0.5), ...at },
    { kind: "add-keeping-norm", vector: wave(seed), ...at },
    { kind: "ablate", direction, ...at },
    { kind: "clamp", direction, least: -0.2, most: 0.1, ...at },
    { kind: "replace", direction, reference: wave(seed + 1, 2), ...at },
    { kind: "rotate", direction, angle: 0.4, ...at },
  ];
}

const PROMPT = "the day was long and the night was";
const OTHER = "the small bird sings over the old house and";

/** Rows that a selection should pick, spelt out for each. */
/** Of half of the vocabulary, so that some rows of every text hold one of them and some do not. */
const EVEN = Array.from({ length: 2000 }, (_, i) => 2 * i);

const PLACES: readonly (readonly [Omit<Site, "layer">, Case["share"]])[] = [
  [{}, everywhere],
  [{ where: { phase: "prompt" } }, (row) => Number(row.position < row.promptLength)],
  [{ where: { phase: "generated" } }, (row) => Number(row.position >= row.promptLength)],
  [
    { where: { include: [{ anchor: "start", from: 2, to: 4 }] } },
    (row) => Number([2, 3, 4].includes(row.position)),
  ],
  [
    { where: { include: [{ anchor: "prompt-end", from: -2, to: 1 }] } },
    (row) => Number([-2, -1, 0, 1].includes(row.position - row.promptLength)),
  ],
  [
    {
      where: {
        exclude: [
          { anchor: "start", to: 0 },
          { anchor: "prompt-end", from: 3 },
        ],
      },
    },
    (row) => Number(row.position > 0 && row.position - row.promptLength < 3),
  ],
  [{ where: { include: [{ tokens: EVEN }] } }, (row) => Number(row.token % 2 === 0)],
  [
    { where: { phase: "generated", exclude: [{ tokens: EVEN }] } },
    (row) => Number(row.position >= row.promptLength && row.token % 2 === 1),
  ],
  [
    {
      schedule: [
        { token: 0, factor: 1 },
        { token: 4, factor: 0 },
      ],
    },
    (row) => Math.min(1, Math.max(0, 1 - (row.position - row.promptLength) / 4)),
  ],
];

/** llama.cpp is in this process here; a function that ignores what it is given takes its log. */
async function silence(): Promise<void> {
  const { llama, ggmlBase } = await findLibrary();
  const ignore = koffi.load(ggmlBase, { global: true }).symbol("ggml_time_us", koffi.pointer("void"));
  const pointer = koffi.pointer("void");
  koffi.load(llama, { global: true }).func("llama_log_set", "void", [pointer, pointer])(ignore, null);
}

async function openSession(architecture: TinyArchitecture): Promise<Session> {
  const path = join(folder, `${architecture}.gguf`);
  writeTinyModel(path, { architecture, layers: LAYERS, width: WIDTH });
  await silence();
  return Session.load({ path, context: 256, threads: 2, gpuLayers: 0 });
}

interface Decode {
  readonly rows: readonly (SteeredRow | undefined)[];
  readonly before: Map<number, Float32Array>;
  readonly after: Map<number, Float32Array>;
  /** What block l reads, where llama.cpp tells. */
  readonly inputs: Map<number, Float32Array>;
}

/** Writes texts and notes, at every decode, each block's output before and after the interventions. */
async function observed(session: Session, requests: readonly GenerationRequest[]): Promise<Decode[]> {
  const library = koffi.load((await findLibrary()).llama, { global: true });
  const pointer = koffi.pointer("void");
  const readInput = library.func("_Z30llama_get_embeddings_layer_inpP13llama_contextj", pointer, [
    pointer,
    "uint32_t",
  ]);
  const askInput = library.func("_Z30llama_set_embeddings_layer_inpP13llama_contextjb", "void", [
    pointer,
    "uint32_t",
    "bool",
  ]);
  const decodes: Decode[] = [];
  let current: Decode | undefined;
  const begin = RowSteering.prototype.begin;
  vi.spyOn(RowSteering.prototype, "begin").mockImplementation(function (this: RowSteering, rows, outputs) {
    // The slots change as the texts grow.
    const copies = rows.map((row) => row && { ...row });
    current = { rows: copies, before: new Map(), after: new Map(), inputs: new Map() };
    decodes.push(current);
    return begin.call(this, rows, outputs);
  });
  const use = session.hooks.use.bind(session.hooks);
  vi.spyOn(session.hooks, "use").mockImplementation((layers, handler, options) => {
    const all = [...layers].length === 0 ? [] : Array.from({ length: LAYERS }, (_, layer) => layer);
    use(
      all,
      (layer, values) => {
        current?.before.set(layer, values.slice());
        const changed = handler?.(layer, values) ?? false;
        current?.after.set(layer, values.slice());
        return changed;
      },
      options,
    );
  });
  const asked = new Set<NativeContext>();
  const decode = NativeContext.prototype.decode;
  vi.spyOn(NativeContext.prototype, "decode").mockImplementation(function (this: NativeContext, rows) {
    if (!asked.has(this)) for (let layer = 1; layer < LAYERS; layer++) askInput(this.pointer, layer, true);
    asked.add(this);
    decode.call(this, rows);
    for (let layer = 1; layer < LAYERS; layer++) {
      const values = readInput(this.pointer, layer);
      if (values !== null) {
        current?.inputs.set(layer, new Float32Array(koffi.view(values, rows * WIDTH * 4)).slice());
      }
    }
  });
  const decoding = { ...PLAIN, maxTokens: 8 };
  const options = { decoding, sequences: ROWS, interventions: [] };
  const texts: Completion[] = [];
  await generate(session, requests, options, (text) => texts.push(text), new AbortController().signal);
  expect(texts).toHaveLength(requests.length);
  return decodes;
}

/** Largest deviation of the rows from what they should be, relative to the rows' length. */
function deviation(decodes: readonly Decode[], caseOf: (row: SteeredRow) => readonly Case[]) {
  let worst = 0;
  let changed = 0;
  let read = 0;
  for (const { rows, before, after, inputs } of decodes) {
    for (const [layer, values] of after) {
      const next = inputs.get(layer + 1);
      if (next) {
        expect(next).toEqual(values);
        read++;
      }
      for (let r = 0; r * WIDTH < values.length; r++) {
        const row = rows[r];
        if (!row) continue;
        const rowOf = (of: Float32Array) => [...of.subarray(r * WIDTH, (r + 1) * WIDTH)];
        const arrived = rowOf(before.get(layer)!);
        let expected: Row = arrived;
        for (const { intervention, share } of caseOf(row)) {
          if (intervention.layer !== layer) continue;
          const factor = share(row, (at) => rowOf(before.get(at)!));
          if (factor === 0) continue;
          expected = byHand(intervention, expected, factor);
          changed++;
        }
        const error = length(plus(rowOf(values), expected, -1)) / length(arrived);
        worst = Math.max(worst, error);
      }
    }
  }
  // Every block but the last has a next one.
  expect(read).toBe((LAYERS - 1) * decodes.length);
  return { worst, changed };
}

for (const architecture of ["llama", "qwen3", "qwen3moe"] as const) {
  test(`${architecture}: a mixed batch does to each row what the formula says, and the next block reads it`, async () => {
    const session = await openSession(architecture);
    try {
      const cases = PLACES.flatMap(([at, share], place) =>
        operations(site(place % LAYERS, at), place).map((intervention) => ({ intervention, share })),
      );
      const lists = cases.map(({ intervention }) => [intervention]);
      const requests = lists.map((interventions, seed) => ({
        prompt: seed % 3 === 0 ? OTHER : PROMPT,
        seed,
        interventions,
      }));
      const caseOfList = new Map(lists.map((list, i) => [list, [cases[i]!]]));
      const decodes = await observed(session, requests);
      const known = (row: SteeredRow) => caseOfList.get(row.plan!.interventions as Intervention[]) ?? [];
      const { worst, changed } = deviation(decodes, known);
      expect(changed).toBeGreaterThan(400);
      expect(worst).toBeLessThan(2e-6);
    } finally {
      session.close();
    }
  });
}

test("operations of one layer act in the order of the list", async () => {
  const session = await openSession("llama");
  try {
    const lists = Array.from({ length: 8 }, (_, i) => {
      const all = [...operations(site(1), i), ...operations(site(2), i + 1)];
      return i % 2 === 0 ? all : all.reverse();
    });
    const requests = lists.map((interventions, seed) => ({ prompt: PROMPT, seed, interventions }));
    const decodes = await observed(session, requests);
    const steered = (row: SteeredRow) =>
      row.plan!.interventions.map((intervention) => ({ intervention, share: everywhere }));
    const { worst, changed } = deviation(decodes, steered);
    expect(changed).toBeGreaterThan(1000);
    expect(worst).toBeLessThan(5e-6);
  } finally {
    session.close();
  }
});

const GATES: readonly (readonly [Partial<Condition>, (h: Row) => boolean])[] = [
  [{ measure: "cosine", above: 0 }, (h) => dot(h, wave(9)) > 0],
  [{ measure: "cosine", below: 0 }, (h) => dot(h, wave(9)) < 0],
  [{ measure: "projection", above: 0.5 }, (h) => dot(h, unit(wave(9))) > 0.5],
  [{ measure: "projection", above: -1, below: 1 }, (h) => Math.abs(dot(h, unit(wave(9)))) < 1],
];

test("a condition over rows looks at the residual as it came, at its own layer or an earlier one", async () => {
  const session = await openSession("llama");
  try {
    const cases = GATES.flatMap(([gate, opens]) =>
      [0, 2].flatMap((layer): Case[][] => {
        const when = { layer, vector: wave(9), over: "row" as const, measure: "cosine" as const, ...gate };
        const share: Case["share"] = (_, arrived) => Number(opens(arrived(layer)));
        // The ablation takes away what the second condition looks at, if it looked afterwards.
        return [
          [
            { intervention: { kind: "ablate", direction: wave(9), ...site(2, { when }) }, share },
            { intervention: { kind: "add", vector: wave(3), ...site(2, { when }) }, share },
          ],
        ];
      }),
    );
    const lists = cases.map((list) => list.map(({ intervention }) => intervention));
    const requests = lists.map((interventions, seed) => ({ prompt: PROMPT, seed, interventions }));
    const decodes = await observed(session, requests);
    const caseOf = (row: SteeredRow) => cases[lists.indexOf(row.plan!.interventions as Intervention[])] ?? [];
    const { worst, changed } = deviation(decodes, caseOf);
    expect(changed).toBeGreaterThan(100);
    expect(worst).toBeLessThan(2e-6);
  } finally {
    session.close();
  }
});

test("a condition over the prompt is decided by its mean without BOS, from the prompt's last token on", async () => {
  const session = await openSession("llama");
  try {
    const prompts = [PROMPT, OTHER, "go", "water and fire"];
    const lists = prompts.flatMap((_, i) =>
      [1, -1].map((sign): Intervention[] => {
        const when: Condition = {
          layer: 1,
          vector: wave(i, sign),
          measure: "cosine",
          over: "prompt",
          above: 0,
        };
        return [{ kind: "add", vector: wave(3), ...site(2, { when }) }];
      }),
    );
    const requests = lists.map((interventions, i) => ({ prompt: prompts[i >> 1]!, seed: i, interventions }));
    const decodes = await observed(session, requests);
    // Sums of the prompts' rows, gathered from what arrived at the condition's layer.
    const sums = new Map<Intervention[], number[]>();
    for (const { rows, before } of decodes) {
      const values = before.get(1)!;
      for (const [r, row] of rows.entries()) {
        if (!row || row.position === 0 || row.position >= row.promptLength) continue;
        const key = row.plan!.interventions as Intervention[];
        const sum = sums.get(key) ?? new Array<number>(WIDTH).fill(0);
        sums.set(key, plus(sum, values.subarray(r * WIDTH, (r + 1) * WIDTH), 1));
      }
    }
    const share: Case["share"] = (row) => {
      const list = row.plan!.interventions as Intervention[];
      const open = dot(sums.get(list)!, list[0]!.when!.vector) > 0;
      return Number(open && row.position >= row.promptLength - 1);
    };
    const { worst, changed } = deviation(decodes, (row) =>
      row.plan!.interventions.map((intervention) => ({ intervention, share })),
    );
    // Of a vector and its opposite exactly one opens.
    expect(changed).toBeGreaterThanOrEqual(prompts.length);
    expect(worst).toBeLessThan(2e-6);
  } finally {
    session.close();
  }
});

const SCHEDULES: readonly (readonly [Schedule, RegExp])[] = [
  [[], /no points/],
  [[{ token: 0, factor: 0 }], /0 throughout/],
  [[{ token: 0, factor: Number.NaN }], /factor NaN/],
  [
    [
      { token: 2, factor: 1 },
      { token: 2, factor: 0 },
    ],
    /ascending/,
  ],
];
const when = (rest: Partial<Condition>): Condition => ({
  layer: 1,
  vector: wave(1),
  measure: "cosine",
  over: "row",
  above: 0,
  ...rest,
});
const add = (rest: Partial<Site>): Intervention => ({ kind: "add", vector: wave(1), layer: 2, ...rest });

test.each<readonly [string, Intervention, RegExp]>([
  ...SCHEDULES.map(([schedule, message]) => [`schedule ${message}`, add({ schedule }), message] as const),
  [
    "a condition behind its intervention",
    add({ when: when({ layer: 3 }) }),
    /at layer 2, which is computed before/,
  ],
  [
    "a condition on a prompt at the last block",
    add({ layer: 3, when: when({ layer: 3, over: "prompt" }) }),
    /last block/,
  ],
  [
    "a condition without threshold",
    { ...add({}), when: { layer: 1, vector: wave(1), measure: "cosine", over: "row" } },
    /no threshold/,
  ],
  ["a threshold of NaN", add({ when: when({ above: Number.NaN }) }), /no finite number/],
  ["an empty interval", add({ when: when({ above: 1, below: 0 }) }), /above 1 and below 0/],
  [
    "a direction of zero",
    { kind: "ablate", direction: new Float32Array(WIDTH), layer: 1 },
    /ablate at layer 1 is zero/,
  ],
  ["a clamp upside down", { kind: "clamp", direction: wave(1), least: 2, most: 1, layer: 1 }, /2 to 1/],
  [
    "an infinite angle",
    { kind: "rotate", direction: wave(1), angle: Number.POSITIVE_INFINITY, layer: 1 },
    /angle Infinity/,
  ],
  ["an unknown operation", { kind: "twist", layer: 1 } as unknown as Intervention, /no intervention twist/],
  [
    "positions beyond the text",
    add({ where: { include: [{ anchor: "start", from: 200 }] } }),
    /picks no row/,
  ],
  [
    "a token that the prompt lacks",
    add({ where: { phase: "prompt", include: [{ tokens: [3] }] } }),
    /picks no row/,
  ],
  [
    "the end of a text that is being written",
    add({ where: { include: [{ anchor: "end", from: -1 }] } }),
    /not known while/,
  ],
])("refuses %s", async (_, intervention, message) => {
  const session = await openSession("llama");
  try {
    const options = { decoding: { ...PLAIN, maxTokens: 4 }, sequences: 8, interventions: [intervention] };
    const run = generate(
      session,
      [{ prompt: PROMPT, seed: 1 }],
      options,
      () => {},
      new AbortController().signal,
    );
    await expect(run).rejects.toThrow(message);
  } finally {
    session.close();
  }
});
