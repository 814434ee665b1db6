import { type Command, InvalidArgumentError } from "commander";
import {
  type FinetuneEvent,
  type FinetuneReport,
  finetune,
  holdOut,
  InterruptedError,
  metadataString,
  type ProgressTask,
  RecipeError,
  readGguf,
  readTrainingTexts,
  resolveModel,
  type SplitTexts,
} from "../index.js";
import { showDownload } from "./download-progress.js";
import { byteText, createOutput } from "./output.js";
import { clock, createProgress } from "./progress-line.js";
import { withInterrupt } from "./with-interrupt.js";

const HELP = `
Full fine-tuning with llama.cpp's optimiser, on the processor: for small models. What it will need is said beforehand.
The data are texts, one a line, or, in a .jsonl file, JSON lines with {"text"} or {"prompt", "answer"}; of the latter
the answer alone is learned. The output is the model after the epoch with the lowest loss on held-out texts.

Running the same command again continues after the last finished epoch, from the folder OUT.tuning.

Example:
  $ tiller finetune stories15m --data examples/finetune/train.txt --held-out examples/finetune/held-out.txt --out expert.gguf
`;

interface Flags {
  readonly data: string;
  readonly out: string;
  readonly heldOut: string;
  readonly epochs: number;
  readonly lr: number;
  readonly schedule: "cosine" | "linear" | "constant";
  readonly warmup: number;
  readonly weightDecay: number;
  readonly context: number;
  readonly accumulate: number;
  readonly patience: number;
  readonly seed: number;
  readonly threads?: number;
  readonly convert?: boolean;
  readonly restart?: boolean;
  readonly json?: boolean;
}

const SCHEDULES = ["cosine", "linear", "constant"] as const;

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It is not a number.");
  return value;
}

function schedule(text: string): (typeof SCHEDULES)[number] {
  const known = SCHEDULES.find((name) => name === text);
  if (known === undefined) throw new InvalidArgumentError(`It is one of ${SCHEDULES.join(", ")}.`);
  return known;
}

