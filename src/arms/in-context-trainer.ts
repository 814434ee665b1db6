import type { TextTrainer } from "../classify/trainer.js";
import { shuffled } from "../random/seeded-random.js";
import type { LlmClassifier } from "./llm-classifier.js";

/**
 * Shows a language model the texts that it is given to train on, as examples in its prompt (paper C, in-context
 * learning). Nothing is trained. They stand in an order that the seed draws: models lean towards the label they saw last.
 *
 * @param labels as prompts call them, by class number.
 */
export function inContextTrainer(classifier: LlmClassifier, labels: readonly string[]): TextTrainer {
  return {
    name: "examples in a language model's prompt",
    prepare: async (texts) => ({
      train: async (rows, y, { seed }) => {
        const drawn = Array.from(rows, (row, i) => ({ text: texts[row]!, label: labels[y[i]!]! }));
        const examples = shuffled(drawn, seed);
        return {
          converged: true,
          probabilities: (others) =>
            classifier.probabilities(
              Array.from(others, (row) => texts[row]!),
              { examples },
            ),
        };
      },
    }),
  };
}
