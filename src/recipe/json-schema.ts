import { z } from "zod";
import { recipeSchema } from "./schema.js";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * JSON Schema (draft 2020-12) of what a recipe file may hold, defaults left out of `required`, for editors
 * that complete and check as one types. Checks that span several keys are not in it.
 */
export function recipeJsonSchema(): JsonSchema {
  made ??= z.toJSONSchema(recipeSchema, { io: "input", target: "draft-2020-12" });
  return made;
}

/** Made once: it takes longer than all else that checks a recipe. */
let made: JsonSchema | undefined;
