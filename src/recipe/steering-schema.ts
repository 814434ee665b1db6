import { z } from "zod";
import { STEERING_OPERATIONS, type SteeringOperation } from "../steering/intervene.js";
import { STEERING_METHODS } from "../steering/steering-vector.js";
import { label, path, text } from "./text-schema.js";

/** The recipe's key `steering`: which directions, what is done with them, and where and when. */

/** Named depths of paper A: about 21 %, 48 % and 74 % of the blocks. */
export const NAMED_DEPTHS = { early: 0.21, middle: 0.48, late: 0.74 } as const;

const layer = z.union([z.int().min(0), z.number().gt(0).lt(1), z.enum(["early", "middle", "late"])]);
const ONE_LAYER =
  "A block's 0-based number, a fraction of the depth between 0 and 1, or early, middle or late (21, 48, 74 %)";

export const layerSchema = layer.describe(`${ONE_LAYER}.`);

export const layerEntrySchema = z
  .union([layer, z.literal("all"), z.array(layerSchema).min(1)])
  .describe(`${ONE_LAYER}; a list of these, which are steered together; or all.`);

const whole = z.int().min(-1_000_000).max(1_000_000);

/** Rows of the residual stream; `selectionOf` makes the engine's form of it. */
const selectorSchema = z
  .strictObject({
    tokens: z.array(z.int().min(0)).min(1).optional().describe("Rows that hold one of these token numbers."),
    text: z.string().min(1).optional().describe("Rows that hold the token of this text, such as a colon."),
    anchor: z
      .enum(["start", "prompt-end", "end"])
      .optional()
      .describe(
        "Where positions count from. start: the first token is 0; prompt-end: the prompt's last token is -1, the first written one 0; end: a whole text's last token is -1.",
      ),
    from: whole.optional().describe("First position; left out, as far back as there are rows."),
    to: whole.optional().describe("Last position; left out, as far on as there are rows."),
  })
  .describe("Rows by exactly one of tokens, text and anchor.");

export const selectionSchema = z
  .strictObject({
    phase: z
      .enum(["all", "prompt", "generated"])
      .optional()
      .describe("prompt: rows of the prompt; generated: rows of what is written. Default all."),
    include: z
      .array(selectorSchema)
      .min(1)
      .optional()
      .describe("Rows that any of these picks; left out, every row of the phase."),
    exclude: z.array(selectorSchema).optional().describe("Rows that none of these may pick."),
  })
  .describe("Which rows of the residual stream: tokens at positions.");

const strengths = z.array(z.number()).min(1);
const perOperation = Object.fromEntries(
  STEERING_OPERATIONS.map((operation) => [
    operation,
    strengths.optional().describe(`Strengths of the operation ${operation}.`),
  ]),
) as Record<SteeringOperation, z.ZodOptional<typeof strengths>>;

/** A point of a schedule of steering or of guidance. */
export const schedulePointSchema = z
  .strictObject({
    token: z.int().min(0).describe("Number of the written token, from 0."),
    factor: z.number().min(-100).max(100).describe("The strength is multiplied by this."),
  })
  .describe("A point of the schedule.");

const conditionSchema = z
  .strictObject({
    towards: label
      .optional()
      .describe("A label of the task, or `human`: the condition's vector is one towards this class."),
    method: z
      .enum(STEERING_METHODS)
      .optional()
      .describe("How the vector of `towards` is made. Default mean-difference."),
    vector: path.optional().describe("Or a vector file (.gguf) of the same model."),
    layer: layerSchema.describe(
      `Where the residual stream is measured, not behind the steered layers. ${ONE_LAYER}.`,
    ),
    measure: z
      .enum(["cosine", "projection"])
      .default("cosine")
      .describe(
        "cosine with the vector, or projection on it, in mean residual norms (with unit absolute, in the residual's own units).",
      ),
    over: z
      .enum(["row", "prompt"])
      .default("prompt")
      .describe("prompt: the prompt's mean residual decides for the whole text; row: each row by itself."),
    above: z.number().optional().describe("Steer if the measure is larger than this."),
    below: z.number().optional().describe("Steer if the measure is smaller than this."),
  })
  .describe("Steer only where the residual stream leans to a second direction (CAST, arXiv 2409.05907).");

