import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { writeTinyEncoder } from "../encode/test-encoder-models.js";
import { LlamaEngine } from "../engine/llama/llama-engine.js";
import { definitionOf } from "../score/definitions.js";
import type { Sample } from "../store/sample.js";
import { type Arm, armsOf } from "./arms.js";
import { measureArms } from "./measures.js";
import { StudyEncoder } from "./measures-encoder.js";
import { MeasuresThread } from "./measures-thread.js";
import type { ReportedMeasures, RunReport } from "./report/run-report.js";
import { assess, generateTexts, writeReport } from "./run-study.js";
import { Study } from "./study.js";
import { createTestRun, type TestRun } from "./test-run.js";

const SMALL = { samples: { perLabel: 12, pilotPerLabel: 3 } };

const open = (run: TestRun) => Study.open(run.recipe, { output: run.output });

/** Every number is one, or has a reason in its place. */
function expectNumbersOrReasons(measures: ReportedMeasures): void {
  for (const [name, measure] of Object.entries(measures)) {
    for (const side of ["set", "human", "relative"] as const) {
      const { value, absent } = measure[side];
      if (value === undefined) expect(absent, `${name}, ${side}`).toMatch(/\w/);
      else expect(Number.isFinite(value), `${name}, ${side}`).toBe(true);
    }
  }
}

/** The measures of sets that are made of the rows of the run's first arm. */
async function measured(
  study: Study,
  sets: Readonly<Record<string, (rows: readonly Sample[]) => readonly Sample[]>>,
): Promise<Record<string, ReportedMeasures>> {
  const [arm] = armsOf(study.recipe, study.journal.rows(), study.baselines, []) as [Arm];
  const arms = Object.entries(sets).map(([name, of]) => ({
    arm: { ...arm, name, rows: of(arm.rows) },
    cells: [],
  }));
  const found = await measureArms(study, arms);
  return Object.fromEntries([...found.arms].map(([name, { all }]) => [name, all]));
}

