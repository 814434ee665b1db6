/** Messages between fine-tuning in this process and llama.cpp's optimiser in a child process of its own. */
import type { ReadText } from "../engine.js";
import type { LearningRateSchedule } from "./learning-rate.js";

export interface OpenTrainingInput {
  /** Model whose weights are F32; a checkpoint when a run goes on. */
  readonly path: string;
  readonly texts: readonly ReadText[];
  readonly heldOut: readonly ReadText[];
  /** Tokens of a row. */
  readonly context: number;
  readonly epochs: number;
  readonly accumulate: number;
  readonly seed: number;
  readonly threads: number;
}

export interface OpenTrainingOutput {
  /** Rows of each epoch. */
  readonly rows: readonly number[];
  /** Tokens of the texts, and of them the labels that count. */
  readonly tokens: number;
  readonly labels: number;
  readonly heldOutRows: number;
  readonly heldOutLabels: number;
  readonly parameters: number;
}

export interface ProbeOutput {
  /** Weights that the optimiser changes, by name. */
  readonly weights: readonly string[];
  /** One row forward and back, with a step of the optimiser. */
  readonly rowSeconds: number;
  /** What the first row of an epoch takes besides: it makes the optimiser's memory. */
  readonly startSeconds: number;
}

export interface EpochInput {
  /** From 0. */
  readonly epoch: number;
  readonly schedule: LearningRateSchedule;
  readonly weightDecay: number;
  readonly weights: readonly string[];
  /** The model as it was before this epoch: what is not trained is copied from it. */
  readonly before: string;
  /** Where the model is written afterwards. */
  readonly checkpoint: string;
}

/** One row has been trained on. */
export interface TrainedRow {
  /** Sum of −ln p over the labels that count, before the row changed the weights. */
  readonly loss: number;
  readonly labels: number;
  readonly tokens: number;
}

export interface EpochOutput {
  /** Mean of −ln p over the epoch's labels, each before its row changed the weights. */
  readonly loss: number;
  /** The same over the held-out texts, after the epoch. */
  readonly heldOutLoss: number;
  readonly tokens: number;
  /** Of the training alone. */
  readonly seconds: number;
  /** Most memory that the child process has held, in bytes. */
  readonly peakMemory: number;
}

/** Every operation: what goes in, what comes back one by one, and what comes back at the end. */
export interface TrainingOperations {
  open: { input: OpenTrainingInput; item: never; output: OpenTrainingOutput };
  /** Steps that are thrown away: which weights they reach, how long they take, and whether they can be done at all. */
  probe: { input: undefined; item: never; output: ProbeOutput };
  /** Loss of the held-out texts. `weight` names one that can be trained: llama.cpp wants one. */
  evaluate: { input: { weight: string }; item: never; output: { loss: number } };
  epoch: { input: EpochInput; item: TrainedRow; output: EpochOutput };
  /** Writes the model's F32 copy. */
  convert: { input: { from: string; to: string; threads: number }; item: never; output: undefined };
}

export type TrainingOperation = keyof TrainingOperations;

export type TrainingRequest = {
  [N in TrainingOperation]: { name: N; input: TrainingOperations[N]["input"] };
}[TrainingOperation];

export type TrainingReply =
  | { kind: "item"; item: unknown }
  | { kind: "done"; output: unknown }
  | {
      kind: "failed";
      message: string;
      /** Name of the error's class. */
      error: string;
      /** A file system's code. */
      code: string | undefined;
    };
