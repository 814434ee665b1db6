import { type Command, Option } from "commander";
import {
  EXPORT_FORMATS,
  type Exported,
  type ExportFormat,
  exportRun,
  parseSplits,
  TRAINING_TASKS,
  type TrainingTask,
} from "../index.js";
import { createOutput } from "./output.js";
import { createProgress } from "./progress-line.js";

const HELP = `
Needs no model. Reads a run that is not finished too, and says what is missing. dataset is a folder that Python's
datasets and the Hugging Face Hub load as it is: Parquet files, a card, the recipe, the vectors and where all of it is
from. chat and instruction are JSON Lines to fine-tune a language model on. Splits keep languages and labels in
proportion, and near-duplicates in one split.

Example:
  $ tiller export runs/reviews --licence cc-by-4.0
  $ tiller export runs/reviews --format csv --splits train=0.9,test=0.1 -o reviews-csv
  $ tiller export runs/reviews --format chat --task classify
`;

interface ExportFlags {
  readonly format: ExportFormat;
  readonly configuration?: string;
  readonly output?: string;
  readonly splits?: string;
  readonly licence?: string;
  readonly license?: string;
  readonly task?: TrainingTask;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** `tiller export` */
export function addExportCommand(program: Command): void {
  program
    .command("export <run>")
    .description("export the data set of a run folder")
    .addOption(new Option("--format <format>", "what to write").choices(EXPORT_FORMATS).default("dataset"))
    .option(
      "--configuration <name>",
      "a configuration or arm; all: the chosen one and the baselines (default: the chosen one)",
    )
    .option("-o, --output <path>", "folder or file (default: exports/NAME, with the format's ending)")
    .option("--splits <shares>", "such as train=0.8,validation=0.1,test=0.1 (default: all in train)")
    .option("--licence <name>", "licence that the card names, such as cc-by-4.0")
    .addOption(new Option("--license <name>").hideHelp())
    .addOption(
      new Option("--task <task>", "what chat and instruction teach (default: generate)").choices(
        TRAINING_TASKS,
      ),
    )
    .option("--overwrite", "replace an earlier export")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (run: string, { splits, licence, license, json, ...flags }: ExportFlags) => {
      const exported = await exportRun(run, {
        ...flags,
        licence: licence ?? license,
        splits: splits === undefined ? undefined : parseSplits(splits),
        progress: createProgress(process.stderr),
      });
      createOutput(json === true).result(exported, () => exportText(exported));
    });
}

function exportText({ path, rows, sets, notes }: Exported): string {
  const lines = sets.map(({ configuration, splits }) => {
    const parts = Object.entries(splits).map(([name, count]) => `${name} ${count}`);
    return `${configuration}: ${parts.join(", ")}`;
  });
  return [...lines, ...notes, `${rows} texts written to ${path}`].join("\n");
}
