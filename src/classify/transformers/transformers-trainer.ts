import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ModelError, RecipeError } from "../../errors.js";
import type { PreparedTexts, TextTrainer, TrainedOnTexts } from "../trainer.js";
import type { LabelledRow } from "../training-draw.js";
import { batchSizeFor, TRAINER_PRESETS, type TrainerPresetName, type TrainerSettings } from "./presets.js";
import { RunnerProcess } from "./runner-process.js";
import type { PreparedReply, TrainRequest } from "./runner-protocol.js";
import { requireTrainerPython } from "./trainer-environment.js";

/** Above this share of unknown tokens a model reads next to nothing of the texts. */
const MOST_UNKNOWN = 0.5;

type GivenSettings = { readonly [Key in keyof TrainerSettings]?: TrainerSettings[Key] | undefined };

export interface TransformersTrainerOptions extends GivenSettings {
  /** Whose settings stand where none are given. Default `paper-a`. */
  readonly preset?: TrainerPresetName | undefined;
  /**
   * Human texts that early stopping reads. Without them there is none: every training has all its epochs, and ends
   * with the last one's weights. They must not be those that the classifiers are judged on.
   */
  readonly validation?: ValidationTexts | undefined;
  /** Python interpreter. Default: as `findTrainerPython` says. */
  readonly python?: string | undefined;
  /** Called after each epoch. */
  readonly onEpoch?: ((epoch: EpochProgress) => void) | undefined;
  /** Called once for what one should know, such as texts that are cut off. */
  readonly onNote?: ((note: string) => void) | undefined;
  /** The program that Python runs, for tests. */
  readonly program?: string | undefined;
  /** See `RunnerOptions`. */
  readonly silence?: number | undefined;
}

export interface ValidationTexts {
  readonly rows: readonly LabelledRow[];
  /** The classes' labels in the order of their numbers. In `compareArms` these are the test's, sorted. */
  readonly labels: readonly string[];
}

export interface EpochProgress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly seed: number;
  /** Mean cross-entropy over the epoch's texts, in nats. */
  readonly loss: number;
  /** Undefined without validation texts. */
  readonly validationMacroF1: number | undefined;
  readonly bestEpoch: number;
}

/** A trainer with a Python process behind it, which starts with the first texts. Whoever makes it closes it. */
export interface TransformersTrainer extends TextTrainer, AsyncDisposable {}

/**
 * Fine-tunes all weights of a Transformer encoder with a classifier on top, as papers A, C and D do: AdamW at a constant
 * learning rate, and, with validation texts, early stopping by their macro-F1 with the best epoch's weights restored.
 * Python does it, with Hugging Face Transformers: `tiller doctor --trainer` says what is missing.
 *
 * Each training starts from the pretrained weights with a new head. The same texts, rows and seed give the same
 * probabilities on the same machine. Only the last trained model is kept; another one that is asked again is trained
 * again. `converged` is false when the last epoch's loss is no lower than that of guessing, ln(classes).
 *
 * @throws RecipeError for settings out of range, a folder that does not exist, or validation labels that are no class.
 */
