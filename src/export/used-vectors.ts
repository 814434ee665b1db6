import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { metadataString, readGguf } from "../gguf/read.js";
import { FILE_SOURCE, vectorFileOf } from "../recipe/sweep-axes.js";
import { CONTROL_VECTOR } from "../steering/direction-tensors.js";
import { readSteeringVector } from "../steering/import-vector.js";
import { storeError } from "../store/failure.js";
import { fileName } from "../store/file-name.js";
import type { RunArm, RunData } from "./run-data.js";

/** A vector file that texts were steered with. */
export interface UsedVector {
  /** Its name in the export: `vectors/positive.en.gguf`. */
  readonly name: string;
  /** Where it lies now. */
  readonly path: string;
  readonly method: string;
  readonly class: string;
  readonly language: string;
}

/**
 * The vector files that arms' texts were steered with, or that their condition was measured with: those that the run
 * made, and those that its recipe names. A note for each that is gone.
 *
 * @throws ModelError if a file is damaged
 */
export function usedVectors(
  data: RunData,
  arms: readonly RunArm[],
): { vectors: UsedVector[]; notes: string[] } {
  const sources = new Set(arms.flatMap(({ named }) => named?.steering?.method ?? []));
  const { steering, task } = data.recipe;
  if (steering === undefined || sources.size === 0) return { vectors: [], notes: [] };
  const { when } = steering;
  const condition = when?.towards === undefined ? undefined : (when.method ?? "mean-difference");
  const vectors = ownVectors(join(data.path, "vectors")).filter(
    (vector) =>
      sources.has(vector.method as never) || (vector.method === condition && vector.class === when?.towards),
  );
  const named = [
    ...(sources.has(FILE_SOURCE) ? task.labels.flatMap((label) => vectorFileOf(steering, label) ?? []) : []),
    ...(when?.vector === undefined ? [] : [when.vector]),
  ].map((file) => resolve(data.directory, file));
  const notes: string[] = [];
  for (const path of new Set(named)) {
    if (!existsSync(path)) {
      notes.push(`The vector file ${basename(path)} is gone from its place, and is not part of the export.`);
      continue;
    }
    const { method, class: name, language } = readSteeringVector(path);
    vectors.push({ name: freeName(path, vectors), path, method, class: name, language });
  }
  return { vectors, notes };
}

function ownVectors(folder: string): UsedVector[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => extname(name) === ".gguf");
  return files.sort().flatMap((file) => {
    const path = join(folder, file);
    // The folder holds class means too, which are no vectors.
    if (metadataString(readGguf(path), "general.architecture") !== CONTROL_VECTOR) return [];
    const { method, class: name, language } = readSteeringVector(path);
    return { name: `vectors/${file}`, path, method, class: name, language };
  });
}

/** Files of other folders may have the same name. */
function freeName(path: string, taken: readonly UsedVector[]): string {
  const stem = fileName(basename(path, ".gguf"));
  for (let number = 1; ; number++) {
    const name = `vectors/${stem}${number === 1 ? "" : `-${number}`}.gguf`;
    if (!taken.some((vector) => vector.name === name)) return name;
  }
}

/** @throws StoreError if the file cannot be read */
export async function vectorBytes({ path }: UsedVector): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw storeError(error, `read ${path}`);
  }
}
