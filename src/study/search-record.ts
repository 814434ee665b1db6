import { existsSync } from "node:fs";
import { z } from "zod";
import { StoreError } from "../errors.js";
import { readJson } from "../store/read-json.js";
import { writeFileAtomic } from "../store/write-file.js";
import type { Study } from "./study.js";

const roundSchema = z.object({
  /** Texts of each label and language that a configuration was judged by. */
  texts: z.number(),
  /** Names of the configurations that took part and could be judged, the best first. */
  ranked: z.array(z.string()),
  /** How many of them went on; 0 after the last round. */
  kept: z.number(),
});

const failuresSchema = z.array(z.object({ configuration: z.string(), message: z.string() }));

const recordSchema = z.object({
  basis: z.string(),
  /** Configurations of the sweep that are tried. */
  tried: z.array(z.string()),
  rounds: z.array(roundSchema),
  /** Configurations that could not be written, and why. */
  failures: failuresSchema,
  /** The last round, from 0, for which the budget had room: it is finished whatever it costs. */
  begun: z.number().optional(),
  /** Why the search ended before its last round. */
  ended: z.string().optional(),
  /** The budget that ended it, as JSON: with another one the search goes on. */
  endedBy: z.string().optional(),
  /** What became of the data sets behind the first one, in the last sitting that wrote any. */
  dataSets: z
    .object({
      /** Those for which the budget had room: they are finished whatever they cost. */
      begun: z.array(z.string()),
      failures: failuresSchema,
      /** Why the others were not written. */
      ended: z.string().optional(),
    })
    .optional(),
});

/** How a search went. A round is in it when it is over. */
export type SearchRecord = Omit<z.infer<typeof recordSchema>, "basis">;

/** What the rounds depend on: a record with another basis is of another search. */
function basisOf({ sweep, recipe }: Study): string {
  const { budget: _, ...search } = recipe.study ?? { budget: undefined };
  const { pilotPerLabel } = recipe.samples;
  return JSON.stringify({
    sweep: sweep.map(({ name }) => name),
    scoring: recipe.scoring,
    pilotPerLabel,
    search,
  });
}

const fileOf = (study: Study) => study.folder.file("search.json");

/** The record of this folder's search; undefined if there is none yet, or if sweep, scoring or search have changed. */
export async function readSearch(study: Study): Promise<SearchRecord | undefined> {
  if (study.recipe.study === undefined || !existsSync(fileOf(study))) return undefined;
  try {
    const { basis, ...record } = await readJson(fileOf(study), recordSchema);
    return basis === basisOf(study) ? record : undefined;
  } catch (error) {
    // The search can be made again: its texts are in the journal.
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** Keeps the record, so that a resumed search goes on after its last whole round. */
export async function writeSearch(study: Study, record: SearchRecord): Promise<void> {
  const text = JSON.stringify({ basis: basisOf(study), ...record }, null, 2);
  await writeFileAtomic(fileOf(study), `${text}\n`);
}
