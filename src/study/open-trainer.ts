import { embeddingTrainer } from "../classify/embedding-trainer.js";
import { ngramTrainer } from "../classify/ngram-trainer.js";
import type { PreparedTexts, TextTrainer } from "../classify/trainer.js";
import type { LabelledRow } from "../classify/training-draw.js";
import { recipeTrainerOptions } from "../classify/transformers/recipe-trainer.js";
import { transformersTrainer } from "../classify/transformers/transformers-trainer.js";
import type { RecipeClassifier } from "../recipe/classifier-schema.js";
import type { LabelledText } from "../tasks/labelled-text.js";
import { openStudyEncoder } from "./measures-encoder.js";
import type { Study } from "./study.js";

/** Human texts as classifiers take them: of the recipe's first language, where a text names none. */
export function inLanguage({ recipe }: Study, rows: readonly LabelledText[]): LabelledRow[] {
  const [language] = recipe.task.languages;
  return rows.map((row) => ({ ...row, language: row.language ?? language! }));
}

/**
 * The trainer of the recipe's classifier, with what has to be closed after it.
 *
 * @throws what the encoder's opening throws
 */
export async function openTrainer(
  study: Study,
  classifier: RecipeClassifier,
): Promise<{ readonly trainer: TextTrainer } & AsyncDisposable> {
  const { kind, encoder: source } = classifier;
  if (kind === "ngrams") return { trainer: ngramTrainer(), [Symbol.asyncDispose]: async () => {} };
  if (kind === "transformers") {
    const { test = [], validation } = study.materials;
    const trainer = transformersTrainer({
      ...recipeTrainerOptions(classifier, {
        directory: study.loaded.directory,
        test: inLanguage(study, test),
        validation: validation && inLanguage(study, validation),
      }),
      onNote: (note) => study.addNotes([`classifier: ${note}`]),
    });
    return {
      trainer: preparingOnce(trainer),
      [Symbol.asyncDispose]: () => trainer[Symbol.asyncDispose](),
    };
  }
  const encoder = await openStudyEncoder(study, source ?? study.recipe.scoring.encoder);
  return {
    trainer: preparingOnce(embeddingTrainer(encoder, { head: kind })),
    [Symbol.asyncDispose]: () => encoder[Symbol.asyncDispose](),
  };
}

/** A trainer that reads the same texts once, however often it is given them: each size of a curve has the same. */
function preparingOnce(trainer: TextTrainer): TextTrainer {
  let last: { readonly key: string; readonly prepared: Promise<PreparedTexts> } | undefined;
  return {
    name: trainer.name,
    prepare: (texts, options) => {
      const key = JSON.stringify(texts);
      if (last?.key !== key) last = { key, prepared: trainer.prepare(texts, options) };
      return last.prepared;
    },
  };
}