export const steeringSchema = z
  .strictObject({
    method: z
      .enum(STEERING_METHODS)
      .optional()
      .describe(
        "mean-difference: label against the other labels; language and quality: as paper A defines them; pca-diff, pca-center and lat: principal components; logistic-probe and lda: classifiers; random: a direction by chance, as a control.",
      ),
    methods: z
      .array(z.enum(STEERING_METHODS))
      .min(1)
      .optional()
      .describe("In place of `method`: each is tried with every operation, layer and strength."),
    vectors: z
      .union([path, z.record(label, path)])
      .optional()
      .describe(
        "In place of `method`: vector files (.gguf) of the same model, of Tiller or imported. A map from each label to its file, or one file for all labels, with its sign as it is.",
      ),
    operation: z.enum(STEERING_OPERATIONS).optional().describe("What is done with the vector. Default add."),
    operations: z
      .array(z.enum(STEERING_OPERATIONS))
      .min(1)
      .optional()
      .describe("In place of `operation`: each is tried."),
    layers: z
      .array(layerEntrySchema)
      .min(1)
      .default(["early", "middle"])
      .describe("Blocks that are tried, each by itself; a list in this list is steered together."),
    strengths: z
      .union([strengths, z.strictObject(perOperation)])
      .optional()
      .describe(
        "A list of numbers, each tried at each layer, or a map from an operation to its list. Left out, three within an interval that is measured.",
      ),
    unit: z
      .enum(["norm", "absolute"])
      .default("norm")
      .describe("norm: multiples of the layer's mean residual norm; absolute: as in paper A."),
    clampMost: z
      .number()
      .optional()
      .describe("For clamp: the component's upper bound, in the unit of the strengths."),
    prompting: z
      .enum(["zero-shot", "few-shot"])
      .default("zero-shot")
      .describe("The prompt that steering is added to."),
    where: selectionSchema
      .optional()
      .describe(
        "Rows that are steered. Default: every row; for rotate, every row but the first, which is far longer than the others.",
      ),
    when: conditionSchema.optional(),
    schedule: z
      .array(schedulePointSchema)
      .min(1)
      .optional()
      .describe(
        "Factor of the strength over the written tokens: straight lines between these points; the prompt has the first one's.",
      ),
    decay: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe("In place of `schedule`: the factor falls from 1 to 0 over so many written tokens."),
    pooling: z
      .union([z.enum(["mean", "last", "answer"]), selectionSchema])
      .default("mean")
      .describe(
        "Rows of a contrast text that make its vector: mean (of all, of an answer's alone), last (the last token), answer (the last token of the answer, as CAA), or a selection. A text's first row, BOS or the first token, is never among them.",
      ),
    weighting: z
      .enum(["text", "token"])
      .optional()
      .describe(
        "What weighs the same in a class mean: each text, or each token. Default: token for language and quality, text for the others.",
      ),
    read: z
      .union([
        z.literal("raw"),
        z
          .strictObject({
            answerTo: text.describe("The prompt, put into the model's chat format, that each text answers."),
          })
          .describe("Contrast texts as the model's own answers."),
      ])
      .default("raw")
      .describe(
        "How contrast texts are read: raw, or as answers to a prompt in the model's chat format (a map with answerTo).",
      ),
  })
  .describe("How the vectors are made, and where and how strongly they are added.");

export type Layer = z.output<typeof layerSchema>;
export type LayerEntry = z.output<typeof layerEntrySchema>;
export type RecipeSelection = z.output<typeof selectionSchema>;
export type RecipeSelector = z.output<typeof selectorSchema>;
export type Steering = z.output<typeof steeringSchema>;
