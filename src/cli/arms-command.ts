import type { Command } from "commander";
import { armsText, runArms } from "../index.js";
import { onStudy, type StudyFlags, withStudyOptions } from "./study-command.js";

/** `tiller arms` */
export function addArmsCommand(program: Command): void {
  withStudyOptions(
    program
      .command("arms <recipe>")
      .description("label a run's test texts with language models, beside its classifiers (paper C)"),
  )
    .addHelpText(
      "after",
      `
The run needs its data sets (tiller run, study or generate) and classifier.test. The recipe's key \`arms\` says what is
compared: a model that is asked, one that is shown texts of each data set, and one that is trained on them. tiller run and
study do the same where a recipe has that key, and put it into the report; this prints it. The results are kept in
arms.json. Running the same command again asks and tunes no language model twice.

Example:
  $ tiller run reviews.yaml
  $ tiller arms reviews.yaml`,
    )
    .action((recipe: string, flags: StudyFlags) =>
      onStudy(recipe, flags, async (study, output) => {
        const results = await runArms(study);
        output.result({ ...results, file: study.folder.file("arms.json") }, () =>
          armsText(results, output.width),
        );
      }),
    );
}
