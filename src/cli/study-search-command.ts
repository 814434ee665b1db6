import { type Command, Option } from "commander";
import {
  claimsText,
  findPreset,
  loadRecipe,
  loadVariants,
  type PaperClaim,
  type PlannedRun,
  paperClaims,
  planRecipe,
  presetOf,
  RecipeError,
  type RunReport,
  STUDY_PRESET_NAMES,
  STUDY_PRESETS,
  STUDY_SCALES,
  type Study,
  type StudyPresetName,
  type StudyScale,
} from "../index.js";
import { createOutput, type Output } from "./output.js";
import { planText } from "./plan-text.js";
import { runAll } from "./run-commands.js";
import { onStudy, type StudyFlags, withStudyOptions } from "./study-command.js";
import { type ChosenRun, chosenRuns, variantTable } from "./variants.js";

interface SearchFlags extends StudyFlags {
  readonly dryRun?: boolean;
  readonly preset?: StudyPresetName;
  readonly scale: StudyScale;
}

const PRESETS = STUDY_PRESET_NAMES.map((name) => `  ${name}  ${STUDY_PRESETS[name].asks}`).join("\n");

/** `tiller study` */
export function addStudyCommand(program: Command): void {
  withStudyOptions(
    program
      .command("study [recipe]")
      .description("search a recipe's sweep, write the best data sets, and compare them downstream"),
  )
    .option("--dry-run", "check the recipe and print the plan, and nothing else")
    .addOption(
      new Option("--preset <name>", "in place of a recipe: the study of a paper").choices(STUDY_PRESET_NAMES),
    )
    .addOption(
      new Option(
        "--scale <scale>",
        "of the preset: TinyLlama and minutes, or the paper's own models and grid",
      )
        .choices(STUDY_SCALES)
        .default("small"),
    )
    .addHelpText(
      "after",
      `
The recipe's key \`study\` says how to search, how many configurations get data sets, and what it may cost.
Running the same command again continues where it stopped.

Presets, each with a table of what the paper claims beside what was found:
${PRESETS}

Example:
  $ tiller study reviews.yaml --dry-run
  $ tiller study reviews.yaml
  $ tiller study --preset paper-d`,
    )
    .action(async (path: string | undefined, flags: SearchFlags) => {
      const recipe = await chosenRecipe(path, flags);
      const runs = await chosenRuns(recipe, flags);
      await requireStudy(runs);
      const plans: PlannedRun[] = [];
      for (const run of runs) plans.push(await planRecipe(run.recipe, run));
      const output = createOutput(flags.json === true);
      if (flags.dryRun) {
        output.result(plans.length === 1 ? plans[0] : plans, () => plans.map(planText).join("\n\n"));
        return;
      }
      for (const plan of plans) process.stderr.write(`${planText(plan)}\n\n`);
      const reports: RunReport[] = [];
      try {
        const work = async (study: Study, own: Output) => {
          const report = await runAll(study, own);
          reports.push(report);
          return report;
        };
        await onStudy(recipe, flags, work, variantTable);
      } finally {
        const claims = claimsOf(reports);
        // Programs find the claims in each run's result.
        if (claims.length > 0 && !output.json) {
          output.result(claims, () => `\nBeside the paper:\n\n${claimsText(claims, output.width)}`);
        }
      }
    });
}

async function chosenRecipe(
  path: string | undefined,
  { preset, scale, variant }: SearchFlags,
): Promise<string> {
  if (path !== undefined && preset !== undefined) {
    throw new RecipeError(`Give a recipe or --preset, and not both: ${path} and --preset ${preset}.`);
  }
  if (preset !== undefined) return findPreset({ preset, scale }, variant);
  if (path !== undefined) return path;
  throw new RecipeError(
    `Name a recipe with the key \`study\`, or a preset: --preset ${STUDY_PRESET_NAMES.join("|")}.`,
  );
}

/** What the paper of the reports' preset claims; nothing if they are of no preset. */
function claimsOf(reports: readonly RunReport[]): PaperClaim[] {
  const [first] = reports;
  const choice = first && presetOf(first.title);
  return choice === undefined ? [] : paperClaims(choice, reports);
}

/** @throws RecipeError if a recipe has no key `study` */
async function requireStudy(runs: readonly ChosenRun[]): Promise<void> {
  for (const { recipe: path, variant } of runs) {
    const { recipe } =
      variant === undefined ? await loadRecipe(path) : (await loadVariants(path, [variant]))[0]!;
    if (recipe.study !== undefined) continue;
    throw new RecipeError(
      `${path} has no key \`study\`, which says how the sweep is searched. Add a line \`study: {}\` for successive halving ` +
        "and three data sets, or use tiller run, which picks one configuration.",
    );
  }
}
