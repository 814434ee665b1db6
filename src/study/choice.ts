import { existsSync } from "node:fs";
import { z } from "zod";
import { StoreError } from "../errors.js";
import { readJson } from "../store/read-json.js";
import { writeFileAtomic } from "../store/write-file.js";
import { readSearch } from "./search-record.js";
import type { Study } from "./study.js";

const choiceSchema = z.object({
  /** Name of the configuration; null if none was fit to be chosen. */
  chosen: z.string().nullable(),
  /** Names of those that come after it and get a data set too; only a study has any. */
  others: z.array(z.string()).default([]),
  /** What it was chosen from, and by what. */
  basis: z.string(),
});

async function basisOf(run: Study): Promise<string> {
  const { sweep, recipe } = run;
  const { samples, scoring, study } = recipe;
  const { budget: _, ...search } = study ?? {};
  return JSON.stringify({
    sweep: sweep.map(({ name }) => name),
    scoring,
    pilotPerLabel: samples.pilotPerLabel,
    // A larger budget may take the search further.
    ...(study === undefined ? {} : { search, rounds: (await readSearch(run))?.rounds.length ?? 0 }),
  });
}

const fileOf = (study: Study) => study.folder.file("choice.json");

/**
 * The choice that the data sets of this folder were written with: the configurations' names, the best first; empty if
 * none was fit. Undefined if there is no choice yet, if the sweep, its scoring or the search has changed since, or if the
 * search has gone further.
 */
export async function readChoice(study: Study): Promise<readonly string[] | undefined> {
  if (!existsSync(fileOf(study))) return undefined;
  try {
    const { chosen, others, basis } = await readJson(fileOf(study), choiceSchema);
    if (basis !== (await basisOf(study))) return undefined;
    return chosen === null ? [] : [chosen, ...others];
  } catch (error) {
    // The choice can be made again from the pilot.
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** Keeps the choice, so that the data sets and their report go on with the same configurations. */
export async function writeChoice(study: Study, names: readonly string[]): Promise<void> {
  const [chosen = null, ...others] = names;
  const choice = { chosen, ...(others.length === 0 ? {} : { others }), basis: await basisOf(study) };
  await writeFileAtomic(fileOf(study), `${JSON.stringify(choice, null, 2)}\n`);
}
