/** How a Transformer encoder is fine-tuned. */
export interface TrainerSettings {
  /** A model of the Hugging Face Hub, `OWNER/NAME[@REVISION]`, or a folder. */
  readonly model: string;
  /** Of AdamW; it stays the same throughout. */
  readonly learningRate: number;
  /** Texts of a step; or sizes by the number of training texts, in rising order, the last without a bound. */
  readonly batchSize: number | readonly BatchStep[];
  /** Of AdamW. */
  readonly weightDecay: number;
  readonly epochs: number;
  /** Epochs without a better macro-F1 on the validation texts before training stops; undefined: it never does. */
  readonly patience: number | undefined;
  /** Before the classifier's output. */
  readonly dropout: number;
  /** Tokens of a text, special ones included; the rest is cut off. */
  readonly maxLength: number;
}

export interface BatchStep {
  /** Largest number of training texts that the size is for; left out, there is none. */
  readonly upTo?: number | undefined;
  readonly batchSize: number;
}

/** What a paper trains, as plain data. */
export interface TrainerPreset extends TrainerSettings {
  /** Classifiers that the paper trains on each data set. */
  readonly seeds: number;
  /** How the paper's training sets are drawn. */
  readonly draws: "whole data set" | "class-balanced subsets";
  readonly metric: "macro-f1" | "accuracy" | "auroc";
  /** Whether early stopping reads human validation texts. */
  readonly needsValidation: boolean;
  /** What the paper does not say, or where sources differ. */
  readonly notes: readonly string[];
}

export const TRAINER_PRESET_NAMES = ["paper-a", "paper-c", "paper-d"] as const;
export type TrainerPresetName = (typeof TRAINER_PRESET_NAMES)[number];

const WEIGHT_DECAY_NOTE = "The weight decay is PyTorch's default; the paper gives none.";

/**
 * The papers' classifiers. A: arXiv 2606.18389, its released code. C: "Better as Generators Than Classifiers", its
 * released code. D names neither its model nor its settings: paper A's stand in their place.
 */
export const TRAINER_PRESETS: Readonly<Record<TrainerPresetName, TrainerPreset>> = {
  "paper-a": {
    model: "FacebookAI/xlm-roberta-base",
    learningRate: 2e-5,
    batchSize: 16,
    weightDecay: 0.01,
    epochs: 50,
    patience: 10,
    dropout: 0.2,
    maxLength: 512,
    seeds: 20,
    draws: "whole data set",
    metric: "macro-f1",
    needsValidation: true,
    notes: [WEIGHT_DECAY_NOTE],
  },
  "paper-c": {
    model: "FacebookAI/xlm-roberta-large",
    learningRate: 1e-5,
    batchSize: [
      { upTo: 20, batchSize: 4 },
      { upTo: 40, batchSize: 6 },
      { upTo: 100, batchSize: 8 },
      { upTo: 150, batchSize: 12 },
      { upTo: 250, batchSize: 16 },
      { upTo: 600, batchSize: 32 },
      { batchSize: 64 },
    ],
    weightDecay: 0.01,
    epochs: 50,
    patience: undefined,
    dropout: 0.2,
    maxLength: 256,
    seeds: 20,
    draws: "class-balanced subsets",
    metric: "accuracy",
    needsValidation: false,
    notes: [
      WEIGHT_DECAY_NOTE,
      "The dropout is that of the released code; another text about the paper says 0.3.",
    ],
  },
  "paper-d": {
    model: "FacebookAI/xlm-roberta-base",
    learningRate: 2e-5,
    batchSize: 16,
    weightDecay: 0.01,
    epochs: 50,
    patience: 10,
    dropout: 0.2,
    maxLength: 512,
    seeds: 20,
    draws: "whole data set",
    metric: "auroc",
    needsValidation: true,
    notes: [
      "The paper's model and settings are not known: those of paper A stand in their place. Only the metric is the paper's.",
    ],
  },
};

/**
 * Texts of a step for a training set.
 * @throws RangeError when no step fits.
 */
export function batchSizeFor(batchSize: TrainerSettings["batchSize"], trainingTexts: number): number {
  if (typeof batchSize === "number") return batchSize;
  const step = batchSize.find(({ upTo = Number.POSITIVE_INFINITY }) => trainingTexts <= upTo);
  if (step === undefined) throw new RangeError(`No batch size is given for ${trainingTexts} training texts.`);
  return step.batchSize;
}
