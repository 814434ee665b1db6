import { normalizeForNgrams } from "../classify/ngrams.js";
import { RecipeError } from "../errors.js";
import { baselineConfigurations, type Prompting } from "../generate/configuration.js";
import { createPromptBook, type PromptBook } from "../generate/prompt-book.js";
import { promptingOf } from "../recipe/guidance-axes.js";
import type { RecipeGuidance } from "../recipe/guidance-schema.js";
import type { Recipe } from "../recipe/schema.js";
import { HUMAN_METHODS, neededMethods } from "../recipe/sweep-axes.js";
import { ANY_LANGUAGE } from "../steering/class-means.js";
import { labelWords } from "../tasks/label-sets.js";
import { findTemplate, namedWords } from "../tasks/templates.js";
import { unpromptedPrompt } from "../tasks/unprompted.js";
import type { Materials } from "./materials.js";

/** Fewest texts of a label that a classifier is trained on. */
const FEWEST_TRAINING_TEXTS = 5;
/** With fewer test texts of a label, a difference of one text is one of more than ten per cent. */
const FEW_TEST_TEXTS = 10;

/**
 * Finds what would stop a run late: prompts that cannot be made, test texts that cannot test, and test texts that
 * the run has seen. Returns the materials without those, with a note that says so.
 *
 * @throws RecipeError
 */
export function checkMaterials(materials: Materials): Materials {
  checkPrompts(materials);
  checkContrast(materials);
  checkPairs(materials);
  return materials.test ? checkTest(materials, materials.test) : materials;
}

function checkPrompts({ recipe, demonstrations }: Materials): void {
  checkLabelWords(recipe);
  const prompts = createPromptBook(recipe, demonstrations);
  const used = promptingsOf(recipe);
  const words = namedWords(recipe.task.prompt);
  const other = used.find((prompting) => words !== undefined && prompting !== words);
  if (other !== undefined) {
    throw new RecipeError(
      `task.prompt: ${recipe.task.prompt} is for ${words} alone, and the recipe prompts ${other} too. Leave /${words} out, ` +
        `or write ${words} in baselines and in the prompting of steering and guidance.`,
    );
  }
  for (const prompting of used) {
    for (const language of recipe.task.languages) {
      for (const label of recipe.task.labels) prompts(prompting, language, label);
    }
  }
  if (recipe.guidance?.preset === "classifier-free") checkUnprompted(recipe, recipe.guidance, prompts);
}

/** Every way in which the recipe prompts, each once. */
export function promptingsOf(recipe: Recipe): Prompting[] {
  return [
    ...new Set([...baselineConfigurations(recipe).map(({ prompting }) => prompting), promptingOf(recipe)]),
  ];
}

/** A misspelt label would leave the prompt without what is said of it. */
function checkLabelWords({ task }: Recipe): void {
  for (const key of ["wordings", "meanings"] as const) {
    const unknown = Object.keys(task[key] ?? {}).find((label) => !task.labels.includes(label));
    if (unknown === undefined) continue;
    const labels = task.labels.map((label) => `"${label}"`).join(", ");
    throw new RecipeError(`task.${key}: "${unknown}" is no label of the task. Its labels: ${labels}.`);
  }
}

/** Streams of the same prompt cancel each other out. */
function checkUnprompted(
  { task, samples, ...rest }: Recipe,
  { unprompted }: RecipeGuidance,
  prompts: PromptBook,
): void {
  const template = findTemplate(task.prompt);
  const { chat } = task;
  for (const language of task.languages) {
    for (const label of task.labels) {
      const own = prompts(promptingOf(rest), language, label);
      const { perCall: count, separator } = samples;
      const asked = { ...labelWords(task, label), count, separator };
      const other = unpromptedPrompt({ unprompted, template, chat, label, language, ...asked });
      if (JSON.stringify(own) !== JSON.stringify(other)) continue;
      throw new RecipeError(
        `guidance.unprompted: for ${label} (${language}), the prompt without what is stressed is the prompt itself, so that ` +
          "there is nothing to stress. Give a template without the label.",
      );
    }
  }
}