export function transformersTrainer(options: TransformersTrainerOptions = {}): TransformersTrainer {
  const settings = trainerSettings(options);
  const source = modelSource(settings.model);
  const { validation, onNote } = options;
  const validationY = validation?.rows.map(({ label }) => classOf(label, validation.labels));
  let runner: Promise<RunnerProcess> | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  /** What the runner holds: the texts that were prepared last, and the model that was trained last. */
  let held: { prepared?: object; trained?: object } = {};

  /** The runner does one thing at a time. */
  function inTurn<T>(work: (process: RunnerProcess) => Promise<T>): Promise<T> {
    const result = queue.then(async () => {
      runner ??= start(options, settings.model);
      try {
        return await work(await runner);
      } catch (error) {
        // A process that failed is not asked again.
        held = {};
        const failed = runner;
        runner = undefined;
        await failed.then((process) => process[Symbol.asyncDispose]()).catch(() => {});
        throw error;
      }
    });
    queue = result.catch(() => {});
    return result;
  }

  return {
    name: `${settings.model}, fine-tuned`,
    prepare: async (texts, { signal } = {}) => {
      const mine = {};
      const all = [...texts, ...(validation?.rows.map(({ text }) => text) ?? [])].map((text) =>
        text.normalize("NFC").toWellFormed(),
      );
      const validationRows = validationY?.map((_, i) => texts.length + i);
      const prepareWith = async (process: RunnerProcess): Promise<PreparedReply | undefined> => {
        if (held.prepared === mine) return undefined;
        held = {};
        const { dropout, maxLength } = settings;
        const reply = await process.call(
          { op: "prepare", ...source, texts: all, dropout, maxLength },
          { signal },
        );
        held = { prepared: mine };
        return reply;
      };
      const found = await inTurn(prepareWith);
      if (found) report(found, settings, all.length, validation !== undefined, onNote);
      return preparedTexts();

      function preparedTexts(): PreparedTexts {
        return {
          train: async (rows, y, { classes, seed }) => {
            checkClasses(rows, y, classes);
            if (validationY?.some((k) => k >= classes)) {
              throw new RangeError("The validation texts have more classes than the training.");
            }
            const model = {};
            const request: TrainRequest = {
              op: "train",
              rows: [...rows],
              y: [...y],
              classes,
              // PyTorch takes no negative seed.
              seed: seed >>> 0,
              learningRate: settings.learningRate,
              weightDecay: settings.weightDecay,
              batchSize: batchSizeFor(settings.batchSize, rows.length),
              epochs: settings.epochs,
              patience: settings.patience ?? null,
              validation: validationY && validationRows ? { rows: validationRows, y: validationY } : null,
            };
            const trainWith = async (process: RunnerProcess) => {
              await prepareWith(process);
              delete held.trained;
              const reply = await process.call(request, {
                signal,
                onEpoch: ({ event: _, validationMacroF1, ...epoch }) =>
                  options.onEpoch?.({ ...epoch, seed, validationMacroF1: validationMacroF1 ?? undefined }),
              });
              held.trained = model;
              return reply;
            };
            const { loss } = await inTurn(trainWith);
            return {
              converged: loss < Math.log(classes),
              probabilities: (others) =>
                inTurn(async (process) => {
                  if (held.trained !== model) await trainWith(process);
                  const { probabilities } = await process.call(
                    { op: "classify", rows: [...others] },
                    { signal },
                  );
                  return probabilities.map((row) => Float64Array.from(row));
                }),
            } satisfies TrainedOnTexts;
          },
        };
      }
    },
    [Symbol.asyncDispose]: async () => {
      const process = await runner?.catch(() => undefined);
      runner = undefined;
      await process?.[Symbol.asyncDispose]();
    },
  };
}

async function start(
  { python, program, silence }: TransformersTrainerOptions,
  model: string,
): Promise<RunnerProcess> {
  return new RunnerProcess({ python: python ?? (await requireTrainerPython()), program, model, silence });
}

/**
 * The preset's settings with those that are given in their place.
 * @throws RecipeError for numbers out of range.
 */
export function trainerSettings(options: TransformersTrainerOptions): TrainerSettings {
  const { preset = "paper-a" } = options;
  const base = TRAINER_PRESETS[preset];
  const settings: TrainerSettings = {
    model: options.model ?? base.model,
    learningRate: options.learningRate ?? base.learningRate,
    batchSize: options.batchSize ?? base.batchSize,
    weightDecay: options.weightDecay ?? base.weightDecay,
    epochs: options.epochs ?? base.epochs,
    patience: options.patience ?? base.patience,
    dropout: options.dropout ?? base.dropout,
    maxLength: options.maxLength ?? base.maxLength,
  };
  const { learningRate, weightDecay, dropout } = settings;
  const checks: [string, unknown, boolean, string][] = [
    ["learningRate", learningRate, learningRate > 0 && learningRate < 1, "above 0 and below 1"],
    ["weightDecay", weightDecay, weightDecay >= 0 && weightDecay < 1, "from 0 and below 1"],
    ["dropout", dropout, dropout >= 0 && dropout < 1, "from 0 and below 1"],
    ["epochs", settings.epochs, isCount(settings.epochs), "a whole number from 1"],
    ["patience", settings.patience, isCount(settings.patience ?? 1), "a whole number from 1"],
    ["maxLength", settings.maxLength, isCount(settings.maxLength - 2), "a whole number from 3"],
    [
      "batchSize",
      settings.batchSize,
      typeof settings.batchSize !== "number" || isCount(settings.batchSize),
      "a whole number from 1",
    ],
  ];
  for (const [key, value, isRight, range] of checks) {
    if (!isRight) throw new RecipeError(`The classifier's ${key} must be ${range}; it is ${value}.`);
  }
  return settings;
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}

