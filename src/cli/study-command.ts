import type { Command } from "commander";
import { InterruptedError, Study, TillerError } from "../index.js";
import { showDownload } from "./download-progress.js";
import { createOutput, type Output } from "./output.js";
import { createProgress } from "./progress-line.js";
import { type ChosenRun, chosenRuns } from "./variants.js";
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
  readonly variant?: readonly string[];
}

/** Adds the options that all commands on a recipe share. */
export function withStudyOptions(command: Command): Command {
  return command
    .option(
      "-o, --output <folder>",
      "run folder (default: the recipe's output, or runs/NAME), or the folder of the variants' run folders",
    )
    .option(
      "--variant <name>",
      "variant of the recipe's matrix, again for several (default: all)",
      (name: string, before: string[] = []) => [...before, name],
    )
    .option("--json", "print JSON");
}

/** What became of one variant. */
export interface VariantOutcome<T> {
  readonly variant: string;
  readonly result?: T;
  /** Why it failed. */
  readonly failure?: string;
}

/**
 * Opens the run of a recipe, or of a run folder, does the work, and closes it whatever happens. When it was
 * interrupted, says how to go on. Of a recipe with a matrix, does the work on all variants in turn, goes on after
 * one that fails, and prints what `summary` makes of the outcomes.
 *
 * @param keeps whether what is done by then is kept when the work is interrupted
 *
 * @throws TillerError at the end if a variant failed
 */
export async function onStudy<T>(
  path: string,
  flags: StudyFlags,
  work: (study: Study, output: Output) => Promise<T>,
  summary?: (outcomes: readonly VariantOutcome<T>[]) => string,
  keeps = true,
): Promise<void> {
  const runs = await chosenRuns(path, flags);
  const output = createOutput(flags.json === true);
  if (runs.length === 1) {
    await onRun(runs[0]!, keeps, (study) => work(study, output));
    return;
  }
  const outcomes: VariantOutcome<T>[] = [];
  const data: Record<string, unknown> = {};
  for (const run of runs) {
    const variant = run.variant!;
    const own: Output = output.json
      ? { ...output, result: (found) => Object.assign(data, { [variant]: found }) }
      : { ...output, result: (found, text) => output.result(found, () => `${variant}\n${text()}\n`) };
    try {
      outcomes.push({ variant, result: await onRun(run, keeps, (study) => work(study, own)) });
    } catch (error) {
      if (!(error instanceof TillerError) || error instanceof InterruptedError) throw error;
      process.stderr.write(`${variant}: ${error.message}\n`);
      outcomes.push({ variant, failure: error.message });
      data[variant] = { failure: error.message };
    }
  }
  if (output.json || summary) output.result(data, () => summary!(outcomes));
  const failed = outcomes.flatMap(({ variant, failure }) => (failure === undefined ? [] : [variant]));
  if (failed.length === 0) return;
  throw new TillerError(`${failed.length} of ${runs.length} variants failed: ${failed.join(", ")}.`);
}

async function onRun<T>(
  { recipe, output, variant }: ChosenRun,
  keeps: boolean,
  work: (study: Study) => Promise<T>,
): Promise<T> {
  const progress = createProgress(process.stderr);
  const download = showDownload(progress);
  return withInterrupt(progress, async ({ signal, stopping, onWriting }) => {
    try {
      const study = await Study.open(recipe, {
        output,
        variant,
        progress,
        signal,
        stopping,
        onWriting,
        onDownload: download.listen,
      }).finally(download.end);
      try {
        return await work(study);
      } finally {
        await study.close();
      }
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error;
      if (!keeps)
        throw new InterruptedError(
          "Stopped; of what was measured nothing is kept, and the same command begins anew.",
        );
      throw new InterruptedError(`Stopped; nothing that was written is lost. To go on:\n  ${sameCommand()}`);
    }
  });
}
