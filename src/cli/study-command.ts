import type { Command } from "commander";
import { InterruptedError, recipeOf, Study } from "../index.js";
import { showDownload } from "./download-progress.js";
import { createOutput, type Output } from "./output.js";
import { createProgress } from "./progress-line.js";
import { withInterrupt } from "./with-interrupt.js";

/** The command that the user typed, to be typed again. */
function sameCommand(): string {
  if (process.env.npm_lifecycle_event === "quickstart") return "npm run quickstart";
  const quoted = process.argv
    .slice(2)
    .map((word) => (/^[\w./:=@+-]+$/.test(word) ? word : JSON.stringify(word)));
  return ["tiller", ...quoted].join(" ");
}

export interface StudyFlags {
  readonly json?: boolean;
  readonly output?: string;
}

/** Adds the options that all commands on a recipe share. */
export function withStudyOptions(command: Command): Command {
  return command
    .option("-o, --output <folder>", "run folder (default: the recipe's output, or runs/NAME)")
    .option("--json", "print JSON");
}

/**
 * Opens the run of a recipe, or of a run folder, does the work, and closes it whatever happens. When it was
 * interrupted, says how to go on.
 */
export async function onStudy(
  path: string,
  flags: StudyFlags,
  work: (study: Study, output: Output) => Promise<void>,
): Promise<void> {
  const progress = createProgress(process.stderr);
  const download = showDownload(progress);
  const { recipe, output } = await recipeOf(path);
  await withInterrupt(progress, async ({ signal, stopping, onWriting }) => {
    try {
      const study = await Study.open(recipe, {
        output: flags.output ?? output,
        progress,
        signal,
        stopping,
        onWriting,
        onDownload: download.listen,
      }).finally(download.end);
      try {
        await work(study, createOutput(flags.json === true));
      } finally {
        await study.close();
      }
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error;
      throw new InterruptedError(`Stopped; nothing that was written is lost. To go on:\n  ${sameCommand()}`);
    }
  });
}
