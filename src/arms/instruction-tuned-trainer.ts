import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { TextTrainer } from "../classify/trainer.js";
import type { ReadText } from "../engine/engine.js";
import { EngineError, StoreError } from "../errors.js";
import { type FinetuneEvent, type FinetuneOptions, finetune } from "../finetune/finetune.js";
import { holdOut } from "../finetune/training-texts.js";
import { readJson } from "../store/read-json.js";
import { writeFileAtomic } from "../store/write-file.js";
import { readableBeginning } from "../study/readable-beginning.js";
import { answerLead, type LabelledExample, labelQuestion, promptInForm } from "./label-question.js";
import { formOf, type LabelEngine } from "./llm-classifier.js";

export interface InstructionTuning extends Pick<FinetuneOptions, "epochs" | "learningRate" | "accumulate"> {
  readonly model: { readonly path: string; readonly sha256: string };
  /** As prompts call them, by class number. */
  readonly labels: readonly string[];
  /** What is determined: `sentiment`, `topic` or another noun. */
  readonly task: string;
  /** Tokens of a training row: a prompt with its text and answer. */
  readonly context: number;
  /** Share of the texts that the best epoch is found with, default 0.1. */
  readonly heldOut?: number | undefined;
  /** Folder of the trained models, which is there. */
  readonly folder: string;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: FinetuneEvent) => void) | undefined;
  /** Told once for each training. */
  readonly onTuned?: ((tuned: TunedModel) => void) | undefined;
  /** Does work with an engine on a model file, and closes it. */
  readonly withEngine: <T>(
    path: string,
    sha256: string,
    work: (engine: LabelEngine) => Promise<T>,
  ) => Promise<T>;
  /** Reads the labels of texts off a model file. `[texts][labels]` */
  readonly read: (model: TunedModel, texts: readonly string[]) => Promise<Float64Array[]>;
}

const recordSchema = z.object({
  format: z.literal(1),
  /** Held-out loss, mean −ln p of an answer's token, before and after the best epoch; the same if no epoch helped. */
  before: z.number(),
  after: z.number(),
  /** False if no epoch lowered the held-out loss: the model that it began with is what there is. */
  helped: z.boolean(),
});

/** A model that was trained, or the one that it began with, if training did not help. */
export interface TunedModel extends z.infer<typeof recordSchema> {
  /** Of the model that it began with, the texts, and how it was trained. */
  readonly key: string;
  readonly path: string;
}

/**
 * Instruction tuning (paper C): fine-tunes a small language model on questions for the label of the texts that it is
 * given, with the label as the answer, and reads the labels of other texts off it. The weights are those of the epoch
 * with the lowest loss on the answers to a held-out tenth of the texts; if none is lower than before, the model stays as
 * it was, and `converged` is false.
 *
 * A model is kept under the sha256 of all that it depends on, with a note beside it: what was trained once is not
 * trained again. Weights that are not F32 are converted first.
 */
export function instructionTunedTrainer(options: InstructionTuning): TextTrainer {
  return {
    name: "instruction-tuned language model",
    prepare: async (texts) => ({
      train: async (rows, y, { seed }) => {
        const examples = Array.from(rows, (row, i) => ({ text: texts[row]!, label: options.labels[y[i]!]! }));
        const tuned = await tuneOnce(options, examples, seed);
        options.onTuned?.(tuned);
        return {
          converged: tuned.helped,
          probabilities: (others) =>
            options.read(
              tuned,
              Array.from(others, (row) => texts[row]!),
            ),
        };
      },
    }),
  };
}

async function tuneOnce(
  options: InstructionTuning,
  examples: readonly LabelledExample[],
  seed: number,
): Promise<TunedModel> {
  const { model, labels, task, context, epochs, learningRate, accumulate, heldOut = 0.1, folder } = options;
  const key = createHash("sha256")
    .update(
      JSON.stringify([
        1,
        model.sha256,
        examples,
        labels,
        task,
        { context, epochs, learningRate, accumulate, heldOut, seed },
      ]),
    )
    .digest("hex");
  const out = join(folder, `${key.slice(0, 16)}.gguf`);
  const note = join(folder, `${key.slice(0, 16)}.json`);
  const known = await readNote(note);
  if (known && (existsSync(out) || !known.helped)) {
    return { ...known, key, path: known.helped ? out : model.path };
  }
  const texts = await options.withEngine(model.path, model.sha256, (engine) =>
    trainingTexts(engine, examples, options),
  );
  const tuned = await tune(options, {
    ...holdOut(texts, heldOut, seed),
    out,
    seed,
    lost: known !== undefined,
  });
  await writeFileAtomic(note, `${JSON.stringify(tuned, null, 2)}\n`);
  return { ...tuned, key, path: tuned.helped ? out : model.path };
}

type Tuned = z.infer<typeof recordSchema>;

async function tune(
  { model, context, epochs, learningRate, accumulate, threads, signal, onEvent }: InstructionTuning,
  {
    lost,
    ...given
  }: Pick<FinetuneOptions, "texts" | "heldOut" | "out"> & { readonly seed: number; readonly lost: boolean },
): Promise<Tuned> {
  try {
    const report = await finetune({
      ...given,
      model,
      context,
      convert: true,
      // Somebody removed the model and left what it was made with.
      restart: lost,
      ...(epochs === undefined ? {} : { epochs }),
      ...(learningRate === undefined ? {} : { learningRate }),
      ...(accumulate === undefined ? {} : { accumulate }),
      ...(threads === undefined ? {} : { threads }),
      signal,
      ...(onEvent === undefined ? {} : { onEvent }),
    });
    return { format: 1, before: report.before, after: report.best.heldOutLoss, helped: true };
  } catch (error) {
    const before = error instanceof EngineError ? DID_NOT_HELP.exec(error.message)?.[1] : undefined;
    if (before === undefined) throw error;
    return { format: 1, before: Number(before), after: Number(before), helped: false };
  }
}

/** How `finetune` says that no epoch was better than the model was. */
const DID_NOT_HELP = /^Fine-tuning did not help: the held-out loss was ([\d.]+) before/;

/** A question and its answer for each text, cut to what fits into a row. */
async function trainingTexts(
  engine: LabelEngine,
  examples: readonly LabelledExample[],
  { labels, task, context }: InstructionTuning,
): Promise<ReadText[]> {
  const form = await formOf(engine);
  const promptOf = (text: string) => promptInForm(labelQuestion({ text, labels, task }), form);
  const lead = answerLead(task);
  const answers = await Promise.all(labels.map((label) => engine.tokenize(`${lead} ${label}`)));
  const frame =
    (await engine.promptTokens(promptOf(""))).length +
    Math.max(...answers.map(({ length }) => length)) +
    MARGIN;
  const room = context - frame;
  if (room < LEAST_ROOM) {
    throw new EngineError(
      `The question for a label and its answer take ${frame} tokens without the text, and a training row has ${context}. ` +
        "Raise arms.instructionTuned.context.",
    );
  }
  const texts: ReadText[] = [];
  for (const { text, label } of examples) {
    const begin = await readableBeginning(engine, text, room);
    texts.push({ prompt: promptOf(begin), answer: `${lead} ${label}` });
  }
  return texts;
}

/** Less room than this for a text says nothing of what is in it. */
const LEAST_ROOM = 16;
/** A token boundary can move where a text is put into its prompt, and an end token follows the answer. */
const MARGIN = 8;

async function readNote(path: string): Promise<Tuned | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    return await readJson(path, recordSchema);
  } catch (error) {
    // It can be made again.
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}
