import { ANY_LANGUAGE } from "../steering/class-means.js";
import { drawDemonstrations } from "../tasks/demonstrations.js";
import type { Study } from "./study.js";

/** The contrast texts of each label; none if one has no texts of the language. */
export function labelTexts({ recipe, materials }: Study, language: string) {
  const found = recipe.task.labels.map((label) => {
    const sets = materials.split.sets.filter(
      (set) => set.class === label && (set.language === language || set.language === ANY_LANGUAGE),
    );
    return {
      label,
      learned: sets.flatMap((set) => set.vectorTexts),
      heldOut: sets.flatMap((set) => set.heldOutTexts),
    };
  });
  return found.every(({ learned, heldOut }) => learned.length > 0 && heldOut.length > 0) ? found : [];
}

/** What a set may have taken from: the texts that vectors were made from, and the examples of few-shot prompts. */
export function sourcesOf({ recipe, materials }: Study, language: string): Record<string, string[]> {
  const contrast = materials.split.sets
    .filter((set) => set.language === language || set.language === ANY_LANGUAGE)
    .flatMap((set) => set.vectorTexts);
  const { steering, guidance, baselines, demonstrations, task, seed } = recipe;
  const fewShot = [steering?.prompting, guidance?.prompting, ...baselines].includes("few-shot");
  if (!fewShot || demonstrations === undefined) return { contrast };
  const { count, shortest } = demonstrations;
  const shown = task.labels.flatMap((label) =>
    drawDemonstrations(materials.demonstrations, { label, language, count, shortest, seed }),
  );
  return { contrast, demonstrations: shown };
}
