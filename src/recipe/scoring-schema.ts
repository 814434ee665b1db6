import { z } from "zod";
import { parseEncoderSource } from "../encode/encoder-source.js";
import { RecipeError } from "../errors.js";
import { text } from "./text-schema.js";

/** The recipe's key `scoring`: how the texts are measured. */

const judgeSchema = z
  .union([
    z.literal("local"),
    z.strictObject({
      endpoint: z
        .string()
        .regex(/^https?:\/\/\S+$/)
        .describe("Base URL of an OpenAI-compatible server, such as http://localhost:8080/v1."),
      model: text.describe("The model's name on that server."),
      keyEnv: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
        .optional()
        .describe("Environment variable that holds the server's key; left out, none is sent."),
    }),
  ])
  .describe("local (the model that writes), or {endpoint, model, keyEnv} of an OpenAI-compatible server.");

/** The name of an encoder. */
export const encoderSource = z
  .string()
  .regex(/^(?:ngrams|residuals|(?:gguf|onnx):.+)$/)
  .refine(isEncoderSource);

export const scoringSchema = z
  .strictObject({
    texts: z.int().min(8).default(48).describe("Texts of each configuration that are scored for coherence."),
    tokenBudget: z.int().min(50).default(500).describe("Words at which distinct-n is compared."),
    encoder: encoderSource
      .default("ngrams")
      .describe(
        "What embeds the texts: ngrams (no model), residuals (the model that writes), gguf:MODEL, or onnx:FOLDER-OR-ID.",
      ),
    authenticity: z
      .boolean()
      .default(true)
      .describe("Set the data sets against human texts by their embeddings; it takes longest of all scores."),
    judge: judgeSchema.optional(),
    judgeTexts: z
      .int()
      .min(1)
      .max(100_000)
      .default(48)
      .describe("Texts of each data set that the judge rates."),
  })
  .prefault({})
  .describe("How the texts are measured.");

function isEncoderSource(source: string): boolean {
  try {
    parseEncoderSource(source);
    return true;
  } catch (error) {
    if (error instanceof RecipeError) return false;
    throw error;
  }
}