/** `tiller finetune` */
export function addFinetuneCommand(program: Command): void {
  program
    .command("finetune <model>")
    .description("fine-tune a small model on texts, and write it as GGUF")
    .requiredOption("--data <file>", "texts to learn")
    .requiredOption("--out <file>", "model to write")
    .option("--held-out <file|share>", "texts to judge by, or the share of the data to take for it", "0.1")
    .option("--epochs <n>", "most passes over the data", number, 3)
    .option("--lr <rate>", "highest learning rate", number, 1e-4)
    .option("--schedule <name>", "how it falls: cosine, linear or constant", schedule, "cosine")
    .option("--warmup <share>", "share of each epoch in which it rises", number, 0.1)
    .option("--weight-decay <share>", "AdamW's weight decay, of norms too", number, 0)
    .option("--context <tokens>", "tokens of a row", number, 256)
    .option("--accumulate <rows>", "rows of one step", number, 1)
    .option("--patience <epochs>", "stop after so many without a lower held-out loss", number, 2)
    .option("--seed <n>", "for the order of the texts", number, 1)
    .option("--threads <n>", "most threads (default: all); the result is the same", number)
    .option("--convert", "make an F32 copy of a model whose weights are not F32")
    .option("--restart", "throw away what an earlier run left")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(source: string, flags: Flags): Promise<void> {
  const { json, lr, warmup, data, heldOut, ...options } = flags;
  const progress = createProgress(process.stderr);
  const download = showDownload(progress);
  const report = await withInterrupt(progress, async ({ signal }) => {
    const model = await resolveModel(source, { signal, onProgress: download.listen }).finally(download.end);
    const chat = metadataString(readGguf(model.path), "tokenizer.chat_template") !== undefined;
    const events = showEvents(progress);
    try {
      return await finetune({
        ...options,
        ...splitTexts(data, heldOut, chat, options.seed),
        dataFiles: [data, heldOut],
        model,
        learningRate: lr,
        warmUp: warmup,
        signal,
        onEvent: events.listen,
      });
    } catch (error) {
      if (error instanceof InterruptedError) throw stopped(events.epochs());
      throw error;
    } finally {
      events.end();
    }
  });
  createOutput(json === true).result(report, () => reportText(report));
}

function splitTexts(data: string, heldOut: string, chat: boolean, seed: number): SplitTexts {
  const texts = readTrainingTexts(data, chat);
  const share = Number(heldOut);
  if (Number.isNaN(share)) return { texts, heldOut: readTrainingTexts(heldOut, chat) };
  if (share > 0 && share < 1) return holdOut(texts, share, seed);
  throw new RecipeError(`--held-out must be a file, or a share between 0 and 1, not ${heldOut}.`);
}

/** The command as it can be pasted into a shell. */
function commandLine(): string {
  const quote = (word: string) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  return ["tiller", ...process.argv.slice(2).filter((word) => word !== "--restart")].map(quote).join(" ");
}

/** @param epochs that are done; undefined if it was stopped before that was known. */
function stopped(epochs: number | undefined): InterruptedError {
  const count = epochs === 1 ? "1 epoch is kept" : `${epochs} epochs are kept`;
  const kept = epochs === undefined ? "what was done is kept" : count;
  return new InterruptedError(`Stopped; ${kept}. To go on:\n  ${commandLine()}`);
}

/** Between two notes of the loss within an epoch. */
const NOTE_MS = 30_000;

function showEvents(progress: ReturnType<typeof createProgress>) {
  let task: ProgressTask | undefined;
  let epochs: number | undefined;
  let total = 0;
  let recent: number[] = [];
  let noted = performance.now();
  const listen = (event: FinetuneEvent) => {
    if (event.kind === "converting") progress.note(`Making a copy with F32 weights: ${event.to}`);
    if (event.kind === "plan") {
      progress.note(planText(event));
      epochs = event.done;
      total = event.epochs;
      noted = performance.now();
      task = progress.begin("Fine-tuning", event.rows, "rows");
    }
    if (event.kind === "row") {
      task?.advance(1, event.tokens);
      recent.push(event.loss);
      if (performance.now() - noted < NOTE_MS) return;
      const mean = recent.reduce((sum, loss) => sum + loss, 0) / recent.length;
      progress.note(
        `Epoch ${event.epoch} of ${total}: loss ${mean.toFixed(3)} over the last ${recent.length} rows`,
      );
      recent = [];
      noted = performance.now();
    }
    if (event.kind === "epoch") {
      const { epoch, loss, heldOutLoss, tokens, seconds } = event.epoch;
      epochs = epoch;
      recent = [];
      const rate = `${(tokens / seconds).toFixed(0)} tokens/s`;
      const best = event.best ? ", the best so far" : "";
      progress.note(
        `Epoch ${epoch} of ${total}: loss ${loss.toFixed(3)}, held-out ${heldOutLoss.toFixed(3)}${best}, ${rate}`,
      );
    }
  };
  return { listen, epochs: () => epochs, end: () => task?.end() };
}

function planText(plan: Extract<FinetuneEvent, { kind: "plan" }>): string {
  const lines = [
    `${plan.trained} of ${plan.parameters} weights are trained; as they are stay ${plan.frozen.join(", ")}.`,
    `About ${byteText(plan.memory.total)} of memory. ${plan.labels} tokens to learn, ${plan.heldOutLabels} held out.`,
    `Held-out loss before: ${plan.before.toFixed(3)}.`,
  ];
  if (plan.done > 0) lines.push(`Going on after epoch ${plan.done} of ${plan.epochs}.`);
  if (plan.seconds !== undefined) lines.push(`About ${clock(plan.seconds)} for ${plan.rows} rows.`);
  return lines.join("\n");
}

function reportText({ out, before, best, epochs, stoppedEarly }: FinetuneReport): string {
  return [
    `Held-out loss ${before.toFixed(3)} before, ${best.heldOutLoss.toFixed(3)} after epoch ${best.epoch}.`,
    ...(stoppedEarly ? [`Stopped after ${epochs.length} epochs: the held-out loss no longer fell.`] : []),
    out,
  ].join("\n");
}
