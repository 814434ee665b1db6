import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { RecipeClassifier } from "../../recipe/classifier-schema.js";
import type { LabelledRow } from "../training-draw.js";
import type { TransformersTrainerOptions } from "./transformers-trainer.js";

/** What a recipe's `classifier` gives beside its trainer's settings. */
export interface RecipeTrainerMaterials {
  /** Folder of the recipe; a model that is a folder is relative to it. */
  readonly directory: string;
  readonly test: readonly LabelledRow[];
  /** Texts of `classifier.validation`. */
  readonly validation: readonly LabelledRow[] | undefined;
}

/**
 * The options of `transformersTrainer` for a recipe's `classifier` of kind `transformers`. The classes are those of
 * the test texts, in rising order, as in `compareArms`.
 */
export function recipeTrainerOptions(
  classifier: Pick<
    RecipeClassifier,
    "preset" | "model" | "learningRate" | "batchSize" | "epochs" | "patience" | "maxLength"
  >,
  { directory, test, validation }: RecipeTrainerMaterials,
): TransformersTrainerOptions {
  const { preset, model, learningRate, batchSize, epochs, patience, maxLength } = classifier;
  const folder = model === undefined ? undefined : resolve(directory, model.replace(/^file:/, ""));
  return {
    preset,
    model: folder !== undefined && existsSync(folder) ? folder : model,
    learningRate,
    batchSize,
    epochs,
    patience,
    maxLength,
    validation: validation && {
      rows: validation,
      labels: [...new Set(test.map(({ label }) => label))].sort(),
    },
  };
}
