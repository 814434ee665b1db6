import { join } from "node:path";
import { loadVariants, RecipeError, type RunReport, recipeOf, recipeVariants } from "../index.js";

/** One run of those that a command is about. */
export interface ChosenRun {
  readonly recipe: string;
  /** Its folder; undefined for the recipe's own. */
  readonly output: string | undefined;
  readonly variant: string | undefined;
}

/**
 * The runs that a path and `--variant` mean: a run folder's own, a recipe's, or those of the variants of its matrix,
 * each of which has been read by then.
 *
 * @throws RecipeError for a recipe or a variant that is wrong; StoreError for a folder that is no run's
 */
export async function chosenRuns(
  path: string,
  flags: { readonly output?: string; readonly variant?: readonly string[] },
): Promise<ChosenRun[]> {
  const { recipe, output, variant } = await recipeOf(path);
  if (output !== undefined) {
    if (flags.variant === undefined) return [{ recipe, output: flags.output ?? output, variant }];
    throw new RecipeError(`${path} is the folder of one run: leave out --variant, or name the recipe.`);
  }
  const all = await recipeVariants(recipe);
  if (all.length === 0) return [{ recipe, output: flags.output, variant: flags.variant?.[0] }];
  const names = [...new Set(flags.variant ?? all)];
  await loadVariants(recipe, names);
  return names.map((name) => ({
    recipe,
    output: flags.output === undefined ? undefined : join(flags.output, name),
    variant: name,
  }));
}

/** How the variants of a matrix came out, a line each. */
export function variantTable(
  outcomes: readonly { readonly variant: string; readonly result?: RunReport; readonly failure?: string }[],
): string {
  const rows = outcomes.map(({ variant, result, failure }) => {
    if (result === undefined) return [variant, "failed", "", failure?.split("\n")[0] ?? ""];
    const score = result.arms.find(({ name }) => name === "steered" || name === "guided")?.score?.harmonic;
    const verdicts = result.comparisons.map(({ baseline, verdict }) => `${verdict} (${baseline})`);
    return [
      variant,
      result.chosen ?? "none",
      score === undefined || !Number.isFinite(score) ? "–" : score.toFixed(2),
      verdicts.join(", ") || "no verdict",
    ];
  });
  const table = [["variant", "chosen", "score", "verdict"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
