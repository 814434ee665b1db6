import { z } from "zod";
import { DEMONSTRATION_DRAWS } from "../tasks/demonstrations.js";
import { LABEL_SET_NAMES, labelKeys } from "../tasks/label-sets.js";
import { DEFAULT_SEPARATOR } from "../tasks/split-texts.js";
import { armsSchema } from "./arms-schema.js";
import { classifierSchema } from "./classifier-schema.js";
import { dataSourceSchema } from "./data-source-schema.js";
import { laterFilters } from "./filter-schema.js";
import { guidanceSchema } from "./guidance-schema.js";
import { scoringSchema } from "./scoring-schema.js";
import { steeringSchema } from "./steering-schema.js";
import { studySchema } from "./study-schema.js";
import { label, language, path, text } from "./text-schema.js";

/** What a user wants, as data. Every key has a description: editors and messages show it. */

const textsSchema = {
  texts: z.array(text).min(1).optional().describe("The texts themselves."),
  file: dataSourceSchema
    .optional()
    .describe(
      "A .jsonl, .csv, .tsv or .parquet file (column `text`; `label` or `language` select rows if present), a .txt file, a text a line, a folder, or hf:datasets/OWNER/NAME; or a map with source and how to read it.",
    ),
};

export const contrastSetSchema = z
  .strictObject({
    class: label.describe(
      "A label of the task, or `human` and `back-translated` (or `corrupted`) for Language and Quality Steering.",
    ),
    language: language
      .optional()
      .describe("ISO 639 code in small letters; left out, the set serves every language."),
    ...textsSchema,
  })
  .describe("Texts of one class, in `texts` or in `file`.");

const promptsSchema = z
  .strictObject({
    zeroShot: text.describe(
      "Template with {label} and {language}, and {meaning}, {count} and {separator} if wanted.",
    ),
    fewShot: text.optional().describe("The same with {examples}."),
  })
  .describe("Templates of your own.");

const taskSchema = z
  .strictObject({
    labels: z
      .union([z.array(label).min(2), z.enum(LABEL_SET_NAMES)])
      .describe(
        `A list of at least 2 class names, which are written into the prompt, or a label set: ${LABEL_SET_NAMES.join(", ")}.`,
      ),
    wordings: z
      .record(label, text)
      .optional()
      .describe("How prompts call a label, by label; left out, by its name."),
    meanings: z
      .record(label, text)
      .optional()
      .describe(
        "What a label means, by label: a sentence, for {meaning} in templates and for the self-check.",
      ),
    languages: z.array(language).min(1).default(["en"]).describe("Languages to write in: ISO 639 codes."),
    prompt: z
      .union([text, promptsSchema])
      .describe("A built-in template such as paper-a/sentiment, or your own zeroShot and fewShot texts."),
    chat: z
      .enum(["template", "raw", "instruction"])
      .default("template")
      .describe(
        "template: the model's chat template; instruction: the Gemma format of paper A; raw: the prompt alone.",
      ),
  })
  .transform(({ labels, wordings, meanings, ...task }) => ({
    ...labelKeys(labels, { wordings, meanings }),
    ...task,
  }))
  .describe("What to write: classes, languages and the prompt.");

