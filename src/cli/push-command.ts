import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { exportRun, type Progress, type ProgressTask, type PushReport, pushDataset } from "../index.js";
import { byteText, createOutput } from "./output.js";
import { createProgress } from "./progress-line.js";
import { withInterrupt } from "./with-interrupt.js";

const HELP = `
FOLDER is what tiller export has written; a run folder is exported for the push first, as tiller export RUN does. The
repository is made if it is not there, and is private unless --public is given. Files that the repository has already
are not sent, so that a push that was interrupted is simply repeated. Needs a token that may write, in HF_TOKEN;
HF_ENDPOINT names another Hub.

Example:
  $ tiller push exports/reviews --to jane/reviews-sw --dry-run
  $ tiller push exports/reviews --to jane/reviews-sw
`;

interface PushFlags {
  readonly to: string;
  readonly public?: boolean;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly message?: string;
  readonly json?: boolean;
}

/** `tiller push` */
export function addPushCommand(program: Command): void {
  program
    .command("push <folder>")
    .description("upload a data set to the Hugging Face Hub")
    .requiredOption("--to <owner/name>", "repository of the data set")
    .option("--public", "let everyone read it")
    .option("--dry-run", "show what would be uploaded, and write nothing")
    .option("--prune", "remove the repository's files that the folder has not")
    .option("--message <text>", "message of the commit")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(folder: string, flags: PushFlags): Promise<void> {
  const progress = createProgress(process.stderr);
  const uploading = showUpload(progress);
  const report = await withInterrupt(progress, ({ signal }) =>
    withExport(folder, progress, (exported) =>
      pushDataset(exported, {
        repository: flags.to,
        private: flags.public !== true,
        dryRun: flags.dryRun,
        prune: flags.prune,
        commitMessage: flags.message,
        signal,
        onProgress: uploading.listen,
      }).finally(uploading.end),
    ),
  );
  createOutput(flags.json === true).result(report, () => pushText(report));
}

/** Does `work` on the folder, or on an export of it if it is a run's, which is removed afterwards. */
async function withExport<Result>(
  folder: string,
  progress: Progress,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  if (!existsSync(join(folder, "run.json"))) return work(folder);
  const temporary = await mkdtemp(join(tmpdir(), "tiller-push-"));
  try {
    const { path, notes } = await exportRun(folder, { format: "dataset", output: join(temporary, "export") });
    for (const note of notes) progress.note(note);
    return await work(path);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

const MEGABYTE = 1e6;
/** What is sent in a moment needs no progress. */
const SMALL = 5 * MEGABYTE;

function showUpload(progress: Progress): { listen: (sent: number, total: number) => void; end: () => void } {
  let task: ProgressTask | undefined;
  let shown = 0;
  return {
    listen(sent, total) {
      if (total < SMALL) return;
      task ??= progress.begin("Uploading", Math.round(total / MEGABYTE), "MB");
      const done = Math.max(shown, Math.round(sent / MEGABYTE));
      task.advance(done - shown);
      shown = done;
    },
    end: () => task?.end(),
  };
}

/** What a push did, or would do, for a person. */
function pushText(report: PushReport): string {
  const { dryRun, url, visibility, created, files, uploadedBytes, removed, left, notes } = report;
  const sent = files.filter(({ uploaded }) => uploaded);
  const state = `${visibility === "unknown" ? "not known whether private or public" : visibility}${created ? ", new" : ""}`;
  const count = `${sent.length} of ${files.length} files, ${byteText(uploadedBytes)}`;
  const lines = dryRun
    ? [
        `Would go to ${url} (${state}):`,
        ...files.map(({ name, bytes, uploaded }) => {
          return `  ${name}  ${byteText(bytes)}${uploaded ? "" : ", is there already"}`;
        }),
      ]
    : [];
  return [
    ...lines,
    ...removed.map((name) => `  ${name}  ${dryRun ? "would be removed" : "removed"}`),
    ...(left.length > 0 ? [`${left.length} files of the repository are not in the folder and stay.`] : []),
    ...notes,
    dryRun
      ? `Nothing was written. A push uploads ${count}.`
      : sent.length + removed.length === 0
        ? `Nothing differs: ${url} (${state}) is as the folder is.`
        : `Uploaded ${count}, to ${url} (${state}).`,
  ].join("\n");
}
