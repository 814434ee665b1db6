import { copyFileSync, existsSync, linkSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import type { LearningRateDecay } from "../engine/llama/learning-rate.js";
import { TrainingProcess } from "../engine/llama/training-process.js";
import type { ProbeOutput } from "../engine/llama/training-protocol.js";
import { EngineError, RecipeError } from "../errors.js";
import { type GgufFile, readGguf } from "../gguf/read.js";
import { errorCode, storeError } from "../store/failure.js";
import {
  estimateMemory,
  f32Bytes,
  type MemoryEstimate,
  otherTypes,
  refuseUnconverted,
  requireDisk,
  requireMemory,
} from "./requirements.js";
import { refuseLeak, type SplitTexts, textsSha256 } from "./training-texts.js";
import { bestEpoch, epochsWithoutGain, type TunedEpoch, TuningFolder } from "./tuning-folder.js";

export interface FinetuneOptions extends SplitTexts {
  readonly model: { readonly path: string; readonly sha256: string };
  /** GGUF file to write. `OUT.tuning` beside it holds what a run needs to go on. */
  readonly out: string;
  /** Files that the texts are from: the output must be none of them. */
  readonly dataFiles?: readonly string[];
  /** Default 3. */
  readonly epochs?: number;
  /** Highest learning rate, default 1e-4. */
  readonly learningRate?: number;
  /** Default cosine. */
  readonly schedule?: LearningRateDecay;
  /** Share of each epoch's steps, default 0.1. */
  readonly warmUp?: number;
  /** Default 0. AdamW takes this share times the learning rate off every trained weight in each step. */
  readonly weightDecay?: number;
  /** Tokens of a row, default 256. */
  readonly context?: number;
  /** Rows of a step, default 1. */
  readonly accumulate?: number;
  /** Stop after so many epochs without a lower held-out loss, default 2. */
  readonly patience?: number;
  /** Of the order of the texts, default 1. */
  readonly seed?: number;
  /** Most threads; the result does not depend on it. */
  readonly threads?: number;
  /** Make an F32 copy of a model whose weights are not F32. */
  readonly convert?: boolean;
  /** Throw away a run that was begun with the same output. */
  readonly restart?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: (event: FinetuneEvent) => void;
  /** Bytes of memory that may be used; default what is free. */
  readonly memory?: number;
}

export type FinetuneEvent =
  | { readonly kind: "converting"; readonly to: string }
  /** Known before the first step. */
  | ({ readonly kind: "plan" } & FinetunePlan)
  | {
      readonly kind: "row";
      /** From 1. */
      readonly epoch: number;
      /** Mean loss of the row. */
      readonly loss: number;
      readonly tokens: number;
    }
  | { readonly kind: "epoch"; readonly epoch: TunedEpoch; readonly best: boolean };

export interface FinetunePlan {
  /** Epochs that were done before. */
  readonly done: number;
  readonly epochs: number;
  /** Rows that are still to be trained on, if no epoch is left out. */
  readonly rows: number;
  /** Tokens of the training texts, and labels among them. */
  readonly tokens: number;
  readonly labels: number;
  readonly heldOutLabels: number;
  readonly parameters: number;
  readonly trained: number;
  /** Weights that stay as they are, with `*` for the number of a block. */
  readonly frozen: readonly string[];
  readonly memory: MemoryEstimate;
  /** For what is still to be done; undefined when a run goes on. */
  readonly seconds: number | undefined;
  /** Held-out loss before the first step. */
  readonly before: number;
}

export interface FinetuneReport {
  readonly out: string;
  /** Held-out loss before the first step: mean −ln p of a token. */
  readonly before: number;
  readonly best: TunedEpoch;
  readonly epochs: readonly TunedEpoch[];
  /** True if epochs were left out because the held-out loss no longer fell. */
  readonly stoppedEarly: boolean;
  /** Number of weights that were trained. */
  readonly trained: number;
  readonly frozen: readonly string[];
  readonly memory: MemoryEstimate;
}

interface Settled extends Required<Omit<FinetuneOptions, "signal" | "onEvent" | "memory">> {
  readonly signal: AbortSignal | undefined;
  readonly onEvent: (event: FinetuneEvent) => void;
  readonly memory: number;
}

function settle(options: FinetuneOptions): Settled {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as FinetuneOptions;
  const settled = {
    epochs: 3,
    learningRate: 1e-4,
    schedule: "cosine" as const,
    warmUp: 0.1,
    weightDecay: 0,
    context: 256,
    accumulate: 1,
    patience: 2,
    seed: 1,
    threads: availableParallelism(),
    convert: false,
    restart: false,
    dataFiles: [],
    onEvent: () => {},
    memory: process.availableMemory(),
    signal: undefined,
    ...given,
    out: resolve(options.out),
  };
  const whole = (option: string, value: number, least: number, most: number) => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw new RecipeError(`${option} must be a whole number from ${least} to ${most}, not ${value}.`);
  };
  whole("--epochs", settled.epochs, 1, 1000);
  whole("--context", settled.context, 16, 65_536);
  whole("--accumulate", settled.accumulate, 1, 1024);
  whole("--patience", settled.patience, 1, 1000);
  whole("--seed", settled.seed, 0, 0xffffffff);
  whole("--threads", settled.threads, 1, 4096);
  const between = (option: string, value: number, least: number, most: number) => {
    if (value >= least && value <= most) return;
    throw new RecipeError(`${option} must be a number from ${least} to ${most}, not ${value}.`);
  };
  between("--warmup", settled.warmUp, 0, 1);
  between("--weight-decay", settled.weightDecay, 0, 1);
  if (!(settled.learningRate > 0 && Number.isFinite(settled.learningRate))) {
    throw new RecipeError(`--lr must be a number above 0, not ${settled.learningRate}.`);
  }
  if (settled.texts.length === 0) throw new RecipeError("There is no training text.");
  if (settled.heldOut.length === 0) throw new RecipeError("There is no held-out text.");
  refuseLeak(settled);
  refuseOutput(settled);
  return settled;
}