export const recipeSchema = z
  .strictObject({
    format: z.literal(1).default(1).describe("Format of this file."),
    name: z
      .string()
      .normalize("NFC")
      .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,63}$/u)
      .describe(
        "Name of the run: at most 64 letters, digits, dots, dashes and underscores; a letter or digit first.",
      ),
    model: z
      .strictObject({
        source: path.describe(
          "An alias such as tinyllama, or file:PATH, hf:OWNER/REPO/FILE.gguf, npm:PACKAGE@VERSION/PATH.",
        ),
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .optional()
          .describe("Refuse a model file with another sha256 (64 hexadecimal digits in small letters)."),
        context: z.int().min(256).max(131072).default(512).describe("Tokens of prompt and text together."),
        threads: z.int().min(1).max(256).optional().describe("Default: all physical cores."),
        sequences: z.int().min(1).max(64).default(16).describe("Texts written at the same time."),
        gpuLayers: z
          .int()
          .min(0)
          .optional()
          .describe("Blocks on the GPU; default all, if a GPU package is installed."),
      })
      .describe("The language model that writes."),
    task: taskSchema,
    contrast: z
      .array(contrastSetSchema)
      .min(1)
      .describe("Texts that the steering vectors and the label check are made from."),
    heldOut: z
      .number()
      .min(0.1)
      .max(0.9)
      .default(0.5)
      .describe("Share of each contrast set kept from the vectors, to train the label check with."),
    steering: steeringSchema.optional(),
    guidance: guidanceSchema.optional(),
    baselines: z
      .array(z.enum(["zero-shot", "few-shot"]))
      .min(1)
      .default(["zero-shot"])
      .describe("Prompting without steering or guidance, for the comparison."),
    demonstrations: z
      .strictObject({
        file: dataSourceSchema.describe(
          "Human examples: .jsonl, .csv, .tsv, .parquet, a folder or hf:datasets/OWNER/NAME, with `text`, `label` and, for several languages, `language`; or a map with source and how to read it.",
        ),
        count: z.int().min(1).max(50).default(5).describe("Examples in each prompt."),
        shortest: z
          .int()
          .min(1)
          .default(50)
          .describe(
            "With the draws shortest and paper-a: draw from this many shortest texts of the label (paper A: 50).",
          ),
        draw: z
          .enum(DEMONSTRATION_DRAWS)
          .optional()
          .describe(
            "shortest, the default: at random from the shortest texts; paper-a: from the same, the very draw of paper A (pandas with the recipe's seed); random: from all texts, as paper C does.",
          ),
      })
      .optional()
      .describe("Examples for few-shot prompts."),
    decoding: z
      .strictObject({
        temperature: z.number().min(0).max(5).default(0.8).describe("0 always takes the likeliest token."),
        topP: z
          .number()
          .gt(0)
          .max(1)
          .default(0.9)
          .describe("Draw from the likeliest tokens that together have this probability; 1 is off."),
        topK: z.int().min(0).default(0).describe("Draw from this many likeliest tokens; 0 is off."),
        minP: z
          .number()
          .min(0)
          .lt(1)
          .default(0)
          .describe("Drop tokens below this share of the likeliest one's probability; 0 is off."),
        repetitionPenalty: z
          .number()
          .gt(0)
          .max(10)
          .default(1)
          .describe("Above 1, tokens of the window become less likely; 1 is off."),
        frequencyPenalty: z
          .number()
          .min(-2)
          .max(2)
          .default(0)
          .describe("Taken from a token's logit for each time it is in the window; 0 is off."),
        penaltyWindow: z.int().min(0).default(64).describe("How many last tokens the penalties look at."),
        maxTokens: z
          .int()
          .min(1)
          .max(8192)
          .default(128)
          .describe("Longest text, in tokens; less than model.context."),
        stop: z.array(z.string().min(1)).default([]).describe("The text ends before the first of these."),
      })
      .prefault({})
      .describe("Defaults are paper A's, but for the length."),
    samples: z
      .strictObject({
        perLabel: z.int().min(1).describe("Accepted texts wanted for each label and language."),
        pilotPerLabel: z
          .int()
          .min(2)
          .default(8)
          .describe("Texts for each label, layer and strength of the pilot."),
        attempts: z
          .number()
          .min(1)
          .max(20)
          .default(2)
          .describe("Give up after this many times perLabel texts."),
        perCall: z
          .int()
          .min(1)
          .max(50)
          .default(1)
          .describe(
            "Texts that each call of the model is asked for (paper C: 6); decoding.maxTokens is for all.",
          ),
        separator: z
          .string()
          .min(1)
          .max(16)
          .default(DEFAULT_SEPARATOR)
          .describe("What stands between the texts of a call."),
      })
      .describe("How much to write."),
    filters: z
      .strictObject({
        minCharacters: z
          .int()
          .min(0)
          .default(8)
          .describe("Drop texts with fewer characters (as a reader counts them)."),
        language: z
          .boolean()
          .default(true)
          .describe("Drop texts that language identification gives to another language."),
        loops: z.boolean().default(true).describe("Drop texts that repeat themselves."),
        echo: z.boolean().default(true).describe("Drop texts that repeat the prompt."),
        ...laterFilters,
        selfCheck: z
          .union([z.boolean(), z.number().gt(0).lt(1)])
          .default(false)
          .describe(
            "Ask the model, unsteered, whether each text is what was wanted, and drop those to which it gives yes less than this probability; true is 0.5.",
          ),
        judge: z
          .number()
          .gt(0)
          .max(2)
          .optional()
          .describe(
            "Drop texts that scoring.judge rates lower than this, 0 to 2, in the mean of its criteria.",
          ),
      })
      .prefault({})
      .describe("What is dropped from the data set."),
    scoring: scoringSchema,
    classifier: classifierSchema.optional(),
    arms: armsSchema.optional(),
    study: studySchema.optional(),
    matrix: z
      .record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown())))
      .optional()
      .describe(
        "Dimensions of named overrides of this recipe's keys: every combination of one of each is a run of its own.",
      ),
    output: path.optional().describe("Run folder; default runs/NAME."),
    seed: z.int().min(0).max(4294967294).default(42).describe("Start of all random numbers."),
  })
  .describe("A Tiller recipe");

export type RecipeInput = z.input<typeof recipeSchema>;
export type Recipe = z.output<typeof recipeSchema>;
export type ContrastSet = z.output<typeof contrastSetSchema>;
