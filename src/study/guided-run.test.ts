import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { planText } from "../cli/plan-text.js";
import type { Guidance } from "../engine/guidance.js";
import { type Configuration, guidanceName } from "../generate/configuration.js";
import type { Item } from "../generate/job.js";
import type { GgufValue } from "../gguf/format.js";
import { writeTinyModel } from "../gguf/tiny-model.js";
import { writeGguf } from "../gguf/write.js";
import type { RecipeInput } from "../recipe/schema.js";
import type { Sample } from "../store/sample.js";
import { planRecipe } from "./plan-recipe.js";
import { assess, generateTexts, makeVectors, writeReport } from "./run-study.js";
import { Study } from "./study.js";
import { createTestRun, type TestRun } from "./test-run.js";
import { writingGuidance } from "./writing-guidance.js";

type RecipeGuidance = NonNullable<RecipeInput["guidance"]>;

const SMALL = {
  decoding: { maxTokens: 12 },
  samples: { perLabel: 5, pilotPerLabel: 2 },
  scoring: { texts: 8, tokenBudget: 50 },
  classifier: { test: "test.jsonl", seeds: 2 },
};
const NEGATIVES = { texts: ["The road was long.", "A bird sings in the garden.", "It was a warm morning."] };
const STEER = { preset: "steer", expert: "file:expert.gguf", gamma: [0, 0.5], eta: [0, 0.6] } as const;

/** A run with an expert and an adapter in its folder. */
async function guidedRun(guidance: unknown, more: Record<string, unknown> = {}): Promise<TestRun> {
  const run = await createTestRun({ ...SMALL, steering: undefined, guidance, ...more });
  writeTinyModel(join(run.folder, "expert.gguf"), { layers: 2, width: 32, seed: 5 });
  writeTinyModel(join(run.folder, "other.gguf"), { layers: 2, width: 32, seed: 6 });
  writeTinyModel(join(run.folder, "foreign.gguf"), { layers: 1, width: 32, vocabulary: 900 });
  writeAdapter(join(run.folder, "lora.gguf"));
  return run;
}

const open = (run: TestRun) => Study.open(run.recipe, { output: run.output });

function writeAdapter(path: string): void {
  const values = (count: number, phase: number) =>
    Float32Array.from({ length: count }, (_, i) => 0.3 * Math.sin(1.7 * i + phase));
  const [width, rank] = [64, 2];
  const tensors = [
    { name: "blk.1.ffn_down.weight.lora_a", shape: [2 * width, rank], data: values(2 * width * rank, 0) },
    { name: "blk.1.ffn_down.weight.lora_b", shape: [rank, width], data: values(rank * width, 1) },
  ];
  const metadata = new Map<string, GgufValue>([
    ["general.type", { type: "string", value: "adapter" }],
    ["general.architecture", { type: "string", value: "llama" }],
    ["adapter.type", { type: "string", value: "lora" }],
    ["adapter.lora.alpha", { type: "float32", value: rank }],
  ]);
  writeGguf(path, { metadata, tensors });
}

/** Each configuration's first texts. */
function textsOf(study: Study): Map<string, string> {
  return new Map(
    study.sweep.map(({ name }) => [
      name,
      JSON.stringify(study.journal.rows().flatMap((row) => (row.configuration === name ? [row.text] : []))),
    ]),
  );
}

