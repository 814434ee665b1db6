import { itemsOf, runJob } from "../generate/job.js";
import { JUDGEMENTS_FILE, openModelChecks } from "../generate/model-checks.js";
import { createFiltersOf } from "../generate/write-samples.js";
import { jsonLine } from "../store/json-line.js";
import type { Sample } from "../store/sample.js";
import { sampleSchema } from "../store/sample-schema.js";
import { writerDifferences, writerFacts } from "../store/writers.js";
import { configurationOf, jobOf, writerOf } from "./explain-row.js";
import { writingInterventions } from "./interventions.js";
import { settleStrengths } from "./measure-strengths.js";
import { makeVectors } from "./run-study.js";
import type { Study } from "./study.js";
import { writingGuidance } from "./writing-guidance.js";

/** A job that was run again, beside what the journal has of it. */
export interface Regeneration {
  /** All rows of the job have the same bytes. */
  readonly equal: boolean;
  /** From 1. */
  readonly job: number;
  readonly rows: number;
  readonly differences: readonly RowDifference[];
  /** Why the two may differ; empty if they do not. */
  readonly reasons: readonly string[];
}

export interface RowDifference {
  readonly id: string;
  /** Keys whose values differ. */
  readonly keys: readonly (keyof Sample)[];
  /** Undefined for a row that only the other side has. */
  readonly journal: Sample | undefined;
  readonly regenerated: Sample | undefined;
}

/**
 * Runs the job again that wrote a row, and compares all its rows with the journal's, byte by byte. The job is what can
 * be repeated: the same calls, and for guidance and duplicates the same earlier rows. The journal stays as it is.
 *
 * @param position Of the row in the journal.
 * @throws StoreError if the recipe does not have a configuration of the job any more; EngineError, InterruptedError
 */
export async function regenerateJob(study: Study, position: number): Promise<Regeneration> {
  const { recipe, journal, options } = study;
  const job = jobOf(study, position);
  const { start, end } = journal.jobs()[job]!;
  const earlier = journal.rows().slice(0, start);
  const before = journal.rows().slice(start, end);
  const vectors = await makeVectors(study);
  await settleStrengths(study, vectors);
  const items = itemsOf(before, recipe.samples.perCall, (name) => configurationOf(study, name));
  const workshop = await study.workshop({
    interventions: await writingInterventions(study, vectors),
    guidance: await writingGuidance(study),
  });
  const { engine } = workshop;
  const checks = await openModelChecks(engine, recipe, { cacheFile: study.folder.file(JUDGEMENTS_FILE) });
  const task = study.progress.begin("Writing the job again", items.length * recipe.samples.perCall, "texts");
  try {
    const filtersOf = createFiltersOf(workshop, earlier, study.identifier.matches);
    const equipped = checks ? { ...workshop, checks } : workshop;
    const now = await runJob(equipped, items, earlier, filtersOf, options.signal, (texts, tokens) =>
      task.advance(texts, tokens),
    );
    const differences = rowDifferences(before, now);
    const equal = differences.length === 0;
    const writer = await writerOf(study, position);
    return {
      equal,
      job: job + 1,
      rows: before.length,
      differences,
      reasons: equal ? [] : reasonsOf(writer && writerDifferences(writer, writerFacts(engine.info))),
    };
  } finally {
    task.end();
    await checks?.close();
  }
}

/** Rows that are not the same on both sides, by id, in the journal's order and then in the other's. */
export function rowDifferences(before: readonly Sample[], now: readonly Sample[]): RowDifference[] {
  const sides = [before, now].map((rows) => new Map(rows.map((row) => [row.id, sampleSchema.parse(row)])));
  const ids = new Set(sides.flatMap((side) => [...side.keys()]));
  return [...ids].flatMap((id) => {
    const [journal, regenerated] = sides.map((side) => side.get(id));
    const keys = (Object.keys({ ...journal, ...regenerated }) as (keyof Sample)[]).filter(
      (key) => JSON.stringify(journal?.[key]) !== JSON.stringify(regenerated?.[key]),
    );
    if (journal && regenerated && jsonLine(journal) === jsonLine(regenerated)) return [];
    return [{ id, keys, journal, regenerated }];
  });
}

/** @param differences In what the writer of the rows and this one differ; undefined where it is not known. */
function reasonsOf(differences: readonly string[] | undefined): string[] {
  if (differences === undefined) {
    return [
      "The run does not say which program and machine wrote the row: another processor, library or version of Tiller may be why.",
    ];
  }
  if (differences.length > 0) {
    return [
      "Texts are the same byte by byte only with the same programs on the same kind of processor. " +
        `Not the same: ${differences.join("; ")}.`,
    ];
  }
  return [
    "Recipe, model, programs and processor are the same as when the row was written: the journal was changed after it " +
      "was written, here or in a row before this job; or, if filters alone differ, the texts of classifier.test or " +
      "classifier.train were.",
  ];
}
