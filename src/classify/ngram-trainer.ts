import type { TextClassifierOptions } from "./classifier.js";
import { fitNgramCounts, ngramRanges, transformCounts } from "./features.js";
import { predictProbabilities, trainLogisticRegression } from "./logistic-regression.js";
import { countNgrams } from "./ngram-counts.js";
import type { TextTrainer } from "./trainer.js";

/**
 * Logistic regression on word and character n-grams, weighted by tf-idf. The vocabulary is fitted on the rows that are
 * trained on; the n-grams of all texts are counted once. It has no randomness: the seed changes nothing.
 */
export function ngramTrainer(options: TextClassifierOptions = {}): TextTrainer {
  return {
    name: "logistic regression on n-grams",
    prepare: async (texts) => {
      const counts = countNgrams(texts, ngramRanges(options.features));
      return {
        train: async (rows, y, { classes }) => {
          const features = fitNgramCounts(counts, rows, options.features);
          const model = trainLogisticRegression(transformCounts(features, counts, rows), y, classes, options);
          return {
            converged: model.converged,
            probabilities: async (others) =>
              predictProbabilities(model, transformCounts(features, counts, others)),
          };
        },
      };
    },
  };
}