test("STEER from a recipe: the grid is written, scored, chosen from and reported", {
  timeout: 120_000,
}, async () => {
  const run = await guidedRun({ ...STEER, negatives: NEGATIVES });
  const plan = await planRecipe(run.recipe, { output: run.output });
  expect(plan).toMatchObject({
    guidance: { preset: "steer", gammas: [0, 0.5], etas: [0, 0.6], streams: 3, models: 2 },
    experts: [{ key: "expert", source: `file:${join(run.folder, "expert.gguf")}`, isHere: true }],
  });
  expect(planText(plan)).toMatch(
    /guidance {2}γ 0, 0\.5 × η 0, 0\.6: 4 cells of steer, up to 3 streams a text/,
  );
  expect(planText(plan)).toMatch(/note: Each stream of a token is about one more forward pass/);

  await using study = await open(run);
  await generateTexts(study);
  const report = await assess(study, { scores: true, classifiers: true });
  expect(
    report.pilot.map(({ configuration, guidance, written }) => [configuration, guidance, written]),
  ).toEqual([
    ["steer@g0e0", { preset: "steer", gamma: 0, eta: 0 }, 4],
    ["steer@g0e0.6", { preset: "steer", gamma: 0, eta: 0.6 }, 4],
    ["steer@g0.5e0", { preset: "steer", gamma: 0.5, eta: 0 }, 4],
    ["steer@g0.5e0.6", { preset: "steer", gamma: 0.5, eta: 0.6 }, 4],
  ]);
  for (const result of report.pilot) expect(result).not.toHaveProperty("strength");
  expect(new Set(textsOf(study).values()).size).toBe(4);
  expect(report.arms.map(({ name }) => name)).toEqual(["guided", "zero-shot"]);
  expect(report.verdict).toMatch(/^Guidance /);
  expect(report.notes.join("\n")).toMatch(/Weights were chosen on the sweep/);
  const page = await readFile(await writeReport(study, report), "utf8");
  expect(page.match(/by γ and η\. Highest: /g)).toHaveLength(4);
  expect(page).toContain("The sweep over the weights of guidance");
  expect(await readFile(join(study.folder.data, "guided.jsonl"), "utf8")).toMatch(/^\{"text":/);
  const described = JSON.parse(await readFile(join(run.output, "run.json"), "utf8"));
  expect(described.files.expert).toMatch(/^[0-9a-f]{64}$/);
});

test("every preset writes texts of its own, with experts that are models and adapters", {
  timeout: 120_000,
}, async () => {
  const presets: RecipeGuidance[] = [
    { preset: "contrastive-expert", gamma: 0.5, expert: { adapter: "file:lora.gguf", scale: 1 } },
    {
      preset: "negative-prompt",
      eta: 0.6,
      expert: { adapter: "file:lora.gguf", scale: 2 },
      negatives: NEGATIVES,
    },
    { preset: "steer", gamma: 0.5, eta: 0.6, expert: { adapter: "file:lora.gguf" }, negatives: NEGATIVES },
    { preset: "classifier-free", gamma: 1 },
    { preset: "dexperts", gamma: 1, expert: "file:expert.gguf", antiExpert: "file:other.gguf" },
    { preset: "contrastive-decoding", gamma: 0.5, amateur: "file:other.gguf" },
  ];
  for (const guidance of presets) {
    const run = await guidedRun(guidance, { classifier: undefined });
    await using study = await open(run);
    await generateTexts(study);
    const rows = study.journal.rows().filter((row) => row.configuration !== "zero-shot");
    expect(rows.length, guidance.preset).toBeGreaterThanOrEqual(4);
    expect(new Set(rows.map(({ configuration }) => configuration))).toEqual(
      new Set([guidanceName({ ...guidance, gamma: guidance.gamma, eta: guidance.eta } as never)]),
    );
  }
});

test.each<[string, RecipeGuidance]>([
  ["steered-contrast", { preset: "steered-contrast", gamma: [0, 1] }],
  ["steer", { ...STEER, gamma: [0, 0.5], eta: 0.6, negatives: NEGATIVES }],
])(
  "steering and %s: each configuration of the one with each cell of the other",
  { timeout: 120_000 },
  async (_, guidance) => {
    const steering = { method: "mean-difference", layers: [1], strengths: [0.2, 0.4] };
    const run = await guidedRun(guidance, { steering });
    await using study = await open(run);
    expect(study.sweep).toHaveLength(4);
    expect(study.sweep[0]!.name).toMatch(/^mean-difference@1x0\.2~ste/);
    await generateTexts(study);
    expect(new Set(textsOf(study).values()).size).toBe(4);
    const report = await assess(study, { scores: true, classifiers: false });
    expect(report.pilot[3]).toMatchObject({
      method: "mean-difference",
      strength: 0.4,
      guidance: { gamma: guidance.preset === "steer" ? 0.5 : 1 },
    });
    expect(report.arms[0]).toMatchObject({
      name: "steered",
      title: expect.stringMatching(/^Steered at layer 1.* and guided by/),
    });
    // The expert has two layers of width 32, which the vectors of the model do not fit.
    expect(report.notes.some((note) => /was not steered/.test(note))).toBe(guidance.preset === "steer");
    const page = await readFile(await writeReport(study, report), "utf8");
    expect(page).toContain("The sweep over layers and strengths and the weights of guidance");
  },
);

let pools: TestRun;
beforeAll(async () => {
  pools = await guidedRun({
    preset: "negative-prompt",
    eta: [0, 0.6],
    negatives: { ...NEGATIVES, count: 4 },
  });
});

const CONFIGURATION: Configuration = {
  name: "negative-prompt@e0.6",
  prompting: "zero-shot",
  guidance: { preset: "negative-prompt", eta: 0.6 },
};
const item = (index: number, label = "positive"): Item => ({
  configuration: CONFIGURATION,
  language: "en",
  label,
  index,
});
const row = (text: string, more: Partial<Sample> = {}): Sample => ({
  id: text,
  configuration: CONFIGURATION.name,
  language: "en",
  label: "positive",
  index: 0,
  seed: 0,
  text,
  tokens: 5,
  finish: "end",
  filters: [],
  ...more,
});
const negativesIn = (guidance: Guidance | undefined) => guidance?.streams.at(-1)?.prompt;

test("a sample sees real texts and accepted ones of earlier jobs of its own configuration and label", async () => {
  await using study = await open(pools);
  const guidanceOf = (await writingGuidance(study))!;
  const items = Array.from({ length: 40 }, (_, index) => item(index));
  const first = await guidanceOf(items, []);
  for (const text of NEGATIVES.texts) {
    expect(first.every((guidance) => String(negativesIn(guidance)).includes(text))).toBe(true);
  }
  const rows = [
    row("It was kind."),
    row("It was cold.", { label: "negative" }),
    row("It was dark.", { configuration: "zero-shot" }),
    row("It was slow.", { filters: ["loop"] }),
    row("It was bright."),
  ];
  const later = (await guidanceOf(items, rows)).map((guidance) => String(negativesIn(guidance)));
  const seen = (text: string) => later.filter((negatives) => negatives.includes(text)).length;
  expect(seen("It was kind.")).toBeGreaterThan(10);
  expect(seen("It was bright.")).toBeGreaterThan(10);
  for (const text of ["cold", "dark", "slow"]) expect(seen(`It was ${text}.`)).toBe(0);
  expect(new Set(later).size).toBeGreaterThan(10);

  // A process that has seen nothing before draws the same from the same rows, one item at a time too.
  const again = (await writingGuidance(study))!;
  expect((await again(items, rows)).map(negativesIn)).toEqual(later);
  const [alone] = await (await writingGuidance(study))!([items[7]!], rows);
  expect(negativesIn(alone)).toBe(later[7]);
});

test("a cell's texts do not depend on the other cells of the grid", async () => {
  const written = async (gamma: number[], eta: number[]) => {
    const run = await guidedRun(
      { ...STEER, gamma, eta, negatives: NEGATIVES },
      { samples: { perLabel: 6, pilotPerLabel: 6 } },
    );
    await using study = await open(run);
    await generateTexts(study);
    return new Map(study.journal.rows().map((sample) => [sample.id, sample.text]));
  };
  const grid = await written([0, 0.5], [0, 0.6]);
  const alone = await written([0.5], [0.6]);
  const common = [...alone].filter(([id]) => id.startsWith("steer@g0.5e0.6/") && grid.has(id));
  expect(common.length).toBeGreaterThanOrEqual(12);
  for (const [id, text] of common) expect([id, grid.get(id)]).toEqual([id, text]);
});

test("texts with the same streams share them, and an unguided configuration has none", async () => {
  await using study = await open(pools);
  const guidanceOf = (await writingGuidance(study))!;
  const zero: Configuration = {
    ...CONFIGURATION,
    name: "negative-prompt@e0",
    guidance: { preset: "negative-prompt", eta: 0 },
  };
  const plain: Configuration = { name: "zero-shot", prompting: "zero-shot" };
  const [a, b, c, d] = await guidanceOf(
    [
      { ...item(0), configuration: zero },
      { ...item(1), configuration: zero },
      { ...item(0), configuration: plain },
      item(2),
    ],
    [],
  );
  expect(a).toBe(b);
  expect(a).toEqual({ streams: [{ weight: 1 }] });
  expect(c).toBeUndefined();
  expect(d!.streams).toEqual([{ weight: 1 }, { weight: -0.6, prompt: expect.any(String), sparesEnd: true }]);
});

test("texts that the context has no room for are left out whole; if none fits the run is refused", async () => {
  const long = "The garden was warm and we saw it again. ".repeat(30).trim();
  const negatives = { texts: [...NEGATIVES.texts, long, "We walk there. ".repeat(12).trim()] };
  const run = await guidedRun({
    preset: "negative-prompt",
    eta: 0.6,
    negatives: { ...negatives, count: 5, maxCharacters: 9000 },
  });
  await using study = await open(run);
  const engine = await study.engine();
  const items = Array.from({ length: 20 }, (_, index) => item(index));
  const drawn = (await (await writingGuidance(study))!(items, [row(`${long} It is so.`)])).map((guidance) =>
    String(negativesIn(guidance)),
  );
  for (const text of drawn) {
    expect(text).not.toContain(long);
    expect((await engine.tokenize(text)).length).toBeLessThan(256 - SMALL.decoding.maxTokens);
  }
  const full = await guidedRun({
    preset: "negative-prompt",
    eta: 0.6,
    negatives: { texts: [long], maxCharacters: 9000 },
  });
  await using refused = await open(full);
  await expect(writingGuidance(refused)).rejects.toThrow(
    /guidance\.negatives: every text for negative \(en\) has more than 244 tokens/,
  );
});

test("an expert that is still to be made can be planned with, and not run with", async () => {
  const run = await guidedRun({ ...STEER, expert: "file:none.gguf", negatives: NEGATIVES });
  const plan = await planRecipe(run.recipe);
  expect(plan.notes).toContainEqual(
    expect.stringMatching(/^guidance\.expert: there is no file .*none\.gguf yet, and the run needs it/),
  );
  expect(planText(plan)).toMatch(/ {2}expert {4}file:.*none\.gguf \(not there yet\)/);
  await expect(open(run)).rejects.toThrow(/^guidance\.expert: .*none\.gguf/);
});

test("a run without steering makes no vectors", async () => {
  await using study = await open(pools);
  expect(await makeVectors(study)).toMatchObject({ vectors: [], files: [] });
});

test.each<[string, unknown, Record<string, unknown>, RegExp]>([
  [
    "an expert that is the model",
    { ...STEER, expert: "file:tiny.gguf", negatives: NEGATIVES },
    {},
    /^guidance\.expert: this is the same file as model\.source/,
  ],
  [
    "an adapter that is a model",
    { ...STEER, expert: { adapter: "file:expert.gguf" }, negatives: NEGATIVES },
    {},
    /^guidance\.expert: .* is a model and no adapter/,
  ],
  [
    "a model that is an adapter",
    { ...STEER, expert: "file:lora.gguf", negatives: NEGATIVES },
    {},
    /^guidance\.expert: .* is an adapter and no model; write \{adapter: SOURCE\}/,
  ],
  [
    "the same file under two names",
    { preset: "dexperts", gamma: 1, expert: "file:expert.gguf", antiExpert: "file:./expert.gguf" },
    {},
    /^guidance\.antiExpert: this is the same file as guidance\.expert/,
  ],
  [
    "an expert with another vocabulary",
    { ...STEER, expert: "file:foreign.gguf", negatives: NEGATIVES },
    {},
    /^guidance\.expert: .*foreign\.gguf has 900 tokens, and the model has \d+\./,
  ],
  [
    "a label without texts",
    { ...STEER, negatives: { file: "half.jsonl" } },
    {},
    /^guidance\.negatives: .*half\.jsonl: holds no text for label "negative"/,
  ],
  [
    "texts that are all too long",
    { ...STEER, negatives: { ...NEGATIVES, maxCharacters: 9 } },
    {},
    /^guidance\.negatives\.maxCharacters: found 9, and every text for negative \(en\) is longer; allowed: at least 18/,
  ],
  [
    "a prompt that has no label",
    { preset: "classifier-free", gamma: 1 },
    { task: { labels: ["negative", "positive"], prompt: { zeroShot: "A text:" }, chat: "raw" } },
    /^guidance\.unprompted: for negative \(en\), the prompt without/,
  ],
])("%s is refused by the plan and by the run", async (_, guidance, more, message) => {
  const run = await guidedRun(guidance, more);
  await writeFile(
    join(run.folder, "half.jsonl"),
    `${JSON.stringify({ text: "It was warm.", label: "positive" })}\n`,
  );
  await expect(planRecipe(run.recipe)).rejects.toThrow(message);
  await expect(open(run)).rejects.toThrow(message);
});

test("a run goes on with the expert that it began with, and with no other", async () => {
  const run = await guidedRun({ ...STEER, gamma: 0.5, eta: 0.6, negatives: NEGATIVES });
  {
    await using study = await open(run);
    await generateTexts(study);
  }
  await (await open(run)).close();
  writeTinyModel(join(run.folder, "expert.gguf"), { layers: 2, width: 32, seed: 7 });
  await expect(open(run).then((study) => study.close())).rejects.toThrow(/expert/);
});

test("weights beyond those of the papers are allowed, with a note", async () => {
  const run = await guidedRun({ preset: "negative-prompt", eta: [0.5, 1.5], negatives: NEGATIVES });
  expect((await planRecipe(run.recipe)).notes).toContainEqual(
    expect.stringMatching(/^guidance\.eta: 1\.5 is more than the papers try \(1\)/),
  );
});
