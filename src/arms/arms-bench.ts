import type { CompareArmsOptions } from "../classify/evaluate-arms.js";
import type { Arm as TrainingArm } from "../classify/prepare-arms.js";
import { countByLabel, drawBalanced, evenShares, type LabelledRow } from "../classify/training-draw.js";
import { LlamaEngine } from "../engine/llama/llama-engine.js";
import { RecipeError } from "../errors.js";
import type { RecipeArms } from "../recipe/arms-schema.js";
import type { RecipeClassifier } from "../recipe/classifier-schema.js";
import { AnswerCache } from "../store/answer-cache.js";
import { armsOf, essentialArms } from "../study/arms.js";
import { readChoice } from "../study/choice.js";
import { settleStrengths } from "../study/measure-strengths.js";
import { inLanguage } from "../study/open-trainer.js";
import { makeVectors } from "../study/run-study.js";
import type { Study } from "../study/study.js";
import { trainingArms } from "../study/training-arms.js";
import { labelWords } from "../tasks/label-sets.js";
import { OneEngine } from "./one-engine.js";

/** What all ways of labelling share. */
export interface Bench {
  readonly study: Study;
  readonly settings: RecipeArms;
  readonly classifier: RecipeClassifier;
  /** By class number. */
  readonly labels: readonly string[];
  /** The labels as prompts call them. */
  readonly words: readonly string[];
  readonly test: CompareArmsOptions["test"];
  readonly truth: Int32Array;
  readonly arms: readonly TrainingArm[];
  /** Names of the written data sets. */
  readonly written: readonly string[];
  /** Names of the data sets that are used however small they are. */
  readonly essential: readonly string[];
  readonly engines: OneEngine;
  readonly cache: AnswerCache;
  readonly notes: string[];
}

/**
 * Reads what there is to label and to train on.
 *
 * @throws RecipeError if the recipe lacks the keys `arms` or `classifier`, or the run has no data sets yet
 */
export async function openBench(study: Study): Promise<Bench> {
  const { recipe, materials } = study;
  const { arms: settings, classifier } = recipe;
  if (settings === undefined) {
    throw new RecipeError(
      "The recipe has no key `arms`, which says which language models label the test texts. Add a line `arms: {}` to ask " +
        "the model that writes.",
    );
  }
  if (classifier === undefined || materials.test === undefined) {
    throw new RecipeError("arms: there are no test texts to label. Add classifier.test to the recipe.");
  }
  await settleStrengths(study, await makeVectors(study));
  const names = await readChoice(study);
  if (names === undefined) {
    throw new RecipeError(
      "arms: this run has no data sets yet. Write them first, with tiller run or tiller study, and the same recipe.",
    );
  }
  const best = names.flatMap((name) => study.configuration(name) ?? []);
  const test = drawnTexts(inLanguage(study, materials.test), settings.texts, recipe.seed);
  const labels = [...new Set(test.map(({ label }) => label))].sort();
  const own = armsOf(recipe, study.journal.rows(), study.baselines, best);
  const { written, references } = trainingArms(
    own.filter(({ rows }) => rows.length > 0),
    materials.train && inLanguage(study, materials.train),
    classifier,
  );
  return {
    study,
    settings,
    classifier,
    labels,
    words: labels.map((label) => labelWords(recipe.task, label).wording ?? label),
    test,
    truth: Int32Array.from(test, ({ label }) => labels.indexOf(label)),
    arms: [...written, ...references],
    written: written.map(({ name }) => name),
    essential: essentialArms(own, references),
    engines: new OneEngine(LlamaEngine.open),
    cache: await AnswerCache.open(study.folder.file("llm-labels.jsonl")),
    notes: [],
  };
}

/** As many of the texts as are asked for, as near to the same number of each label as there are; all if none are asked for. */
function drawnTexts(test: readonly LabelledRow[], texts: number | undefined, seed: number) {
  if (texts === undefined || texts >= test.length) return test;
  const counts = [...countByLabel(test)];
  const shares = evenShares(
    counts.map(([, count]) => count),
    texts,
  );
  const rows = counts.flatMap(([label], i) => [...drawBalanced(test, [label], shares[i]!, seed)]);
  return rows.sort((a, b) => a - b).map((row) => test[row]!);
}
