import { existsSync } from "node:fs";
import { z } from "zod";
import { StoreError } from "../errors.js";
import { readJson } from "../store/read-json.js";

/**
 * `zero-shot`: a model that is asked. `in-context`: a model that is asked, with examples. `instruction-tuned`: a small
 * model that was trained to answer. `classifier`: the recipe's.
 */
export const ARM_KINDS = ["zero-shot", "in-context", "instruction-tuned", "classifier"] as const;
export type ArmKind = (typeof ARM_KINDS)[number];

const spreadSchema = z.object({ mean: z.number(), sd: z.number() });

const resultSchema = z.object({
  arm: z.enum(ARM_KINDS),
  /** What classifies: a model's source, or a trainer's name. */
  model: z.string(),
  /** Name of the data set; absent where nothing is learned. */
  trainedOn: z.string().optional(),
  /** Texts of each draw: trained on, or shown. */
  size: z.int(),
  seeds: z.int(),
  accuracy: spreadSchema,
  macroF1: spreadSchema,
  auroc: spreadSchema.optional(),
  /** 95 % interval of the metric, see `scorePredictions`. */
  interval: z.object({ low: z.number(), high: z.number() }).optional(),
  calibration: z.object({ logLoss: z.number(), brier: z.number(), calibrationError: z.number() }),
  /** This less the zero-shot model, see `compareWithReference`; absent for that itself, and without it. */
  againstZeroShot: z
    .object({
      difference: z.number(),
      low: z.number(),
      high: z.number(),
      pValue: z.number(),
      correctedPValue: z.number(),
    })
    .optional(),
});

const resultsSchema = z.object({
  format: z.literal(1),
  /** What intervals and differences are of. */
  metric: z.enum(["macro-f1", "auroc"]),
  /** By class number. */
  labels: z.array(z.string()),
  testTexts: z.int(),
  results: z.array(resultSchema),
  /** What could not be done, and what readers should know. */
  notes: z.array(z.string()),
});

/** One way of labelling the test texts, and how well it did. */
export type ArmKindResult = z.infer<typeof resultSchema>;

/** What `tiller arms` found: the run folder's `arms.json`. */
export type ArmsResults = z.infer<typeof resultsSchema>;

/** Reads what `tiller arms` found; undefined if it did not run, or if the file is damaged. */
export async function readArmsResults(path: string): Promise<ArmsResults | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    return await readJson(path, resultsSchema);
  } catch (error) {
    // The command writes it again.
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}
