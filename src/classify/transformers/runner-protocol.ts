/** What Tiller and `runner.py` say to each other: JSON lines, one request at a time. */

export type RunnerRequest = PrepareRequest | TrainRequest | ClassifyRequest;

/** Reads the model's configuration and tokenizer, and the texts, whose places are the rows of what follows. */
export interface PrepareRequest {
  readonly op: "prepare";
  readonly model: string;
  /** Branch, tag or commit of a model of the Hub. */
  readonly revision: string | null;
  readonly texts: readonly string[];
  readonly dropout: number;
  readonly maxLength: number;
}

/** Trains from the pretrained weights, and keeps the result until the next training. */
export interface TrainRequest {
  readonly op: "train";
  readonly rows: readonly number[];
  readonly y: readonly number[];
  readonly classes: number;
  readonly seed: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly patience: number | null;
  readonly validation: { readonly rows: readonly number[]; readonly y: readonly number[] } | null;
}

/** Asks the model that was trained last. */
export interface ClassifyRequest {
  readonly op: "classify";
  readonly rows: readonly number[];
}

export interface ReadyReply {
  readonly event: "ready";
  readonly torch: string;
  readonly transformers: string;
}

export interface PreparedReply {
  readonly event: "prepared";
  readonly device: "cpu" | "cuda";
  readonly modelType: string;
  /** Of a model of the Hub. */
  readonly commit: string | null;
  /** What the model can read of `maxLength`. */
  readonly maxLength: number;
  /** Texts that are longer. */
  readonly truncated: number;
  /** Share of tokens that the model's vocabulary lacks. */
  readonly unknownShare: number;
  readonly hasDropout: boolean;
}

export interface EpochReply {
  readonly event: "epoch";
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean cross-entropy over the epoch's texts, in nats. */
  readonly loss: number;
  /** Null without validation texts. */
  readonly validationMacroF1: number | null;
  readonly bestEpoch: number;
}

export interface TrainedReply {
  readonly event: "trained";
  readonly epochs: number;
  /** The epoch whose weights were kept. */
  readonly bestEpoch: number;
  /** Of the last epoch. */
  readonly loss: number;
}

export interface ClassifiedReply {
  readonly event: "classified";
  /** `[rows][classes]` */
  readonly probabilities: readonly (readonly number[])[];
}

export interface FailedReply {
  readonly event: "failed";
  readonly code: FailureCode;
  readonly message: string;
  readonly epoch?: number;
  readonly modelType?: string;
}

export type FailureCode =
  | "packages"
  | "not-an-encoder"
  | "not-found"
  | "gated"
  | "no-network"
  | "unreadable"
  | "no-tokenizer"
  | "not-finite"
  | "memory"
  | "unexpected";

export type RunnerReply =
  | ReadyReply
  | PreparedReply
  | EpochReply
  | TrainedReply
  | ClassifiedReply
  | FailedReply
  /** Comes every few seconds, whatever else is done. */
  | { readonly event: "alive" };