/** What `--restart` must not overwrite: the model file may be the only copy of what was trained from. */
function refuseOutput({ out, model, dataFiles }: Settled): void {
  if (!existsSync(out)) return;
  if (statSync(out).isDirectory()) {
    throw new RecipeError(
      `--out names the folder ${out}. Name the file to write, such as ${out}/expert.gguf.`,
    );
  }
  const inputs = [
    { path: model.path, what: "the model that is trained" },
    ...dataFiles.map((path) => ({ path, what: "the data" })),
  ];
  const taken = inputs.find(({ path }) => existsSync(path) && realpathSync(path) === realpathSync(out));
  if (taken) throw new RecipeError(`--out names ${out}, which holds ${taken.what}. Choose another --out.`);
}

/** Names of weights with `*` for the block's number, each once. */
function weightKinds(names: Iterable<string>): string[] {
  return [...new Set([...names].map((name) => name.replace(/^blk\.\d+\./, "blk.*.")))];
}

function frozenWeights(file: GgufFile, weights: readonly string[]): string[] {
  const trained = new Set(weights);
  return weightKinds([...file.tensors.keys()].filter((name) => !trained.has(name)));
}

function trainedParameters(file: GgufFile, weights: readonly string[]): number {
  return weights.reduce((sum, name) => sum + (file.tensors.get(name)?.elements ?? 0), 0);
}

function report(options: Settled, folder: TuningFolder, file: GgufFile): FinetuneReport {
  const { state } = folder;
  const weights = state.weights ?? [];
  return {
    out: options.out,
    before: state.before!,
    best: bestEpoch(state)!,
    epochs: state.epochs,
    stoppedEarly: state.epochs.length < options.epochs,
    trained: trainedParameters(file, weights),
    frozen: frozenWeights(file, weights),
    memory: estimateMemory(file, options),
  };
}

