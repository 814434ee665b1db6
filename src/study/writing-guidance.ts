import type { Guidance } from "../engine/guidance.js";
import { guidedStreams } from "../generate/guided-streams.js";
import type { Workshop } from "../generate/job.js";
import { type ExpertKey, usesNegatives } from "../recipe/guidance-axes.js";
import { labelWords } from "../tasks/label-sets.js";
import { findTemplate } from "../tasks/templates.js";
import { unpromptedPrompt } from "../tasks/unprompted.js";
import { isOtherShape } from "./experts.js";
import { NegativePrompts } from "./negative-prompts.js";
import type { Study } from "./study.js";

/**
 * How each configuration's texts are drawn: the streams of the recipe's preset with the configuration's weights, and
 * with negative examples of each sample's own. Undefined if the recipe has no guidance. Needs the engine, whose
 * vocabulary says whether the examples have room in the context.
 *
 * @throws RecipeError if the room that the recipe leaves is too small for the examples of a label
 */
export async function writingGuidance(study: Study): Promise<Workshop["guidance"]> {
  const { recipe, experts, facts } = study;
  const { guidance, task } = recipe;
  if (guidance === undefined) return undefined;
  const negatives = usesNegatives(guidance)
    ? await NegativePrompts.open(await study.engine(), recipe, guidance, study.materials.negatives)
    : undefined;
  const template = findTemplate(task.prompt);
  const unsteered = new Set<ExpertKey>(
    experts.filter(({ shape }) => shape && isOtherShape(shape, facts)).map(({ name }) => name),
  );
  const unprompted = (label: string, language: string) =>
    unpromptedPrompt({
      unprompted: guidance.unprompted,
      template,
      chat: task.chat,
      label,
      language,
      ...labelWords(task, label),
      count: recipe.samples.perCall,
      separator: recipe.samples.separator,
    });
  return async (items, rows) => {
    // Texts that have the same guidance share it, by which the engine knows them.
    const shared = new Map<string, Guidance>();
    const found: (Guidance | undefined)[] = [];
    for (const item of items) {
      const { configuration, language, label } = item;
      const cell = configuration.guidance;
      if (cell === undefined) {
        found.push(undefined);
        continue;
      }
      const before = (cell.eta ?? 0) > 0 ? await negatives?.of(item, rows) : undefined;
      const key = JSON.stringify([configuration.name, language, label, before]);
      const made =
        shared.get(key) ??
        guidedStreams(guidance, cell, {
          unsteered,
          ...(before === undefined ? {} : { negatives: before }),
          ...(cell.preset === "classifier-free" ? { unprompted: unprompted(label, language) } : {}),
        });
      shared.set(key, made);
      found.push(made);
    }
    return found;
  };
}
