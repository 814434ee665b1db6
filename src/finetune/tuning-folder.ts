import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { RecipeError, StoreError } from "../errors.js";
import { storeError } from "../store/failure.js";
import { type FolderLock, lockFolder } from "../store/lock.js";
import { readJson } from "../store/read-json.js";
import { writeFileAtomic } from "../store/write-file.js";

/** What makes a run the one it is, under the names of the command line's options. */
const settingsSchema = z.object({
  model: z.string(),
  data: z.string(),
  heldOut: z.string(),
  epochs: z.int(),
  lr: z.number(),
  schedule: z.string(),
  warmup: z.number(),
  weightDecay: z.number(),
  context: z.int(),
  accumulate: z.int(),
  patience: z.int(),
  seed: z.int(),
});

const epochSchema = z.object({
  /** From 1. */
  epoch: z.int().min(1),
  loss: z.number(),
  heldOutLoss: z.number(),
  tokens: z.number(),
  seconds: z.number(),
  peakMemory: z.number(),
});

const stateSchema = z.object({
  format: z.literal(1),
  settings: settingsSchema,
  /** Weights that are trained, once it is known. */
  weights: z.array(z.string()).readonly().nullable(),
  /** Held-out loss before the first step, once it is known. */
  before: z.number().nullable(),
  epochs: z.array(epochSchema).readonly(),
  finished: z.boolean(),
});

export type TuningSettings = z.infer<typeof settingsSchema>;
export type TunedEpoch = z.infer<typeof epochSchema>;
export type TuningState = z.infer<typeof stateSchema>;

const OPTIONS: Readonly<Record<keyof TuningSettings, string>> = {
  model: "the model",
  data: "--data",
  heldOut: "--held-out",
  epochs: "--epochs",
  lr: "--lr",
  schedule: "--schedule",
  warmup: "--warmup",
  weightDecay: "--weight-decay",
  context: "--context",
  accumulate: "--accumulate",
  patience: "--patience",
  seed: "--seed",
};

/** Names of models and temporary files that a run makes: nothing else in its folder is removed. */
const OWN_FILE = /^(epoch-\d+|converted-[0-9a-f]+)\.gguf(\.partial-\d+)?$|^\.tiller-.*\.tmp$/;

/** The epoch with the lowest held-out loss; undefined if there is none yet, or none is better than before. */
export function bestEpoch({ before, epochs }: TuningState): TunedEpoch | undefined {
  let best: TunedEpoch | undefined;
  for (const epoch of epochs) {
    if (epoch.heldOutLoss < (best?.heldOutLoss ?? before ?? Number.POSITIVE_INFINITY)) best = epoch;
  }
  return best;
}

/** Epochs since the best one, or since the beginning. */
export function epochsWithoutGain(state: TuningState): number {
  return state.epochs.length - (bestEpoch(state)?.epoch ?? 0);
}

/** The folder beside the output in which a run keeps its state and the model after its last and its best epoch. */
export class TuningFolder implements AsyncDisposable {
  readonly path: string;
  readonly #model: string;
  readonly #lock: FolderLock;
  #state: TuningState;

  private constructor(path: string, model: string, lock: FolderLock, state: TuningState) {
    this.path = path;
    this.#model = model;
    this.#lock = lock;
    this.#state = state;
  }

  /**
   * Takes up the run in this folder, or begins one.
   *
   * @param restart throws away what is there
   * @throws RecipeError if it is a run with other settings; StoreError if it is in use, damaged or cannot be written
   */
  static async open(path: string, settings: TuningSettings, restart: boolean): Promise<TuningFolder> {
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      throw storeError(error, `make the folder ${path}`);
    }
    const lock = await lockFolder(path);
    try {
      const file = join(path, "state.json");
      if (restart) {
        for (const name of readdirSync(path)) {
          if (name === "state.json" || OWN_FILE.test(name)) rmSync(join(path, name), { force: true });
        }
      }
      const exists = readdirSync(path).includes("state.json");
      const state: TuningState = exists
        ? await readJson(file, stateSchema, "Begin anew with --restart.")
        : { format: 1, settings, weights: null, before: null, epochs: [], finished: false };
      refuseOtherSettings(path, state.settings, settings);
      const folder = new TuningFolder(path, settings.model, lock, state);
      folder.#removeStale();
      return folder;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get state(): TuningState {
    return this.#state;
  }

  /** Keeps a change of the state: it is on the disk when the promise resolves. */
  async update(change: Partial<Omit<TuningState, "format" | "settings">>): Promise<void> {
    const state = { ...this.#state, ...change };
    await writeFileAtomic(join(this.path, "state.json"), `${JSON.stringify(state, null, 2)}\n`);
    this.#state = state;
    this.#removeStale();
  }

  /** The model after an epoch. */
  checkpoint(epoch: number): string {
    return join(this.path, `epoch-${epoch}.gguf`);
  }

  /** The model with F32 weights, made of one whose weights are not: before the first epoch another may have been here. */
  get converted(): string {
    return join(this.path, `converted-${this.#model.slice(0, 16)}.gguf`);
  }

  /** @throws StoreError if a checkpoint that the state names is not there */
  requireCheckpoints(): void {
    const { epochs } = this.#state;
    const files = readdirSync(this.path);
    const missing = [epochs.at(-1), bestEpoch(this.#state)]
      .filter((epoch) => epoch !== undefined)
      .map(({ epoch }) => this.checkpoint(epoch))
      .find((checkpoint) => !files.some((name) => resolve(this.path, name) === resolve(checkpoint)));
    if (missing !== undefined) throw new StoreError(`${missing} is missing. Begin anew with --restart.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock.release();
  }

  /** Removes what is no longer needed, and what a killed process left. */
  #removeStale(): void {
    const { epochs, finished } = this.#state;
    const kept = new Set<string>();
    if (!finished) {
      kept.add(this.converted);
      for (const epoch of [epochs.at(-1), bestEpoch(this.#state)]) {
        if (epoch) kept.add(this.checkpoint(epoch.epoch));
      }
    }
    for (const name of readdirSync(this.path)) {
      if (OWN_FILE.test(name) && !kept.has(join(this.path, name))) {
        rmSync(join(this.path, name), { force: true });
      }
    }
  }
}

function refuseOtherSettings(path: string, kept: TuningSettings, asked: TuningSettings): void {
  const keys = Object.keys(OPTIONS) as (keyof TuningSettings)[];
  const differing = keys.filter((key) => kept[key] !== asked[key]);
  if (differing.length === 0) return;
  const list = differing.map((key) => {
    // Sums say nothing to a person.
    if (["model", "data", "heldOut"].includes(key)) return `${OPTIONS[key]} has changed`;
    return `${OPTIONS[key]} was ${kept[key]} and is now ${asked[key]}`;
  });
  throw new RecipeError(
    `${path} holds a run with other settings: ${list.join("; ")}. Give the same ones to go on, another --out, or ` +
      "--restart to throw away what was done.",
  );
}