/** All classes of a contrast must be of one kind: of the language, or for every language. */
function checkContrast({ recipe, split }: Materials): void {
  if (neededMethods(recipe.steering).every((method) => HUMAN_METHODS.includes(method))) return;
  for (const language of recipe.task.languages) {
    const whole = [language, ANY_LANGUAGE].some((candidate) =>
      recipe.task.labels.every((label) =>
        split.sets.some((set) => set.class === label && set.language === candidate),
      ),
    );
    if (whole) continue;
    throw new RecipeError(
      `contrast: for ${language}, some classes have texts of that language and others texts for every language. ` +
        "A difference of the two would hold the language too: give all classes the language, or none.",
    );
  }
}

/** Without as many texts in each class, nothing says which line belongs to which. */
function checkPairs({ recipe, split }: Materials): void {
  if (!neededMethods(recipe.steering).includes("pca-diff")) return;
  const { labels } = recipe.task;
  for (const { language } of split.sets) {
    const sets = split.sets.filter((set) => set.language === language && labels.includes(set.class));
    const counts = sets.map((set) => set.vectorTexts.length + set.heldOutTexts.length);
    if (new Set(counts).size <= 1) continue;
    const list = sets.map((set, i) => `${counts[i]} of ${set.class}`).join(", ");
    throw new RecipeError(
      `contrast: pca-diff takes line i of each class for a pair, and there are different numbers of texts: ${list}. Write ` +
        "the files line by line, a blank line where a text is missing, or choose another method, such as pca-center.",
    );
  }
}

function checkTest(materials: Materials, test: NonNullable<Materials["test"]>): Materials {
  const { recipe } = materials;
  const labels = new Set(test.map(({ label }) => label));
  if (labels.size < 2) {
    const texts = test.length === 1 ? "its one text has" : `all ${test.length} texts have`;
    throw new RecipeError(
      `classifier.test: ${texts} the label "${[...labels][0]}"; texts of two labels or more are needed.`,
    );
  }
  if (recipe.samples.perLabel < FEWEST_TRAINING_TEXTS) {
    throw new RecipeError(
      `samples.perLabel: found ${recipe.samples.perLabel}; a classifier needs at least ${FEWEST_TRAINING_TEXTS} texts of each label.`,
    );
  }
  const seen = seenTexts(materials);
  const known = test.filter(({ text }) => seen.has(normalizeForNgrams(text)));
  const left = test.filter((row) => !known.includes(row));
  const notes = [...materials.notes, ...fewTestTexts(recipe.task.labels, left)];
  if (known.length === 0) return { ...materials, notes };
  const first = known[0]!.text.slice(0, 80);
  if (2 * known.length > test.length) {
    throw new RecipeError(
      `classifier.test: ${known.length} of ${test.length} texts are also contrast texts, demonstrations or negative examples, such as "${first}". ` +
        "Test on texts that the run has not seen.",
    );
  }
  const note = `${known.length} of ${test.length} test texts are also contrast texts, demonstrations or negative examples and were left out, such as "${first}".`;
  return { ...materials, test: left, notes: [...notes, note] };
}

/** A note for each label of which there are few test texts, or none. */
function fewTestTexts(labels: readonly string[], test: NonNullable<Materials["test"]>): string[] {
  return labels.flatMap((label) => {
    const count = test.filter((row) => row.label === label).length;
    if (count >= FEW_TEST_TEXTS) return [];
    return count === 0
      ? [`classifier.test has no text of "${label}": classifiers are trained without this label.`]
      : [
          `classifier.test has ${count === 1 ? "one text" : `${count} texts`} of "${label}": only large differences can be seen.`,
        ];
  });
}

/** Contrast texts, demonstrations and negative examples, without regard to case and white space. */
function seenTexts({ split, demonstrations, negatives }: Materials): Set<string> {
  const contrast = split.sets.flatMap((set) => [...set.vectorTexts, ...set.heldOutTexts]);
  const shown = [...demonstrations, ...negatives].map((row) => row.text);
  return new Set([...contrast, ...shown].map(normalizeForNgrams));
}
