import { z } from "zod";
import { StoreError } from "../errors.js";
import { readJson } from "./read-json.js";

/** The folder format that this version reads and writes. */
export const RUN_FORMAT = 1;

/** `run.json`: which program made the folder, from which recipe and which files. */
export const runDescriptionSchema = z.object({
  format: z.literal(RUN_FORMAT),
  tool: z.literal("tillerlm"),
  /** Version of Tiller that made the folder. */
  version: z.string(),
  /** The recipe's name. */
  name: z.string(),
  /** Of the recipe as it was understood and of the files that it names. */
  fingerprint: z.string().min(1),
  /** The same without how many texts are asked for: a run goes on when they alone change. */
  textFingerprint: z.string().min(1).optional(),
  /** Absolute path of the recipe, whose own files are named relative to it. */
  recipe: z.string().optional(),
  /** Which variant of the recipe's matrix it is. */
  variant: z.string().optional(),
  /** Files that the recipe names, and the fingerprint of each. */
  files: z.record(z.string(), z.string()),
});

export type RunDescription = z.infer<typeof runDescriptionSchema>;

/** Read first, so that another format is told from a damaged file. */
const makerSchema = z.object({ tool: z.unknown().optional(), format: z.unknown().optional() });

const REMEDY = "Restore it from a copy, or choose another output.";

/**
 * Reads `run.json`.
 *
 * @throws StoreError when it is missing or damaged, or was made by another version's format
 */
export async function readRunDescription(path: string): Promise<RunDescription> {
  const { tool, format } = await readJson(path, makerSchema, REMEDY);
  if (tool !== "tillerlm") {
    throw new StoreError(`${path} was not made by Tiller. Choose another output.`);
  }
  if (typeof format === "number" && format !== RUN_FORMAT) {
    throw new StoreError(
      `${path} was made by ${format > RUN_FORMAT ? "a newer" : "another"} Tiller, format ${format}; this one reads ${RUN_FORMAT}. Use that version, or choose another output.`,
    );
  }
  return readJson(path, runDescriptionSchema, REMEDY);
}