/** Gives the best epoch's model its final name. The folder still holds it until the state says that all is done. */
function publish(checkpoint: string, out: string): void {
  const partial = `${out}.partial-${process.pid}`;
  try {
    rmSync(partial, { force: true });
    try {
      linkSync(checkpoint, partial);
    } catch {
      copyFileSync(checkpoint, partial);
    }
    renameSync(partial, out);
  } catch (error) {
    throw storeError(error, `write ${out}`);
  } finally {
    // Renaming does nothing where both are names of one file already: a process was killed after this.
    rmSync(partial, { force: true });
  }
}

/**
 * Fine-tunes a model with llama.cpp's optimiser, on the processor, in a process of its own, and writes it as GGUF:
 * the weights of the epoch with the lowest held-out loss. AdamW (Loshchilov and Hutter, "Decoupled weight decay
 * regularization", 2019) with β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
 *
 * Called again with the same options, it goes on after the last epoch that was finished, and ends with the same bytes
 * as if it had not been interrupted: the optimiser's averages begin anew in every epoch, and the order of the texts
 * derives from the seed and the epoch alone. Calling it when all is done gives the report again.
 *
 * @throws RecipeError for options and texts that cannot be; ModelError, EngineError if the model cannot be trained, does
 *   not fit into memory, or is not better after any epoch; StoreError; InterruptedError
 */
export async function finetune(options: FinetuneOptions): Promise<FinetuneReport> {
  const settled = settle(options);
  const { model, out, signal, onEvent } = settled;
  const original = readGguf(model.path);
  const types = otherTypes(original);
  if (types.size > 0 && !settled.convert) refuseUnconverted(original, types);
  const path = `${out}.tuning`;
  if (existsSync(out) && !existsSync(path) && !settled.restart) {
    throw new RecipeError(`${out} exists already. Choose another --out, or --restart to overwrite it.`);
  }
  await using folder = await TuningFolder.open(
    path,
    {
      model: model.sha256,
      data: textsSha256(settled.texts),
      heldOut: textsSha256(settled.heldOut),
      epochs: settled.epochs,
      lr: settled.learningRate,
      schedule: settled.schedule,
      warmup: settled.warmUp,
      weightDecay: settled.weightDecay,
      context: settled.context,
      accumulate: settled.accumulate,
      patience: settled.patience,
      seed: settled.seed,
    },
    settled.restart,
  );
  if (folder.state.finished) {
    if (existsSync(out)) return report(settled, folder, original);
    throw new RecipeError(`The run in ${path} was finished, but ${out} is gone. Begin anew with --restart.`);
  }
  folder.requireCheckpoints();
  const memory = estimateMemory(original, settled);
  requireMemory(memory, settled.memory);
  requireDisk(dirname(out), neededDisk(original, settled.epochs, types.size > 0, folder));
  try {
    if (types.size > 0 && !existsSync(folder.converted)) {
      onEvent({ kind: "converting", to: folder.converted });
      await using trainer = new TrainingProcess();
      const { threads } = settled;
      await trainer.call("convert", { from: model.path, to: folder.converted, threads }, { signal });
    }
    await train(settled, folder, types.size > 0 ? folder.converted : model.path, memory);
  } catch (error) {
    if (errorCode(error) !== undefined) throw storeError(error, `write the model in ${path}`);
    throw error;
  }
  const best = bestEpoch(folder.state);
  if (best === undefined) {
    const { before, epochs } = folder.state;
    const lowest = Math.min(...epochs.map(({ heldOutLoss }) => heldOutLoss));
    throw new EngineError(
      `Fine-tuning did not help: the held-out loss was ${before!.toFixed(4)} before and is ${lowest.toFixed(4)} at best. ` +
        "No model is written. Give a lower --lr with --restart, more texts, or held-out texts of the same kind.",
    );
  }
  publish(folder.checkpoint(best.epoch), out);
  await folder.update({ finished: true });
  return report(settled, folder, original);
}

