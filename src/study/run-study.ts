import { requireTrainerPython } from "../classify/transformers/trainer-environment.js";
import { InterruptedError } from "../errors.js";
import type { Order } from "../generate/write-samples.js";
import { streamsOf } from "../recipe/guidance-axes.js";
import { writeDataset } from "../store/dataset.js";
import { fileName } from "../store/file-name.js";
import type { Sample } from "../store/sample.js";
import { writeFileAtomic } from "../store/write-file.js";
import { type Arm, armsOf, shortfalls } from "./arms.js";
import { buildVectors, NO_VECTORS, type VectorSet } from "./build-vectors.js";
import { readChoice, writeChoice } from "./choice.js";
import { compareData, writeClassifiers } from "./compare-data.js";
import { addCost, rememberSpeed } from "./cost.js";
import { trainLabelChecks } from "./label-check.js";
import { makeReport } from "./make-report.js";
import { settleStrengths } from "./measure-strengths.js";
import {
  isPilotWritten,
  type PilotOutcome,
  proveSteering,
  rankConfigurations,
  scorePilot,
  writeOrders,
  writePilot,
} from "./pilot.js";
import { dataSetsOfSweep } from "./plan.js";
import { conditionNotes } from "./prove-condition.js";
import { renderMarkdown } from "./report/render-markdown.js";
import { renderReport } from "./report/render-report.js";
import type { RunReport } from "./report/run-report.js";
import { searchSweep } from "./search.js";
import { readSearch } from "./search-record.js";
import { openPurse } from "./spending.js";
import type { Study } from "./study.js";
import { TextScores } from "./text-scores.js";
import { writeDataSets } from "./write-data-sets.js";

/** Makes the run's steering vectors, or finds them; none without steering. */
export async function makeVectors(study: Study): Promise<VectorSet> {
  const { recipe, materials, model, folder, options } = study;
  if (recipe.steering === undefined) return NO_VECTORS;
  let task: ReturnType<Study["progress"]["begin"]> | undefined;
  let read = 0;
  const vectors = await buildVectors(study.engine, recipe, materials.split, model.sha256, {
    folder: folder.vectors,
    given: study.givenVectors,
    layers: [
      ...study.layerSets.flatMap((set) => set.layers),
      ...(study.conditionLayer === undefined ? [] : [study.conditionLayer]),
    ],
    ...(options.signal ? { signal: options.signal } : {}),
    onText: (done, total) => {
      task ??= study.progress.begin("Building steering vectors", total, "texts");
      task.advance(done - read);
      read = done;
    },
  });
  task?.end();
  return vectors;
}

/** What a run has so far, without writing more texts. */
export interface Standing {
  readonly scores: TextScores;
  readonly pilot: readonly PilotOutcome[];
  /** The configurations that get data sets, the best first. */
  readonly best: readonly PilotOutcome[];
  readonly checks: ReturnType<typeof trainLabelChecks>;
}

async function takeStock(study: Study, vectors: VectorSet): Promise<Standing> {
  const checks = trainLabelChecks(study.materials);
  const scores = await TextScores.open(study, checks);
  const pilot = await scorePilot(study, vectors, scores);
  const names = await readChoice(study);
  const best =
    names === undefined
      ? rankConfigurations(pilot).slice(0, dataSetsOfSweep(study.recipe, study.sweep.length))
      : names.flatMap((name) => pilot.find(({ configuration }) => configuration.name === name) ?? []);
  return { scores, pilot, best, checks };
}

/**
 * Writes all texts: vectors, proof of effect, pilot or search, choice, data sets. Goes on where an earlier process
 * stopped.
 * @throws InterruptedError if it was asked to stop, after the batch in hand
 */