describe("the measures of a run", () => {
  let run: TestRun;
  let report: RunReport;

  beforeAll(async () => {
    run = await createTestRun(SMALL);
    await using study = await open(run);
    await generateTexts(study);
    await writeReport(study, await assess(study, { scores: true, classifiers: false }));
    report = JSON.parse(await readFile(`${run.output}/report.json`, "utf8")) as RunReport;
  }, 120_000);

  test("are in its report for each arm, and each of them is defined", () => {
    expect(report.arms.map(({ name }) => name)).toEqual(["steered", "zero-shot"]);
    for (const { measures, score } of report.arms) {
      const { all, languages, encoder } = measures!;
      expect(encoder).toMatch(/n-grams/);
      for (const name of ["selfBleu", "vendiScore", "mauve", "codeMixing", "copies@contrast", "meanWords"]) {
        expect(all[name], name).toBeDefined();
      }
      for (const name of [...Object.keys(all), ...Object.keys(score!.parts)]) {
        expect(definitionOf(name), name).toBeDefined();
      }
      expectNumbersOrReasons(all);
      expect(languages.en!.measures).toEqual(all);
      expect(languages.en!.set).toMatchObject({ texts: 24 });
    }
  });

  test("come with the scores of each language and label, and their intervals", () => {
    const { cells } = report.arms[0]!.measures!;
    expect(cells.map(({ language, label, texts }) => [language, label, texts])).toEqual([
      ["en", "negative", 12],
      ["en", "positive", 12],
    ]);
    const success = cells.map((cell) => cell.success.value!);
    expect((success[0]! + success[1]!) / 2).toBeCloseTo(report.arms[0]!.score!.success, 12);
    for (const cell of cells) {
      for (const name of ["success", "coherence", "diversity", "harmonic"] as const) {
        const { value, low, high } = cell[name];
        if (value === undefined) continue;
        expect(low, name).toBeLessThanOrEqual(value);
        expect(high, name).toBeGreaterThanOrEqual(value);
      }
      expect(cell.diversity.high! - cell.diversity.low!).toBeGreaterThan(0);
    }
    const { diversity } = report.arms[0]!.score!.intervals!;
    expect(diversity!.low).toBeLessThan(report.arms[0]!.score!.diversity);
  });

  test("have what human texts get beside the scores and their parts", () => {
    for (const { measures, score } of report.arms) {
      const { all } = measures!;
      for (const name of ["success", "coherence", "diversity", "harmonic"] as const) {
        expect(all[name]!.set.value ?? Number.NaN, name).toBe(score![name] ?? Number.NaN);
      }
      expect(all.diversity!.human.value).toBeGreaterThan(0.5);
      expect(all.diversity!.human.value).toBeLessThanOrEqual(1);
      expect(all.labelRight!.human.value).toBeGreaterThan(0.5);
      expect(all.labelRight!.relative.value).toBeLessThanOrEqual(1);
      expect(all.logProbability!.human.value).toBeLessThan(0);
      expect(all.emptyTexts!.human.value).toBe(0);
      expect(all.success!.human.absent).toMatch(/labelRight/);
    }
  });

  test("count as scoring in what the run cost", () => {
    const { scoringSeconds, seconds } = report.cost;
    expect(scoringSeconds).toBeGreaterThan(0);
    expect(scoringSeconds).toBeLessThan(seconds);
  });

  test("are read from the folder the second time, without encoder, engine or measuring", async () => {
    const encode = vi.spyOn(StudyEncoder.prototype, "encode");
    const engine = vi.spyOn(LlamaEngine, "open");
    const measure = vi.spyOn(MeasuresThread.prototype, "run");
    const before = await stat(`${run.output}/measures.json`);
    try {
      await using study = await open(run);
      const again = await assess(study, { scores: true, classifiers: false });
      for (const [i, arm] of again.arms.entries()) {
        expect(JSON.parse(JSON.stringify(arm.measures))).toEqual(report.arms[i]!.measures);
      }
      expect([encode, engine, measure].map((spy) => spy.mock.calls.length)).toEqual([0, 0, 0]);
      expect((await stat(`${run.output}/measures.json`)).mtimeMs).toBe(before.mtimeMs);
    } finally {
      vi.restoreAllMocks();
    }
  });

  test("fall between texts and stay within them where each text is there twice", async () => {
    await using study = await open(run);
    const { once, twice } = await measured(study, {
      once: (rows) => rows,
      twice: (rows) => [...rows, ...rows],
    });
    const change = (name: string) => twice![name]!.set.value! - once![name]!.set.value!;
    for (const name of ["distinct2", "distinct3", "ngramDiversity", "gzip", "nearestNeighbourDistance"]) {
      expect(change(name), name).toBeLessThan(0);
    }
    expect(change("selfBleu")).toBeGreaterThan(0);
    for (const name of ["mattr", "repetition", "meanWords", "overlapNgrams1@contrast", "probeSuccess"]) {
      expect(change(name), name).toBeCloseTo(0, 12);
    }
  });

  test("do not depend on the order of the texts", async () => {
    await using study = await open(run);
    const { forward, backward } = await measured(study, {
      forward: (rows) => rows,
      backward: (rows) => rows.toReversed(),
    });
    for (const [name, { set }] of Object.entries(forward!)) {
      if (set.value === undefined) expect(backward![name]!.set).toEqual(set);
      else expect(backward![name]!.set.value, name).toBeCloseTo(set.value, 9);
    }
  });

  test("have a value or a reason whatever the texts are", { timeout: 120_000 }, async () => {
    await using study = await open(run);
    const all = (text: string) => (rows: readonly Sample[]) => rows.map((row) => ({ ...row, text }));
    const sets = await measured(study, {
      empty: () => [],
      blank: all(" "),
      one: (rows) => rows.slice(0, 1),
      same: all("The same text about the day is here again."),
      emoji: all("🙂🙂 👩‍👩‍👧 !!!"),
      long: (rows) => [{ ...rows[0]!, text: "A long day by the river. ".repeat(42_000) }, ...rows.slice(1)],
      mixed: all("שלום עולם, a day that begins و ينتهي هنا \u202e again"),
    });
    for (const measures of Object.values(sets)) expectNumbersOrReasons(measures);
    expect(sets.empty!.distinct2!.set.absent).toBe("there are no texts");
    expect(sets.empty!.vendiScore!.set.absent).toBe("there are no texts");
    expect(sets.emoji!.distinct2!.set.absent).toBe("no text has a word");
    expect(sets.one!.selfBleu!.set.absent).toMatch(/fewer than 2/);
    expect(sets.same!.vendiScore!.set.value).toBeCloseTo(1, 6);
    expect(sets.same!.selfBleu!.set.value).toBeCloseTo(1, 12);
  });
});