/** Room for the last, the best and the present checkpoint, and for the converted model, less what is there. */
function neededDisk(file: GgufFile, most: number, convert: boolean, folder: TuningFolder): number {
  const { epochs } = folder.state;
  const present = new Set([epochs.at(-1)?.epoch, bestEpoch(folder.state)?.epoch].filter((epoch) => epoch));
  const checkpoints = Math.min(3 - present.size, most - epochs.length);
  const models = checkpoints + (convert && !existsSync(folder.converted) ? 1 : 0);
  return models * f32Bytes(file);
}

async function train(
  options: Settled,
  folder: TuningFolder,
  base: string,
  memory: MemoryEstimate,
): Promise<void> {
  const { signal, onEvent, context, accumulate, epochs, patience } = options;
  const done = folder.state.epochs.length;
  if (done >= epochs || epochsWithoutGain(folder.state) >= patience) return;
  const path = done === 0 ? base : folder.checkpoint(done);
  await using trainer = new TrainingProcess();
  const opened = await trainer.call(
    "open",
    {
      path,
      texts: options.texts,
      heldOut: options.heldOut,
      context,
      epochs,
      accumulate,
      seed: options.seed,
      threads: options.threads,
    },
    { signal },
  );
  let probed: ProbeOutput | undefined;
  if (folder.state.weights === null) {
    const probe = await trainer.call("probe", undefined, { signal });
    if (probe.weights.length === 0) {
      throw new EngineError(`llama.cpp can train no weight of ${options.model.path}.`);
    }
    probed = probe;
    await folder.update({ weights: probe.weights });
  }
  const weights = folder.state.weights!;
  if (folder.state.before === null) {
    // Any will do, and what llama.cpp keeps for it takes memory.
    const file = readGguf(path);
    const size = (name: string) => file.tensors.get(name)?.elements ?? 0;
    const weight = weights.reduce((least, name) => (size(name) < size(least) ? name : least));
    const { loss } = await trainer.call("evaluate", { weight }, { signal });
    await folder.update({ before: loss });
  }
  const rows = opened.rows.slice(done).reduce((sum, count) => sum + count, 0);
  const file = readGguf(path);
  onEvent({
    kind: "plan",
    done,
    epochs,
    rows,
    tokens: opened.tokens,
    labels: opened.labels,
    heldOutLabels: opened.heldOutLabels,
    parameters: opened.parameters,
    trained: trainedParameters(file, weights),
    frozen: frozenWeights(file, weights),
    memory,
    // A pass forward alone takes about a third of one with its way back.
    seconds:
      probed &&
      probed.rowSeconds * (rows + ((epochs - done) * opened.heldOutRows) / 3) +
        probed.startSeconds * (epochs - done),
    before: folder.state.before!,
  });
  for (let epoch = done; epoch < epochs && epochsWithoutGain(folder.state) < patience; epoch += 1) {
    const result = await trainer.call(
      "epoch",
      {
        epoch,
        schedule: { rate: options.learningRate, decay: options.schedule, warmUp: options.warmUp },
        weightDecay: options.weightDecay,
        weights,
        before: epoch === 0 ? base : folder.checkpoint(epoch),
        checkpoint: folder.checkpoint(epoch + 1),
      },
      {
        signal,
        onItem: ({ loss, labels, tokens }) =>
          onEvent({ kind: "row", epoch: epoch + 1, loss: loss / labels, tokens }),
      },
    );
    const tuned = { epoch: epoch + 1, ...result };
    await folder.update({ epochs: [...folder.state.epochs, tuned] });
    onEvent({ kind: "epoch", epoch: tuned, best: bestEpoch(folder.state)?.epoch === tuned.epoch });
  }
}
