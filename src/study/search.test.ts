import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EngineError, InterruptedError } from "../errors.js";
import type { Order } from "../generate/write-samples.js";
import { readChoice } from "./choice.js";
import { writeOrders } from "./pilot.js";
import { renderReport } from "./report/render-report.js";
import { renderText } from "./report/render-text.js";
import { assess, generateTexts, makeVectors } from "./run-study.js";
import { searchSweep } from "./search.js";
import { readSearch } from "./search-record.js";
import { openPurse } from "./spending.js";
import { Study, type StudyOptions } from "./study.js";
import { createTestRun, type TestRun } from "./test-run.js";

const SMALL = {
  decoding: { maxTokens: 10 },
  steering: { method: "mean-difference", layers: [1, 2], strengths: [0.1, 0.2, 0.4] },
  samples: { perLabel: 6, pilotPerLabel: 8, attempts: 2 },
  scoring: { texts: 8, tokenBudget: 50, authenticity: false },
  classifier: { test: "test.jsonl", seeds: 2 },
};

async function finished(run: TestRun, options: StudyOptions = {}): Promise<string> {
  await using study = await Study.open(run.recipe, options);
  await generateTexts(study);
  return readFile(study.folder.journal, "utf8");
}

test("halving goes on with the best, writes data sets of them, and says what its scores foretell", async () => {
  const run = await createTestRun({ ...SMALL, study: { best: 3 } });
  await finished(run, { output: run.output });
  await using study = await Study.open(run.recipe, { output: run.output });
  const record = (await readSearch(study))!;
  expect(record.tried).toHaveLength(6);
  expect(record.rounds.map(({ texts, kept }) => [texts, kept])).toEqual([
    [2, 3],
    [3, 3],
    [8, 0],
  ]);
  expect(new Set(record.rounds[0]!.ranked).size).toBe(6);
  expect(record.rounds[1]!.ranked.every((name) => record.rounds[0]!.ranked.slice(0, 3).includes(name))).toBe(
    true,
  );

  const report = await assess(study, { scores: true, classifiers: true });
  const best = record.rounds[2]!.ranked;
  expect(report.chosen).toBe(best[0]);
  expect(report.arms.map(({ configuration }) => configuration)).toEqual([
    best[0],
    "zero-shot",
    best[1],
    best[2],
  ]);
  expect(report.arms.map(({ name }) => name)).toEqual(["steered", "zero-shot", best[1], best[2]]);
  const { rows, correlations, tokens } = report.study!;
  expect(rows.slice(0, 3).map(({ configuration }) => configuration)).toEqual(best);
  expect(rows).toHaveLength(6);
  for (const row of rows.slice(0, 3))
    expect(row.differences.map(({ baseline }) => baseline)).toEqual(["zero-shot"]);
  expect(rows[3]!.downstream).toBeUndefined();
  for (const { rho, pairs } of correlations) {
    expect(pairs).toBe(3);
    expect(Math.abs(rho)).toBeLessThanOrEqual(1);
  }
  expect(tokens.search).toBeLessThan(tokens.grid);
  expect(tokens.all).toBe(study.journal.rows().reduce((sum, row) => sum + row.tokens, 0));
  const text = renderText(report, { width: 160, color: false });
  expect(text).toContain("6 configurations were searched by successive halving: 6 with 2 texts");
  expect(text).toMatch(/Against zero-shot prompting, \d of 3 data sets train a clearly better classifier/);
  expect(await renderReport(report)).toContain("<h2>The search</h2>");
});

test("a search that is stopped again and again ends like one that is not", async () => {
  const steering = { ...SMALL.steering, layers: [1] };
  const run = await createTestRun({ ...SMALL, steering, study: { best: 2 } });
  const whole = await finished(run, { output: `${run.output}-whole` });
  const rowsOf = async () =>
    (await readFile(join(run.output, "samples.jsonl"), "utf8").catch(() => "")).length;
  let sittings = 0;
  for (let ended: string | undefined; ended !== whole; sittings++) {
    const before = await rowsOf();
    let grown = false;
    const cut = finished(run, {
      output: run.output,
      // A sitting ends with the first job that it has written.
      stopping: () => grown,
      progress: {
        begin: () => ({
          advance: (units, tokens) => (grown ||= tokens !== undefined && units > 0),
          end: () => {},
        }),
        note: () => {},
      },
    });
    ended = await cut.catch((error: unknown) => {
      if (!(error instanceof InterruptedError)) throw error;
      return undefined;
    });
    if (ended === undefined) expect(await rowsOf()).toBeGreaterThan(before);
    else expect(ended).toBe(whole);
  }
  expect(sittings).toBeGreaterThan(3);
});

test("a random search tries as many as it is told, the same ones again", async () => {
  const run = await createTestRun({ ...SMALL, study: { search: "random", configurations: 3, best: 1 } });
  await finished(run, { output: run.output });
  await using study = await Study.open(run.recipe, { output: run.output });
  const { tried, rounds } = (await readSearch(study))!;
  expect(tried).toHaveLength(3);
  expect(rounds.map(({ texts }) => texts)).toEqual([2, 8]);
  const written = new Set(study.journal.rows().map(({ configuration }) => configuration));
  expect([...written].sort()).toEqual([...tried, "zero-shot"].sort());
});

