import { normalizeForNgrams } from "../classify/ngrams.js";
import { RecipeError } from "../errors.js";
import { baselineConfigurations } from "../generate/configuration.js";
import { createPromptBook } from "../generate/prompt-book.js";
import { ANY_LANGUAGE } from "../steering/class-means.js";
import type { Materials } from "./materials.js";

/** Fewest texts of a label that a classifier is trained on. */
const FEWEST_TRAINING_TEXTS = 5;

/**
 * Finds what would stop a run late: prompts that cannot be made, test texts that cannot test, and test texts that
 * the run has seen. What is only worth knowing is returned as notes.
 *
 * @throws RecipeError
 */
export function checkMaterials(materials: Materials): string[] {
  checkPrompts(materials);
  checkContrast(materials);
  return materials.test ? checkTest(materials, materials.test) : [];
}

function checkPrompts({ recipe, demonstrations }: Materials): void {
  const prompts = createPromptBook(recipe, demonstrations);
  const used = new Set([
    ...baselineConfigurations(recipe).map((c) => c.prompting),
    recipe.steering.prompting,
  ]);
  for (const prompting of used) {
    for (const language of recipe.task.languages) {
      for (const label of recipe.task.labels) prompts(prompting, language, label);
    }
  }
}

/** All classes of a contrast must be of one kind: of the language, or for every language. */
function checkContrast({ recipe, split }: Materials): void {
  if (recipe.steering.method !== "mean-difference") return;
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

function checkTest(materials: Materials, test: NonNullable<Materials["test"]>): string[] {
  const { recipe } = materials;
  const labels = new Set(test.map(({ label }) => label));
  if (labels.size < 2) {
    throw new RecipeError(
      `classifier.test: all ${test.length} texts have the label "${[...labels][0]}"; texts of two labels or more are needed.`,
    );
  }
  if (recipe.samples.perLabel < FEWEST_TRAINING_TEXTS) {
    throw new RecipeError(
      `samples.perLabel: found ${recipe.samples.perLabel}; a classifier needs at least ${FEWEST_TRAINING_TEXTS} texts of each label.`,
    );
  }
  const seen = seenTexts(materials);
  const known = test.filter(({ text }) => seen.has(normalizeForNgrams(text)));
  if (known.length === 0) return [];
  const first = known[0]!.text.slice(0, 80);
  if (2 * known.length > test.length) {
    throw new RecipeError(
      `classifier.test: ${known.length} of ${test.length} texts are also contrast texts or demonstrations, such as "${first}". ` +
        "Test on texts that the run has not seen.",
    );
  }
  return [
    `${known.length} of ${test.length} test texts are also contrast texts or demonstrations and were left out, such as "${first}".`,
  ];
}

/** The test texts that the run has not seen. */
export function unseenTest(materials: Materials): Materials["test"] {
  const seen = seenTexts(materials);
  return materials.test?.filter(({ text }) => !seen.has(normalizeForNgrams(text)));
}

/** Contrast texts and demonstrations, as letters alone. */
function seenTexts({ split, demonstrations }: Materials): Set<string> {
  const contrast = split.sets.flatMap((set) => [...set.vectorTexts, ...set.heldOutTexts]);
  return new Set([...contrast, ...demonstrations.map((row) => row.text)].map(normalizeForNgrams));
}
