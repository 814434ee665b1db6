import type { GuidancePreset } from "../guidance/presets.js";
import type { RecipeExpert, RecipeGuidance } from "./guidance-schema.js";
import type { Recipe } from "./schema.js";

/** What a recipe's guidance runs over, and what each preset takes. */

/** Keys of `guidance` that are not every preset's. */
export const PRESET_KEYS = [
  "gamma",
  "eta",
  "expert",
  "antiExpert",
  "amateur",
  "unprompted",
  "negatives",
  "spareEnd",
] as const;

export type PresetKey = (typeof PRESET_KEYS)[number];

/** Keys that a preset needs, and those that it may have. */
export const TAKEN_KEYS: Readonly<
  Record<GuidancePreset, { readonly needed: readonly PresetKey[]; readonly optional: readonly PresetKey[] }>
> = {
  "contrastive-expert": { needed: ["gamma", "expert"], optional: [] },
  "negative-prompt": { needed: ["eta"], optional: ["expert", "negatives", "spareEnd"] },
  steer: { needed: ["gamma", "eta", "expert"], optional: ["negatives", "spareEnd"] },
  "classifier-free": { needed: ["gamma"], optional: ["unprompted"] },
  dexperts: { needed: ["gamma", "expert", "antiExpert"], optional: [] },
  "contrastive-decoding": { needed: ["gamma", "amateur"], optional: [] },
  "steered-contrast": { needed: ["gamma"], optional: [] },
};

/** Keys of `guidance` that name a model, which are also the engine's names of them. */
export const EXPERT_KEYS = ["expert", "antiExpert", "amateur"] as const;

export type ExpertKey = (typeof EXPERT_KEYS)[number];

/** One cell of the grid; a weight that the preset has not is left out. */
export interface GuidanceCell {
  readonly preset: GuidancePreset;
  readonly gamma?: number;
  readonly eta?: number;
}

const listed = (values: number | readonly number[] | undefined): (number | undefined)[] =>
  values === undefined ? [undefined] : [...new Set([values].flat())].sort((a, b) => a - b);

/** Every γ with every η, ascending and each once; η changes fastest. None without guidance. */
export function guidanceCells(guidance: RecipeGuidance | undefined): GuidanceCell[] {
  if (guidance === undefined) return [];
  const { preset } = guidance;
  return listed(guidance.gamma).flatMap((gamma) =>
    listed(guidance.eta).map((eta) => ({
      preset,
      ...(gamma === undefined ? {} : { gamma }),
      ...(eta === undefined ? {} : { eta }),
    })),
  );
}

/** True if a text of some cell is drawn with negative examples before it. */
export function usesNegatives(guidance: RecipeGuidance | undefined): guidance is RecipeGuidance {
  return guidanceCells(guidance).some(({ eta = 0 }) => eta > 0);
}

/** The models that a recipe's guidance names, by the engine's name of them. */
export function expertsOf(guidance: RecipeGuidance | undefined): { key: ExpertKey; expert: RecipeExpert }[] {
  return EXPERT_KEYS.flatMap((key) => {
    const expert = guidance?.[key];
    return expert === undefined ? [] : [{ key, expert }];
  });
}

/** Where an expert's file comes from: of an adapter its own source. */
export function expertSource(expert: RecipeExpert): string {
  return typeof expert === "string" ? expert : expert.adapter;
}

/** The prompts that steering and guidance are added to. */
export function promptingOf({
  steering,
  guidance,
}: Pick<Recipe, "steering" | "guidance">): "zero-shot" | "few-shot" {
  return steering?.prompting ?? guidance?.prompting ?? "zero-shot";
}

/** Streams of a cell that have a weight: as many forward passes does each of its tokens take. */
export function streamsOf({ preset, gamma = 0, eta = 0 }: GuidanceCell): number {
  const contrasted = gamma > 0 ? (preset === "dexperts" ? 2 : 1) : 0;
  return 1 + contrasted + (eta > 0 ? 1 : 0);
}
