import { findTrainerPython, installTrainer, type TrainerDiagnosis } from "../index.js";
import type { Output } from "./output.js";
import { createProgress } from "./progress-line.js";
import { withInterrupt } from "./with-interrupt.js";

/** What `tiller doctor --trainer` prints. */
export function trainerText(found: TrainerDiagnosis): string {
  const width = Math.max(...found.packages.map(({ name }) => name.length));
  return [
    found.python === undefined
      ? "Python: none"
      : `Python${found.version === undefined ? "" : ` ${found.version}`}: ${found.python}`,
    ...found.packages.map(
      ({ name, wanted, found: version }) =>
        `  ${name.padEnd(width)}  ${version ?? "missing"}${version?.split("+")[0] === wanted ? "" : `, ${wanted} is wanted`}`,
    ),
    ...found.notes,
    ...(found.ready
      ? ["Transformer encoders can be fine-tuned."]
      : [
          `Problem: ${found.problem}`,
          found.remedy?.startsWith("tiller ") ? `Install them with: ${found.remedy}` : found.remedy!,
        ]),
  ].join("\n");
}

/** `tiller doctor --trainer`, with `--install` or without. */
export async function doctorTrainer({
  install,
  output,
}: {
  install: boolean;
  output: Output;
}): Promise<void> {
  const progress = createProgress(process.stderr);
  const found = install
    ? await withInterrupt(progress, ({ signal }) => installTrainer({ signal, onStep: progress.note }))
    : await findTrainerPython();
  output.result(found, () => trainerText(found));
  if (!found.ready) process.exitCode = 1;
}
