import { z } from "zod";
import { METRIC_NAMES } from "../classify/metric.js";
import { TRAINER_PRESET_NAMES } from "../classify/transformers/presets.js";
import { dataSourceSchema } from "./data-source-schema.js";
import { encoderSource } from "./scoring-schema.js";
import { label, text } from "./text-schema.js";

/** The recipe's key `classifier`: what is trained on the data sets, and how it is judged. */

const humanTexts = (what: string) =>
  dataSourceSchema.describe(
    `${what}: .jsonl, .csv, .tsv, .parquet, a folder or hf:datasets/OWNER/NAME, with \`text\`, \`label\` and, for several languages, \`language\`; or a map with source and how to read it.`,
  );

export const classifierSchema = z
  .strictObject({
    test: humanTexts("Human test texts"),
    train: humanTexts(
      "Human training texts, to compare with alone and together with the written ones",
    ).optional(),
    replaces: label
      .optional()
      .describe(
        "Label of `train` whose texts the written ones replace (paper D): every data set then shares the human texts of the other labels.",
      ),
    kind: z
      .enum(["ngrams", "linear", "hidden-layer", "transformers"])
      .default("ngrams")
      .describe(
        "ngrams: logistic regression on n-grams; linear, hidden-layer: logistic regression, or a hidden layer, on an encoder's embeddings; transformers: all weights of a Transformer encoder, fine-tuned by Python.",
      ),
    encoder: encoderSource
      .optional()
      .describe("Encoder of linear and hidden-layer. Default: scoring.encoder."),
    preset: z
      .enum(TRAINER_PRESET_NAMES)
      .optional()
      .describe("For transformers: the paper whose settings hold where none are given. Default: paper-a."),
    model: text
      .optional()
      .describe("For transformers: OWNER/NAME[@REVISION] of the Hugging Face Hub, or a folder."),
    learningRate: z.number().positive().max(0.1).optional().describe("For transformers: AdamW's, constant."),
    batchSize: z.int().min(1).max(1024).optional().describe("For transformers: texts of a step."),
    epochs: z.int().min(1).max(1000).optional().describe("For transformers: passes over the training texts."),
    patience: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe("For transformers: epochs without a better macro-F1 on `validation` before training stops."),
    maxLength: z
      .int()
      .min(3)
      .max(8192)
      .optional()
      .describe("For transformers: tokens of a text; the rest is cut off."),
    validation: humanTexts(
      "For transformers: human texts that early stopping reads, none of them in `test`; left out, all epochs are run",
    ).optional(),
    metric: z
      .enum(METRIC_NAMES)
      .default("macro-f1")
      .describe("What data sets are compared by: macro-f1, or auroc (paper D)."),
    seeds: z.int().min(1).max(100).default(10).describe("Classifiers trained on each data set."),
    sizes: z
      .array(z.int().min(2).max(100_000))
      .min(1)
      .optional()
      .describe(
        "Sizes of training sets for a learning curve; larger ones than the smallest data set allows are left out.",
      ),
  })
  .describe("The downstream classifier. Left out, no classifier is trained and there is no verdict.");

export type RecipeClassifier = z.output<typeof classifierSchema>;