describe("what a recipe asks for", () => {
  let run: TestRun;

  /** The report of a run of the same texts, with another `scoring`. */
  async function assessed(scoring: object): Promise<{ report: RunReport; all: ReportedMeasures }> {
    const recipe = JSON.parse(await readFile(run.recipe, "utf8")) as Record<string, unknown>;
    await writeFile(
      run.recipe,
      JSON.stringify({ ...recipe, scoring: { texts: 8, tokenBudget: 50, ...scoring } }),
    );
    await using study = await open(run);
    const report = await assess(study, { scores: true, classifiers: false });
    return { report, all: report.arms[0]!.measures!.all };
  }

  beforeAll(async () => {
    // The judge's questions are long.
    const model = { source: "file:tiny.gguf", context: 2048, sequences: 8, threads: 2 };
    run = await createTestRun({ ...SMALL, model });
    await using study = await open(run);
    await generateTexts(study);
  }, 120_000);

  test("residuals as embeddings are named, and differ from n-grams", async () => {
    const ngrams = await assessed({});
    const residuals = await assessed({ encoder: "residuals" });
    expect(residuals.report.arms[0]!.measures!.encoder).toMatch(/^mean residual of .*less the mean of/);
    expectNumbersOrReasons(residuals.all);
    expect(residuals.all.pairwiseDistance!.set.value).not.toBe(ngrams.all.pairwiseDistance!.set.value);
  });

  test("an encoder that cannot be opened costs its measures, and nothing else", async () => {
    const { report, all } = await assessed({ encoder: "gguf:file:missing.gguf" });
    expect(all.vendiScore!.set.absent).toMatch(/missing\.gguf/);
    expect(all.distinct2!.set.value).toBeGreaterThan(0);
    expect(report.notes.some((note) => /could not be embedded \(scoring\.encoder\)/.test(note))).toBe(true);
  });

  test("authenticity can be turned off", async () => {
    const { all } = await assessed({ authenticity: false });
    expect(all.mauve!.set.absent).toMatch(/scoring\.authenticity/);
    expect(all.vendiScore!.set.value).toBeGreaterThan(1);
  });

  test("the model that writes can judge, and is not asked twice", { timeout: 120_000 }, async () => {
    const { report, all } = await assessed({ judge: "local", judgeTexts: 3 });
    expect(report.notes.filter((note) => /judge/.test(note))).toEqual([]);
    expect(report.arms[0]!.measures!.judge).toMatch(/rubrics/);
    for (const name of ["judgeScore", "judgeConcept", "judgeInstruction", "judgeFluency"]) {
      expect(all[name]!.set.value, name).toBeGreaterThanOrEqual(0);
      expect(all[name]!.set.value, name).toBeLessThanOrEqual(2);
    }
    expect(all.judgeAbsent!.set.value).toBe(0);
    expect(all.judgeFluency!.human.value).toBeGreaterThanOrEqual(0);
    expect(all.judgeFluency!.relative.value ?? 0).toBeLessThanOrEqual(1);
    expect(all.judgeDisagreement!.set.value).toBeGreaterThanOrEqual(0);
    const engine = vi.spyOn(LlamaEngine, "open");
    try {
      expect((await assessed({ judge: "local", judgeTexts: 3 })).all).toEqual(all);
      expect(engine).not.toHaveBeenCalled();
    } finally {
      vi.restoreAllMocks();
    }
  });

  test("a judge that refuses costs its measures, and the reason is told", async () => {
    const server = createServer((_, response) => response.writeHead(401).end("{}"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
      const { report, all } = await assessed({ judge: { endpoint, model: "judge" }, judgeTexts: 2 });
      expect(all.judgeScore!.set.absent).toMatch(/401/);
      expect(all.distinct2!.set.value).toBeGreaterThan(0);
      expect(report.notes.some((note) => /judge rated no text \(scoring\.judge\)/.test(note))).toBe(true);
    } finally {
      server.close();
    }
  });

  test("a judge that answers nonsense rates nothing: no zero stands for it", async () => {
    const poem = JSON.stringify({ choices: [{ message: { content: "Roses are red." } }] });
    const server = createServer((_, response) => response.end(poem));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
      const { report, all } = await assessed({ judge: { endpoint, model: "judge" }, judgeTexts: 2 });
      expect(all.judgeScore!.set.value).toBeUndefined();
      expect(all.judgeScore!.set.absent).toMatch(/rated none of 2 texts.*Roses are red/);
      expect(report.notes.some((note) => /The judge rated no text.*Roses are red/.test(note))).toBe(true);
    } finally {
      server.close();
    }
  });
});

test("of several languages there is each, their mean, and the scores of each with each label", {
  timeout: 120_000,
}, async () => {
  const task = {
    labels: ["negative", "positive"],
    languages: ["en", "sw"],
    prompt: { zeroShot: "A {label} text in {language}:" },
    chat: "raw",
  };
  const run = await createTestRun({
    task,
    samples: { perLabel: 6, pilotPerLabel: 2 },
    scoring: { texts: 16, tokenBudget: 50, encoder: "gguf:file:encoder.gguf" },
    classifier: undefined,
  });
  writeTinyEncoder(join(run.folder, "encoder.gguf"), { model: "bert", pooling: 1 });
  await using study = await open(run);
  await generateTexts(study);
  const { arms, notes } = await assess(study, { scores: true, classifiers: false });
  expect(notes.filter((note) => /could not be embedded/.test(note))).toEqual([]);
  for (const { measures, kept } of arms) {
    const { all, languages, cells, encoder } = measures!;
    expect(encoder).toMatch(/^encoder\.gguf \(sha256 /);
    expect(languages.en!.embeddings!.truncated).toMatchObject({ tokens: expect.any(Number), human: 0 });
    expect(Object.keys(languages)).toEqual(["en", "sw"]);
    const [en, sw] = [languages.en!, languages.sw!];
    expect(en.set.texts + sw.set.texts).toBe(kept);
    for (const name of ["distinct1", "pairwiseDistance"]) {
      const mean =
        (en.set.texts * en.measures[name]!.set.value! + sw.set.texts * sw.measures[name]!.set.value!) / kept;
      expect(all[name]!.set.value, name).toBeCloseTo(mean, 12);
    }
    expect(cells.map(({ language, label }) => `${language} ${label ?? "all"}`)).toEqual([
      "en all",
      "en negative",
      "en positive",
      "sw all",
      "sw negative",
      "sw positive",
    ]);
    expectNumbersOrReasons(all);
  }
});
