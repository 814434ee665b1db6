/** Entry of the child process in which a model is fine-tuned. It serves one operation at a time until the parent goes. */
import { setImmediate as yieldToMessages } from "node:timers/promises";
import { EngineError, ModelError, RecipeError } from "../../errors.js";
import { metadataNumber } from "../../gguf/read.js";
import { seedFrom } from "../../random/seeded-random.js";
import type { ReadText } from "../engine.js";
import { convertToF32 } from "./convert-to-f32.js";
import { learningRate } from "./learning-rate.js";
import { writeCheckpoint } from "./training-checkpoint.js";
import { ADAMW_DEFAULTS, type TrainingContext } from "./training-context.js";
import { loadTrainingLibraries, type TrainingLibraries, TrainingModel } from "./training-model.js";
import type {
  OpenTrainingInput,
  TrainingOperation,
  TrainingOperations,
  TrainingReply,
  TrainingRequest,
} from "./training-protocol.js";
import {
  countedLabels,
  epochRows,
  packRows,
  splitItem,
  type TrainingItem,
  trainingItem,
} from "./training-rows.js";

interface Opened {
  readonly input: OpenTrainingInput;
  readonly model: TrainingModel;
  readonly epochs: readonly (readonly TrainingItem[])[];
  readonly heldOut: readonly TrainingItem[];
}

let libraries: TrainingLibraries | undefined;
let opened: Opened | undefined;

function send(message: TrainingReply): void {
  if (process.connected) process.send?.(message);
}

function training(): Opened {
  if (!opened) throw new Error("No model is loaded.");
  return opened;
}

/** Texts as items of at most a row. A prompt and its answer stay together; a longer text is cut. */
function itemsOf(model: TrainingModel, texts: readonly ReadText[], context: number): TrainingItem[] {
  return texts.flatMap((text) => {
    const item = model.item(text);
    if (typeof text === "string") return splitItem(item, context);
    if (item.tokens.length <= context) return [item];
    const start = JSON.stringify(text.answer ?? "").slice(0, 60);
    throw new RecipeError(
      `A prompt and its answer have ${item.tokens.length} tokens together, and a row ${context}: the answer begins ${start}. ` +
        "Raise --context, or leave the example out.",
    );
  });
}

function checkContext(model: TrainingModel, context: number): void {
  const longest = metadataNumber(model.file, `${model.architecture}.context_length`);
  if (longest !== undefined && context > longest) {
    throw new RecipeError(
      `The model reads at most ${longest} tokens: --context ${context} is more than that.`,
    );
  }
}

function finite(loss: number, where: string): number {
  if (Number.isFinite(loss)) return loss;
  throw new EngineError(
    `The loss is no longer a number ${where}: the learning rate is too high for this model. Give a lower --lr, and --restart.`,
  );
}

async function evaluate(context: TrainingContext, rows: readonly TrainingItem[]): Promise<number> {
  let loss = 0;
  for (const row of rows) {
    await yieldToMessages();
    loss += context.evaluate(row).loss;
  }
  return loss / countedLabels(rows);
}

type Handler<N extends TrainingOperation> = (
  input: TrainingOperations[N]["input"],
  emit: (item: TrainingOperations[N]["item"]) => void,
) => Promise<TrainingOperations[N]["output"]>;

