/** Whole studies on data that give little or nothing: what can be said is said, and nothing breaks. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readChoice } from "./choice.js";
import { renderReport } from "./report/render-report.js";
import { renderText } from "./report/render-text.js";
import type { RunReport } from "./report/run-report.js";
import { assess, generateTexts } from "./run-study.js";
import { readSearch } from "./search-record.js";
import { Study } from "./study.js";
import { createTestRun, type TestRun } from "./test-run.js";

const SMALL = {
  decoding: { maxTokens: 10 },
  steering: { method: "mean-difference", layers: [1], strengths: [0.1, 0.3] },
  samples: { perLabel: 6, pilotPerLabel: 4, attempts: 2 },
  scoring: { texts: 8, tokenBudget: 50, authenticity: false },
  study: { search: "grid", best: 2 },
};

async function whole(run: TestRun): Promise<{ report: RunReport; study: Study & AsyncDisposable }> {
  const study = await Study.open(run.recipe, { output: run.output });
  await generateTexts(study);
  const report = await assess(study, { scores: true, classifiers: true });
  return { report, study };
}

const jsonl = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

test("a study of which no configuration survives says so, and what dropped the texts", async () => {
  const run = await createTestRun({ ...SMALL, filters: { language: false, minCharacters: 500 } });
  const { report, study } = await whole(run);
  await using _ = study;
  expect((await readSearch(study))!.rounds.every(({ ranked }) => ranked.length === 0)).toBe(true);
  expect(await readChoice(study)).toEqual([]);
  expect(report.verdict).toBe(
    "Steering failed: no layer and strength of the sweep gave texts that are right, readable and varied.",
  );
  expect(report.notes.find((note) => note.startsWith("The filters dropped"))).toMatch(
    /^The filters dropped 8 of the sweep's 8 texts \(8 too short\)\. .* change the strengths, the prompt or the filters\.$/,
  );
  const text = renderText(report, { width: 200, color: false });
  expect(text).toContain("No configuration could be ranked.");
  expect(await renderReport(report)).toContain("No configuration could be ranked.");
});

test("labels in other scripts are labels", async () => {
  const labels = ["سلبي", "አዎንታዊ"];
  const run = await createTestRun({
    ...SMALL,
    task: { labels, prompt: { zeroShot: "{label}:" }, chat: "raw" },
    contrast: labels.map((label) => ({
      class: label,
      texts: Array.from({ length: 12 }, (_, n) => `${label} text number ${n} of these`),
    })),
  });
  const texts = labels.flatMap((label) =>
    Array.from({ length: 10 }, (_, n) => ({ text: `${label} and the word ${n}`, label })),
  );
  await writeFile(join(run.folder, "test.jsonl"), jsonl(texts));
  const { report, study } = await whole(run);
  await using _ = study;
  expect(report.arms.map(({ classifier }) => classifier?.perLabel?.map(({ label }) => label))).toEqual(
    report.arms.map(() => labels),
  );
  expect(report.comparisons).toHaveLength(1);
  expect(await renderReport(report)).toContain(labels[0]);
});

test("human training texts that lack a label are no arm, and that is said", async () => {
  const run = await createTestRun({
    ...SMALL,
    classifier: { test: "test.jsonl", train: "train.jsonl", seeds: 2 },
  });
  const texts = Array.from({ length: 12 }, (_, n) => ({ text: `A good day ${n}.`, label: "positive" }));
  await writeFile(join(run.folder, "train.jsonl"), jsonl(texts));
  const { report, study } = await whole(run);
  await using _ = study;
  expect(report.references).toEqual([]);
  expect(report.notes).toContain('classifier.train: all 12 texts have the label "positive".');
  expect(report.notes).toContain(
    '"human" was not trained: no texts of "negative"; 5 of each label are needed.',
  );
  expect(report.comparisons).toHaveLength(1);
});

test("few test texts are told, and so is a label of which there are none", async () => {
  const run = await createTestRun({
    ...SMALL,
    task: {
      labels: ["negative", "neutral", "positive"],
      prompt: { zeroShot: "A {label} text:" },
      chat: "raw",
    },
    contrast: ["negative", "neutral", "positive"].map((label) => ({
      class: label,
      texts: Array.from({ length: 8 }, (_, n) => `Some ${label} text number ${n}`),
    })),
  });
  const texts = [
    { text: "A good day.", label: "positive" },
    { text: "A bad day.", label: "negative" },
  ];
  await writeFile(join(run.folder, "test.jsonl"), jsonl(texts));
  const { report, study } = await whole(run);
  await using _ = study;
  expect(report.notes).toEqual(
    expect.arrayContaining([
      'classifier.test has one text of "positive": only large differences can be seen.',
      'classifier.test has no text of "neutral": classifiers are trained without this label.',
    ]),
  );
  expect(report.arms.every(({ classifier }) => classifier?.perLabel?.length === 2)).toBe(true);
});

test("test texts of one label test nothing, and are refused before anything is written", async () => {
  const run = await createTestRun(SMALL);
  await writeFile(join(run.folder, "test.jsonl"), jsonl([{ text: "A good day.", label: "positive" }]));
  await expect(Study.open(run.recipe, { output: run.output })).rejects.toThrow(
    'classifier.test: its one text has the label "positive"; texts of two labels or more are needed.',
  );
});