test("a configuration on which the engine fails is noted, and the others go on", async () => {
  const run = await createTestRun({ ...SMALL, study: { search: "grid", best: 1 } });
  await using study = await Study.open(run.recipe, { output: run.output });
  const vectors = await makeVectors(study);
  const [bad] = study.sweep;
  const asked: string[][] = [];
  const write = async (orders: readonly Order[]) => {
    asked.push(orders.map(({ configuration }) => configuration.name));
    if (orders.some(({ configuration }) => configuration === bad)) throw new EngineError("It broke.");
  };
  const purse = { noRoomFor: async () => undefined };
  // Nothing is written by this `write`, so that nothing can be ranked.
  await searchSweep({ study, vectors, write, purse }, study.recipe.study!);
  const record = (await readSearch(study))!;
  expect(record.failures).toEqual([{ configuration: bad!.name, message: "It broke." }]);
  expect(asked.map((names) => names.length)).toEqual([6, 1, 1, 1, 1, 1, 1]);
  expect(record.rounds).toEqual([{ texts: 2, ranked: [], kept: 0 }]);
  await searchSweep({ study, vectors, write, purse }, study.recipe.study!);
  expect(await readSearch(study)).toEqual(record);
});

test("a round that the budget had room for is finished after a stop, without another look at the budget", async () => {
  const steering = { ...SMALL.steering, layers: [1] };
  const run = await createTestRun({ ...SMALL, steering, study: { search: "grid", budget: { texts: 1000 } } });
  await using study = await Study.open(run.recipe, { output: run.output });
  const vectors = await makeVectors(study);
  const settings = study.recipe.study!;
  const write = (orders: readonly Order[], name: string) => writeOrders(study, vectors, orders, name);
  const stopped = async (orders: readonly Order[], name: string) => {
    if (name.includes("round 2")) throw new InterruptedError("Stopped.");
    return write(orders, name);
  };
  const open = { noRoomFor: async () => undefined };
  await expect(searchSweep({ study, vectors, write: stopped, purse: open }, settings)).rejects.toThrow(
    InterruptedError,
  );
  const empty = { noRoomFor: async () => "texts (about 9 of 8)" };
  await searchSweep({ study, vectors, write, purse: empty }, settings);
  const record = (await readSearch(study))!;
  expect(record.ended).toBeUndefined();
  expect(record.rounds.map(({ texts }) => texts)).toEqual([2, 8]);
});

test("a budget's tokens are reckoned by the call, which has several texts", async () => {
  const samples = { ...SMALL.samples, perCall: 6 };
  const prompt = { zeroShot: "{count} {label} texts with {separator} between them:" };
  const task = { labels: ["negative", "positive"], prompt, chat: "raw" };
  const run = await createTestRun({ ...SMALL, task, samples, study: { budget: { tokens: 100 } } });
  await using study = await Study.open(run.recipe, { output: run.output });
  await expect(openPurse(study, performance.now())).resolves.toBeDefined();
});

test("a budget ends the search, and one for nothing is refused", async () => {
  const keys = 2;
  const least = 6 * 2 * keys + 2 * 6 * keys;
  const poor = await createTestRun({ ...SMALL, study: { budget: { texts: least - 1 } } });
  await expect(finished(poor, { output: poor.output })).rejects.toThrow(/study.budget is too small .* texts/);
  const run = await createTestRun({ ...SMALL, study: { best: 3, budget: { texts: least } } });
  await finished(run, { output: run.output });
  await using study = await Study.open(run.recipe, { output: run.output });
  const report = await assess(study, { scores: true, classifiers: true });
  expect(report.study!.rounds).toHaveLength(1);
  expect(report.study!.ended).toMatch(/no room for/);
  expect(report.arms.length).toBeGreaterThanOrEqual(2);

  const path = study.folder.file("search.json");
  const before = await readFile(path, "utf8");
  await generateTexts(study);
  expect(await readFile(path, "utf8")).toBe(before);
});

test("a study goes on when its budget is raised, and chooses anew", async () => {
  const steering = { ...SMALL.steering, layers: [1] };
  const study = (texts: number) => ({ best: 2, budget: { texts } });
  const run = await createTestRun({ ...SMALL, steering, study: study(3 * 2 * 2 + 2 * 6 * 2) });
  await finished(run, { output: run.output });
  const recipe = JSON.parse(await readFile(run.recipe, "utf8"));
  const chosen = join(run.output, "choice.json");
  await writeFile(chosen, JSON.stringify({ ...JSON.parse(await readFile(chosen, "utf8")), chosen: null }));
  await writeFile(run.recipe, JSON.stringify({ ...recipe, study: study(1000) }));
  await finished(run, { output: run.output });
  await using raised = await Study.open(run.recipe, { output: run.output });
  const record = (await readSearch(raised))!;
  expect(record.rounds.length).toBeGreaterThan(1);
  expect([record.ended, record.dataSets?.ended]).toEqual([undefined, undefined]);
  const last = record.rounds.findLast(({ ranked }) => ranked.length > 0)!;
  expect((await readChoice(raised))![0]).toBe(last.ranked[0]);
});
