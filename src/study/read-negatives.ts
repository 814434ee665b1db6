import { absoluteSource } from "../data/locate-source.js";
import { type ReadRecordsOptions, readRecords } from "../data/read-records.js";
import { RecipeError } from "../errors.js";
import type { PoolText } from "../guidance/negative-pool.js";
import { sourceName } from "../recipe/data-source-schema.js";
import { usesNegatives } from "../recipe/guidance-axes.js";
import { negativesOf } from "../recipe/guidance-schema.js";
import type { Recipe } from "../recipe/schema.js";
import { selectTexts } from "../tasks/labelled-text.js";

/**
 * The real texts that a recipe's pool of negative examples begins with, as paper B's does: those that it names, or
 * else its demonstrations. A text without label or language serves each of the task's.
 *
 * @param reading how sources are read, and the directory that the recipe's paths are relative to
 * @throws RecipeError if there is none for a label in a language, or none is short enough
 */
export async function readNegatives(
  recipe: Recipe,
  { directory, ...reading }: ReadRecordsOptions & { readonly directory: string },
): Promise<PoolText[]> {
  const { guidance, task } = recipe;
  if (!usesNegatives(guidance)) return [];
  const { texts, file, scope, maxCharacters } = negativesOf(guidance);
  const source = file ?? recipe.demonstrations?.file;
  const data = source && absoluteSource(source, directory);
  const explain = (error: unknown): unknown =>
    error instanceof RecipeError
      ? new RecipeError(
          `guidance.negatives: ${error.message} Every text is kept from resembling some, so each label and language needs them.`,
          { cause: error },
        )
      : error;
  const records =
    data === undefined || texts !== undefined
      ? []
      : await readRecords(data, reading).catch((error: unknown) => {
          throw explain(error);
        });
  const select = (label: string, language: string): readonly string[] => {
    if (texts !== undefined) return texts;
    try {
      return selectTexts(records, { label, language }, sourceName(data!));
    } catch (error) {
      throw explain(error);
    }
  };
  const pool: PoolText[] = [];
  for (const language of task.languages) {
    for (const label of task.labels) {
      const own = select(label, language);
      pool.push(...own.map((text) => ({ text, label, language })));
      if (scope === "all" || own.some((text) => text.length <= maxCharacters)) continue;
      const shortest = Math.min(...own.map((text) => text.length));
      throw new RecipeError(
        `guidance.negatives.maxCharacters: found ${maxCharacters}, and every text for ${label} (${language}) is longer; allowed: at least ${shortest}.`,
      );
    }
  }
  return pool;
}