const handlers: { [N in TrainingOperation]: Handler<N> } = {
  async open(input) {
    libraries ??= await loadTrainingLibraries();
    const model = new TrainingModel(libraries, input.path, input.threads);
    checkContext(model, input.context);
    const items = itemsOf(model, input.texts, input.context);
    const heldOut = packRows(itemsOf(model, input.heldOut, input.context), input.context);
    const epochs = Array.from({ length: input.epochs }, (_, epoch) =>
      epochRows(items, input.context, seedFrom(input.seed, "finetune", epoch)),
    );
    if (items.length === 0)
      throw new RecipeError("No training text has a token to learn: the texts are empty.");
    if (heldOut.length === 0)
      throw new RecipeError("No held-out text has a token to learn: the texts are empty.");
    opened = { input, model, epochs, heldOut };
    return {
      rows: epochs.map((rows) => rows.length),
      tokens: items.reduce((sum, item) => sum + item.tokens.length, 0),
      labels: countedLabels(items),
      heldOutRows: heldOut.length,
      heldOutLabels: countedLabels(heldOut),
      parameters: model.parameters,
    };
  },

  async probe() {
    const { input, model, epochs } = training();
    const context = model.createContext({ tokens: input.context, accumulate: 1 });
    const seconds = () => {
      const started = performance.now();
      context.train(epochs[0]![0]!);
      return (performance.now() - started) / 1000;
    };
    const first = seconds();
    const rowSeconds = seconds();
    const weights = [...context.withGradient];
    context.free();
    // The steps changed the weights, and every weight now counts as trained: only a new model is free of both.
    model.free();
    opened = { ...training(), model: new TrainingModel(libraries!, input.path, input.threads) };
    return { weights, rowSeconds, startSeconds: Math.max(0, first - rowSeconds) };
  },

  async evaluate({ weight }) {
    const { input, model, heldOut } = training();
    const context = model.createContext({ tokens: input.context, accumulate: 1, weights: new Set([weight]) });
    try {
      const loss = await evaluate(context, heldOut);
      if (Number.isFinite(loss)) return { loss };
      throw new ModelError(`${model.file.path} is damaged: its loss on the held-out texts is not a number.`);
    } finally {
      context.free();
    }
  },

  async epoch({ epoch, schedule, weightDecay, weights, before, checkpoint }, emit) {
    const { input, model, epochs, heldOut } = training();
    const { accumulate } = input;
    const stepsOf = (rows: readonly TrainingItem[]) => Math.ceil(rows.length / accumulate);
    const rows = epochs[epoch]!;
    const stepsOfEpoch = stepsOf(rows);
    const stepsBefore = epochs.slice(0, epoch).reduce((sum, earlier) => sum + stepsOf(earlier), 0);
    const stepsOfRun = epochs.reduce((sum, one) => sum + stepsOf(one), 0);
    // Fills the last step, whose gradients would not be used otherwise. Nothing of it counts.
    const empty = trainingItem(new Int32Array(input.context), input.context);
    const context = model.createContext({ tokens: input.context, accumulate, weights: new Set(weights) });
    try {
      const started = performance.now();
      let [loss, labels] = [0, 0];
      const padded = stepsOfEpoch * accumulate;
      for (let at = 0; at < padded; at += 1) {
        await yieldToMessages();
        const inEpoch = Math.floor(at / accumulate);
        context.optimizer = {
          ...ADAMW_DEFAULTS,
          learningRate: learningRate(schedule, {
            inEpoch,
            stepsOfEpoch,
            inRun: stepsBefore + inEpoch,
            stepsOfRun,
          }),
          weightDecay,
        };
        const row = rows[at] ?? empty;
        const trained = context.train(row);
        finite(trained.loss, `at step ${inEpoch + 1} of ${stepsOfEpoch} of epoch ${epoch + 1}`);
        loss += trained.loss;
        labels += trained.labels;
        if (at < rows.length) emit({ ...trained, tokens: row.tokens.length });
      }
      const seconds = (performance.now() - started) / 1000;
      const heldOutLoss = finite(await evaluate(context, heldOut), `after epoch ${epoch + 1}`);
      await yieldToMessages();
      writeCheckpoint(libraries!.native, model.file, context.tensors, before, checkpoint);
      return {
        loss: loss / labels,
        heldOutLoss,
        tokens: rows.length * input.context,
        seconds,
        peakMemory: process.resourceUsage().maxRSS * 1024,
      };
    } finally {
      context.free();
    }
  },

  async convert({ from, to, threads }) {
    libraries ??= await loadTrainingLibraries();
    convertToF32(libraries.training, from, to, threads);
    return undefined;
  },
};

process.on("message", async ({ name, input }: TrainingRequest) => {
  try {
    const handler = handlers[name] as Handler<TrainingOperation>;
    const output = await handler(input as never, (item) => send({ kind: "item", item }));
    send({ kind: "done", output });
  } catch (error) {
    const { message, name: kind, code } = error as NodeJS.ErrnoException;
    send({ kind: "failed", message, error: kind, code });
  }
});
// The parent is gone, by its own will or by a kill: nobody is left to answer to.
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole group; the parent decides what it means.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