export async function generateTexts(study: Study): Promise<void> {
  const started = performance.now();
  const before = study.journal.rows().length;
  let writing = 0;
  const timed = async (work: () => Promise<boolean>) => {
    const begun = performance.now();
    try {
      const whole = await work();
      if (!whole || study.options.stopping?.()) throw new InterruptedError("Stopped.");
    } finally {
      writing += (performance.now() - begun) / 1000;
    }
  };
  try {
    // Hours of writing must not end at a Python that is missing.
    if (study.recipe.classifier?.kind === "transformers") await requireTrainerPython();
    const vectors = await makeVectors(study);
    await settleStrengths(study, vectors);
    const purse = await openPurse(study, started);
    const write = (orders: readonly Order[], name: string) =>
      timed(() => writeOrders(study, vectors, orders, name));
    if (study.recipe.study) await searchSweep({ study, vectors, write, purse }, study.recipe.study);
    else {
      if (!isPilotWritten(study)) await proveSteering(study, vectors);
      await timed(() => writePilot(study, vectors));
    }
    const best = (await takeStock(study, vectors)).best.map(({ configuration }) => configuration);
    await writeChoice(
      study,
      best.map(({ name }) => name),
    );
    await writeDataSets(study, best, { write, purse });
    const arms = armsOf(study.recipe, study.journal.rows(), study.baselines, best);
    await writeData(study, arms);
    for (const short of shortfalls(study.recipe, arms)) study.progress.note(short);
  } finally {
    const rows = study.journal.rows().slice(before);
    const cost = {
      seconds: (performance.now() - started) / 1000,
      writingSeconds: writing,
      writtenTokens: rows.reduce((sum, row) => sum + row.tokens, 0),
    };
    // A note on time must not hide what went wrong.
    await addCost(study.folder.file("cost.json"), cost).catch(() => {});
    await rememberSpeed(study.model.sha256, { ...cost, writtenTokens: passesOf(study, rows) }).catch(
      () => {},
    );
  }
}

/** Forward passes that rows took: a guided text takes one for each stream of a token. */
function passesOf(study: Study, rows: readonly Sample[]): number {
  return rows.reduce((sum, row) => {
    const guidance = study.configuration(row.configuration)?.guidance;
    return sum + row.tokens * (guidance ? streamsOf(guidance) : 1);
  }, 0);
}

/** One JSON Lines file for each arm, in the run's folder `data`. */
async function writeData(study: Study, arms: readonly Arm[]): Promise<void> {
  for (const arm of arms) {
    await writeDataset(`${study.folder.data}/${fileName(arm.name)}.jsonl`, arm.rows);
  }
}

/**
 * Scores what there is, trains the classifiers, and writes `report.html`, `report.md` and `report.json` into the run folder.
 * Only texts that no earlier process has scored need the model.
 */
export async function assess(
  study: Study,
  parts: { scores: boolean; classifiers: boolean },
): Promise<RunReport> {
  const started = performance.now();
  const vectors = await makeVectors(study);
  await settleStrengths(study, vectors);
  study.addNotes(await conditionNotes(study));
  const { scores, pilot, best, checks } = await takeStock(study, vectors);
  const configurations = best.map(({ configuration }) => configuration);
  const arms = armsOf(study.recipe, study.journal.rows(), study.baselines, configurations);
  const scored = [];
  for (const arm of arms) {
    scored.push({
      arm,
      card: parts.scores && arm.rows.length > 0 ? await scores.score(arm.rows, arm.name) : undefined,
    });
  }
  const comparison = parts.classifiers ? await compareData(study, arms) : undefined;
  if (parts.classifiers) await writeClassifiers(study, arms);
  await addCost(study.folder.file("cost.json"), { seconds: (performance.now() - started) / 1000 });
  return makeReport(study, {
    arms: scored,
    pilot,
    chosen: best[0],
    search: await readSearch(study),
    comparison,
    checks,
  });
}

/** Writes a report as a page, as Markdown and as data. Returns the page's path. */
export async function writeReport(study: Study, report: RunReport): Promise<string> {
  const page = study.folder.file("report.html");
  await writeFileAtomic(study.folder.file("report.json"), `${JSON.stringify(report, null, 2)}\n`);
  await writeFileAtomic(study.folder.file("report.md"), renderMarkdown(report));
  await writeFileAtomic(page, await renderReport(report));
  return page;
}
