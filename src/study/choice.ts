import { existsSync } from "node:fs";
import { z } from "zod";
import { StoreError } from "../errors.js";
import { readJson } from "../store/read-json.js";
import { writeFileAtomic } from "../store/write-file.js";
import type { Study } from "./study.js";

const choiceSchema = z.object({
  /** Name of the configuration; null if none was fit to be chosen. */
  chosen: z.string().nullable(),
  /** What it was chosen from, and by what. */
  basis: z.string(),
});

function basisOf({ sweep, recipe }: Study): string {
  const { pilotPerLabel } = recipe.samples;
  return JSON.stringify({ sweep: sweep.map(({ name }) => name), scoring: recipe.scoring, pilotPerLabel });
}

const fileOf = (study: Study) => study.folder.file("choice.json");

/**
 * The choice that the data set of this folder was written with: its name, or null for none. Undefined if there is
 * none yet, or if the sweep or its scoring has changed since.
 */
export async function readChoice(study: Study): Promise<string | null | undefined> {
  if (!existsSync(fileOf(study))) return undefined;
  try {
    const { chosen, basis } = await readJson(fileOf(study), choiceSchema);
    return basis === basisOf(study) ? chosen : undefined;
  } catch (error) {
    // The choice can be made again from the pilot.
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** Keeps the choice, so that the data set and its report go on with the same configuration. */
export async function writeChoice(study: Study, chosen: string | null): Promise<void> {
  await writeFileAtomic(fileOf(study), `${JSON.stringify({ chosen, basis: basisOf(study) }, null, 2)}\n`);
}
