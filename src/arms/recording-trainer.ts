import type { TextTrainer } from "../classify/trainer.js";

/** A trainer that keeps what its classifiers say, in the order in which they were asked. */
export interface RecordingTrainer extends TextTrainer {
  /** One for each classifier that was asked. `[classifiers][texts][classes]` */
  readonly predictions: readonly (readonly Float64Array[])[];
}

/** Keeps the predictions behind a comparison, which gives their scores alone. */
export function recordingTrainer(trainer: TextTrainer): RecordingTrainer {
  const predictions: (readonly Float64Array[])[] = [];
  return {
    name: trainer.name,
    predictions,
    prepare: async (texts, options) => {
      const prepared = await trainer.prepare(texts, options);
      return {
        train: async (rows, y, how) => {
          const trained = await prepared.train(rows, y, how);
          return {
            converged: trained.converged,
            probabilities: async (others) => {
              const found = await trained.probabilities(others);
              predictions.push(found);
              return found;
            },
          };
        },
      };
    },
  };
}
