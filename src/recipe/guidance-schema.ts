import { z } from "zod";
import { NEGATIVE_DEFAULTS } from "../guidance/negative-pool.js";
import { GUIDANCE_PRESETS } from "../guidance/presets.js";
import { dataSourceSchema } from "./data-source-schema.js";
import { schedulePointSchema } from "./steering-schema.js";
import { path, text } from "./text-schema.js";

/** The recipe's key `guidance`: logit steering by a preset, and the weights that are tried. */

const weight = z.number().min(0).max(1000).describe("A number from 0 to 1000.");

const weights = (meaning: string) =>
  z.union([weight, z.array(weight).min(1)]).describe(`A number, 0 or more, or a list of these: ${meaning}`);

const SOURCE = "a model source such as file:expert.gguf or hf:OWNER/REPO/FILE.gguf";

const expertSchema = (who: string) =>
  z
    .union([
      path,
      z
        .strictObject({
          adapter: path.describe("Source of a LoRA adapter (GGUF) on the recipe's model."),
          scale: z.number().default(1).describe("Factor of the adapter; 1 is as it was trained."),
        })
        .describe("A LoRA adapter on the recipe's model."),
    ])
    .describe(`${who}: ${SOURCE}, with the model's vocabulary; or a map with adapter and scale.`);

const negativesSchema = z
  .strictObject({
    texts: z.array(text).min(1).optional().describe("Texts to begin with, for every label and language."),
    file: dataSourceSchema
      .optional()
      .describe(
        "Or a file of them: .jsonl, .csv, .tsv, .parquet, a folder or hf:datasets/OWNER/NAME (column `text`; `label` and `language` say what a text serves, if present) or .txt, a text a line; or a map with source and how to read it. Default: the file of the recipe's demonstrations.",
      ),
    accepted: z
      .boolean()
      .default(true)
      .describe(
        "Every text that passes the filters is added, for later texts of the same configuration (paper B).",
      ),
    count: z.int().min(1).max(1000).default(NEGATIVE_DEFAULTS.count).describe("Texts drawn for each sample."),
    scope: z
      .enum(["label", "all"])
      .default(NEGATIVE_DEFAULTS.scope)
      .describe("label: texts of the sample's label; all: of every label. Always of its language."),
    choose: z
      .enum(["random", "similar"])
      .default(NEGATIVE_DEFAULTS.choose)
      .describe("random: any of the pool; similar: one of the pool and those nearest to it."),
    maxCharacters: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(NEGATIVE_DEFAULTS.maxCharacters)
      .describe("Characters of all drawn texts together; whole texts are left out until they fit."),
  })
  .describe("The texts that samples are told not to resemble.");

export const guidanceSchema = z
  .strictObject({
    preset: z
      .enum(GUIDANCE_PRESETS)
      .describe(
        "contrastive-expert: an expert against the model; negative-prompt: away from earlier texts; steer: both (paper B); classifier-free: prompted against unprompted; dexperts: expert against anti-expert; contrastive-decoding: the model against an amateur; steered-contrast: steered against unsteered.",
      ),
    gamma: weights("γ, how far the preset goes from the contrasted stream; each is tried.").optional(),
    eta: weights("η, how far away from the negative texts; each is tried. Paper B: 0 to 1.").optional(),
    expert: expertSchema("The expert").optional(),
    antiExpert: expertSchema("The anti-expert").optional(),
    amateur: expertSchema("The amateur, a weaker model").optional(),
    unprompted: z
      .string()
      .normalize("NFC")
      .optional()
      .describe(
        "For classifier-free: the template of the other stream's prompt, with {language} and {label}; empty for none. Default: the zero-shot template without its label.",
      ),
    negatives: negativesSchema.optional(),
    spareEnd: z
      .boolean()
      .optional()
      .describe("Tokens that end a text keep their probability; false is paper B's formula. Default true."),
    plausibility: z
      .number()
      .min(0)
      .lt(1)
      .optional()
      .describe(
        "Only tokens that the first stream gives this share of its likeliest one's probability. Default 0, every token; for contrastive-decoding 0.1.",
      ),
    schedule: z
      .array(schedulePointSchema)
      .min(1)
      .optional()
      .describe("Factor of the weights over the written tokens: straight lines between these points."),
    entropyAbove: z
      .number()
      .min(0)
      .optional()
      .describe("Guide only where the first stream's entropy, in nats, is above this. Default 0."),
    after: z.int().min(0).optional().describe("Guide from the token after so many written ones. Default 0."),
    prompting: z
      .enum(["zero-shot", "few-shot"])
      .optional()
      .describe("The prompt that guidance is added to. Default zero-shot; with steering, steering's."),
  })
  .describe("Logit steering: the next token is drawn from a weighted sum of several streams.");

export type RecipeGuidance = z.output<typeof guidanceSchema>;
export type RecipeNegatives = z.output<typeof negativesSchema>;
export type RecipeExpert = z.output<ReturnType<typeof expertSchema>>;

/** The keys of `negatives` with their defaults, where the recipe leaves them out. */
export function negativesOf({ negatives }: Pick<RecipeGuidance, "negatives">): RecipeNegatives {
  return negatives ?? negativesSchema.parse({});
}
