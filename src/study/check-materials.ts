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
 * the run has seen. Returns the materials without those, with a note that says so.
 *
 * @throws RecipeError
 */
export function checkMaterials(materials: Materials): Materials {
  checkPrompts(materials);
  checkContrast(materials);
  return materials.test ? checkTest(materials, materials.test) : materials;
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

function checkTest(materials: Materials, test: NonNullable<Materials["test"]>): Materials {
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
  if (known.length === 0) return materials;
  const first = known[0]!.text.slice(0, 80);
  if (2 * known.length > test.length) {
    throw new RecipeError(
      `classifier.test: ${known.length} of ${test.length} texts are also contrast texts or demonstrations, such as "${first}". ` +
        "Test on texts that the run has not seen.",
    );
  }
  const note = `${known.length} of ${test.length} test texts are also contrast texts or demonstrations and were left out, such as "${first}".`;
  return {
    ...materials,
    test: test.filter((row) => !known.includes(row)),
    notes: [...materials.notes, note],
  };
}

/** Contrast texts and demonstrations, without regard to case and white space. */
function seenTexts({ split, demonstrations }: Materials): Set<string> {
  const contrast = split.sets.flatMap((set) => [...set.vectorTexts, ...set.heldOutTexts]);
  return new Set([...contrast, ...demonstrations.map((row) => row.text)].map(normalizeForNgrams));
}
