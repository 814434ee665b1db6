import { expect, test } from "vitest";
import { EngineError } from "../errors.js";
import type { Order } from "../generate/write-samples.js";
import type { Sample } from "../store/sample.js";
import { readSearch, writeSearch } from "./search-record.js";
import { Study } from "./study.js";
import { createTestRun } from "./test-run.js";
import { writeDataSets } from "./write-data-sets.js";

const ROW = {
  language: "en",
  label: "negative",
  seed: 1,
  text: "A text.",
  tokens: 3,
  finish: "end",
} as const;

/** Writes data sets of three configurations with a `write` that only notes what it is asked for. */
async function asked(options: {
  readonly fails?: number;
  readonly noRoomFor?: (texts: number) => string | undefined;
  readonly sittings?: number;
  /** Texts that the search wrote of one label with the first configuration, the first half of them dropped. */
  readonly written?: number;
}) {
  const run = await createTestRun({
    steering: { method: "mean-difference", layers: [1], strengths: [0.1, 0.2, 0.4] },
    samples: { perLabel: 5, pilotPerLabel: 4, attempts: 3 },
    study: { best: "all" },
  });
  await using study = await Study.open(run.recipe, { output: run.output });
  const bad = options.fails === undefined ? undefined : study.sweep[options.fails];
  await writeSearch(study, { tried: study.sweep.map(({ name }) => name), rounds: [], failures: [] });
  const written = options.written ?? 0;
  const rows = Array.from({ length: written }, (_, index): Sample => {
    const filters = index < written / 2 ? (["short"] as const) : [];
    return { ...ROW, id: String(index), configuration: study.sweep[0]!.name, index, filters: [...filters] };
  });
  if (written > 0) await study.journal.append(rows);
  const calls: string[][] = [];
  const write = async (orders: readonly Order[]) => {
    calls.push(orders.map(({ configuration }) => configuration.name));
    if (orders.some(({ configuration }) => configuration === bad)) throw new EngineError("It broke.");
  };
  const purse = { noRoomFor: async (texts: number) => options.noRoomFor?.(texts) };
  for (let sitting = 0; sitting < (options.sittings ?? 1); sitting++) {
    await writeDataSets(study, study.sweep, { write, purse });
  }
  return { calls, names: study.sweep.map(({ name }) => name), dataSets: (await readSearch(study))!.dataSets };
}

test("all data sets are written together if the budget has room for them", async () => {
  const { calls, names, dataSets } = await asked({});
  expect(calls).toEqual([["zero-shot", ...names]]);
  expect(dataSets).toEqual({ begun: names.slice(1), failures: [] });
});

test("else one by one, the first whatever the budget says, and those that fit", async () => {
  const perSet = 10;
  let room = 1;
  const noRoomFor = (texts: number) => (texts > perSet || room-- <= 0 ? "texts (40 of 30)" : undefined);
  const { calls, names, dataSets } = await asked({ noRoomFor });
  expect(calls).toEqual([["zero-shot", names[0]], [names[1]]]);
  expect(dataSets!.begun).toEqual([names[1]]);
  expect(dataSets!.ended).toBe(
    `The budget has no room for the data set of ${names[2]} and those after it: texts (40 of 30).`,
  );
});

test("texts that the filters will drop are paid for too", async () => {
  const texts: number[] = [];
  const noRoomFor = (more: number) => void texts.push(more);
  await asked({ noRoomFor });
  await asked({ noRoomFor, written: 4 });
  // Four data sets of ten texts; then two are there, and half of what is written is dropped.
  expect(texts).toEqual([40, 2 * 38]);
});

test("a run that goes on writes what it began, in the same batches", async () => {
  let looks = 0;
  // Room for all is found only when it is too late to decide anew.
  const noRoomFor = () => (looks++ < 2 ? "tokens (2 of 1)" : undefined);
  const { calls, names } = await asked({ noRoomFor, sittings: 2 });
  expect(calls).toEqual([["zero-shot", names[0]], ["zero-shot", names[0]], [names[1]], [names[2]]]);
});

test("where the engine fails, each is written alone, and one that cannot be written is noted", async () => {
  const { calls, names, dataSets } = await asked({ fails: 1 });
  expect(calls).toEqual([["zero-shot", ...names], ...["zero-shot", ...names].map((name) => [name])]);
  expect(dataSets!.failures).toEqual([{ configuration: names[1], message: "It broke." }]);
});

test("without the data set of the best there is nothing to compare", async () => {
  await expect(asked({ fails: 0 })).rejects.toThrow("It broke.");
});
