import type { Command } from "commander";
import {
  explainRow,
  explanationText,
  findRow,
  RecipeError,
  regenerateJob,
  regenerationText,
  TillerError,
} from "../index.js";
import { onStudy, type StudyFlags, withStudyOptions } from "./study-command.js";
import { chosenRuns } from "./variants.js";

const HELP = `
ROW is an id such as zero-shot/en/positive/3, a part of one, or the beginning of a text. --regenerate runs the job
again that wrote the row, compares all its rows byte by byte, and fails if they differ.

Example:
  $ tiller explain runs/reviews zero-shot/en/positive/3
  $ tiller explain runs/reviews "The soup was" --regenerate
`;

/** `tiller explain` */
export function addExplainCommand(program: Command): void {
  withStudyOptions(
    program.command("explain <run> <row>").description("say how a text came to be, and write it again"),
  )
    .option("--regenerate", "run the row's job again, and compare it with the journal")
    .addHelpText("after", HELP)
    .action(async (run: string, query: string, flags: StudyFlags & { regenerate?: boolean }) => {
      const runs = await chosenRuns(run, flags);
      if (runs.length > 1) {
        throw new RecipeError(
          "A row is of one run: choose a variant with --variant, or name its run folder.",
        );
      }
      let differs = false;
      await onStudy(run, flags, async (study, output) => {
        const position = findRow(study.journal.rows(), query);
        const explanation = await explainRow(study, position);
        const regeneration = flags.regenerate ? await regenerateJob(study, position) : undefined;
        differs = regeneration?.equal === false;
        output.result({ ...explanation, ...(regeneration ? { regeneration } : {}) }, () =>
          [explanationText(explanation), ...(regeneration ? ["", regenerationText(regeneration)] : [])].join(
            "\n",
          ),
        );
      });
      if (differs) throw new TillerError("The job that was run again is not what the journal has.");
    });
}