const HUB_ID = /^(?:hf:)?([A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?)(?:@([\w./-]+))?$/;

/** A folder where there is one or the name is a path; a model of the Hub otherwise. */
function modelSource(model: string): { model: string; revision: string | null } {
  const folder = resolve(model.replace(/^file:/, ""));
  if (existsSync(folder)) {
    if (existsSync(resolve(folder, "config.json"))) return { model: folder, revision: null };
    throw new ModelError(
      `${folder} is no folder of a Transformers model: it has no config.json. A GGUF file cannot be fine-tuned as an encoder.`,
    );
  }
  const match = HUB_ID.exec(model);
  if (match === null) {
    throw new RecipeError(
      `There is no folder ${folder}. Give the folder of a Transformers model, or OWNER/NAME[@REVISION] of the Hugging Face Hub.`,
    );
  }
  return { model: match[1]!, revision: match[2] ?? null };
}

function classOf(label: string, labels: readonly string[]): number {
  const k = labels.indexOf(label);
  if (k >= 0) return k;
  throw new RecipeError(
    `The validation texts have the label "${label}", which is no class: ${labels.map((name) => `"${name}"`).join(", ")}. Labels must be spelled alike everywhere.`,
  );
}

function checkClasses(rows: Int32Array, y: Int32Array, classes: number): void {
  if (rows.length !== y.length) throw new RangeError(`${rows.length} rows and ${y.length} classes.`);
  const seen = new Set(y);
  for (let k = 0; k < classes; k++)
    if (!seen.has(k)) throw new RangeError(`Class ${k} has no training text.`);
  if (classes < 2 || seen.size !== classes) throw new RangeError(`${classes} classes cannot be trained.`);
}

/** Says what the model makes of the texts, and refuses one that cannot read them. */
function report(
  found: PreparedReply,
  { model, maxLength, patience }: TrainerSettings,
  texts: number,
  hasValidation: boolean,
  onNote: ((note: string) => void) | undefined,
): void {
  if (found.unknownShare > MOST_UNKNOWN) {
    throw new ModelError(
      `${model} cannot read these texts: ${Math.round(100 * found.unknownShare)} % of their tokens are not in its vocabulary, as happens with another script. Take a multilingual model, such as FacebookAI/xlm-roberta-base.`,
    );
  }
  if (found.unknownShare > 0.05) {
    onNote?.(
      `${Math.round(100 * found.unknownShare)} % of the texts' tokens are not in the vocabulary of ${model}.`,
    );
  }
  if (found.maxLength < maxLength) onNote?.(`${model} reads at most ${found.maxLength} tokens of a text.`);
  if (found.truncated > 0) {
    onNote?.(
      `${found.truncated} of ${texts} texts are longer than ${found.maxLength} tokens and are cut off.`,
    );
  }
  if (!found.hasDropout)
    onNote?.(`${model} has no dropout before its classifier; the setting is without effect.`);
  if (patience !== undefined && !hasValidation) {
    onNote?.("There are no validation texts, so no training stops early: each has all its epochs.");
  }
  if (found.device === "cpu") onNote?.(`PyTorch fine-tunes ${model} on the processor; it sees no GPU.`);
}
