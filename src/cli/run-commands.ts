import { type Command, Option } from "commander";
import {
  assess,
  DEFINITIONS,
  definitionsText,
  generateTexts,
  type PlannedRun,
  planRecipe,
  RecipeError,
  type RunReport,
  renderMarkdown,
  renderReport,
  renderText,
  runArms,
  type Study,
  writeReport,
} from "../index.js";
import { createOutput, type Output } from "./output.js";
import { planText } from "./plan-text.js";
import { onStudy, type StudyFlags, withStudyOptions } from "./study-command.js";
import { chosenRuns, variantTable } from "./variants.js";

function example(command: string): string {
  return `
Running the same command again continues where it stopped.

Example:
  $ tiller ${command}
`;
}

/** Everything a run does, with the result printed. */
export async function runAll(study: Study, output: Output): Promise<RunReport> {
  await generateTexts(study);
  // The report shows what they find.
  if (study.recipe.arms) await runArms(study);
  const report = await assess(study, { scores: true, classifiers: true });
  await showReport(study, output, report);
  return report;
}

async function showReport(study: Study, output: Output, report: RunReport): Promise<void> {
  const page = await writeReport(study, report);
  output.result({ ...report, page, data: study.folder.data }, () =>
    [
      renderText(report, { width: output.width, color: output.color }).trimEnd(),
      "",
      `Data sets:  ${study.folder.data}`,
      `Report:     ${page}`,
    ].join("\n"),
  );
}

/** `tiller run|generate|score|train|report` */
export function addRunCommands(program: Command): void {
  withStudyOptions(program.command("run <recipe...>").description("do everything a recipe asks for"))
    .option("--dry-run", "check the recipe and print the plan, and nothing else")
    .addHelpText("after", example("run reviews.yaml --dry-run\n  $ tiller run reviews.yaml"))
    .action(async (recipes: string[], flags: StudyFlags & { dryRun?: boolean }) => {
      if (flags.dryRun) {
        const plans: PlannedRun[] = [];
        for (const recipe of recipes) {
          for (const run of await chosenRuns(recipe, flags)) plans.push(await planRecipe(run.recipe, run));
        }
        createOutput(flags.json === true).result(plans.length === 1 ? plans[0] : plans, () =>
          plans.map(planText).join("\n\n"),
        );
        return;
      }
      if (recipes.length > 1 && (flags.output !== undefined || flags.json)) {
        throw new RecipeError("--output and --json take one recipe at a time.");
      }
      for (const recipe of recipes) await onStudy(recipe, flags, runAll, variantTable);
    });

  withStudyOptions(
    program.command("generate <recipe>").description("write the pilot, choose, and write the data sets"),
  )
    .addHelpText("after", example("generate reviews.yaml"))
    .action((recipe: string, flags: StudyFlags) =>
      onStudy(recipe, flags, async (study, output) => {
        await generateTexts(study);
        const rows = study.journal.rows();
        const kept = rows.filter((row) => row.filters.length === 0).length;
        output.result(
          { journal: study.folder.journal, data: study.folder.data, written: rows.length, kept },
          () =>
            [
              `${rows.length} texts written, ${kept} passed the filters.`,
              `Data sets:  ${study.folder.data}`,
            ].join("\n"),
        );
      }),
    );

  const assessOnly = (
    recipe: string,
    flags: StudyFlags,
    parts: { scores: boolean; classifiers: boolean },
  ): Promise<void> =>
    onStudy(recipe, flags, async (study, output) => {
      const report = await assess(study, parts);
      output.result(report, () => renderText(report, { width: output.width, color: output.color }));
    });

  withStudyOptions(program.command("score [recipe]").description("score the texts that a run has so far"))
    .option("--definitions", "print what each number of the scores means, and nothing else")
    .addHelpText("after", example("score runs/reviews\n  $ tiller score --definitions"))
    .action(async (recipe: string | undefined, flags: StudyFlags & { definitions?: boolean }) => {
      if (flags.definitions) {
        const output = createOutput(flags.json === true);
        output.result(DEFINITIONS, () => definitionsText(output.width));
        return;
      }
      if (recipe === undefined) {
        throw new RecipeError("Name a recipe or a run folder to score, or ask for --definitions.");
      }
      await assessOnly(recipe, flags, { scores: true, classifiers: false });
    });

  withStudyOptions(
    program.command("train <recipe>").description("train classifiers on a run's data sets and compare them"),
  )
    .addHelpText("after", example("train runs/reviews"))
    .action((recipe: string, flags: StudyFlags) =>
      assessOnly(recipe, flags, { scores: false, classifiers: true }),
    );

  withStudyOptions(
    program.command("report <recipe>").description("write a run's report as a page, as Markdown and as JSON"),
  )
    .addOption(
      new Option("--format <format>", "print the whole report, and not its summary")
        .choices(["html", "markdown", "json"])
        .conflicts("json"),
    )
    .addHelpText("after", example("report runs/reviews\n  $ tiller report runs/reviews --format markdown"))
    .action((recipe: string, flags: StudyFlags & { format?: "html" | "markdown" | "json" }) =>
      onStudy(
        recipe,
        { ...flags, json: flags.json === true || flags.format === "json" },
        async (study, output) => {
          const report = await assess(study, { scores: true, classifiers: true });
          if (flags.format === undefined || flags.format === "json") return showReport(study, output, report);
          await writeReport(study, report);
          const text = flags.format === "html" ? await renderReport(report) : renderMarkdown(report);
          output.result(report, () => text);
        },
      ),
    );
}
