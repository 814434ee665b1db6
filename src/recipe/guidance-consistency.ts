import { EXPERT_KEYS, PRESET_KEYS, type PresetKey, TAKEN_KEYS } from "./guidance-axes.js";
import type { RecipeGuidance } from "./guidance-schema.js";
import type { Inconsistency } from "./problem.js";
import { scheduleProblems } from "./schedule-consistency.js";
import type { Recipe } from "./schema.js";

/** What to write where a preset lacks a key that it needs. */
const ADVICE: Readonly<Record<PresetKey, string>> = {
  gamma: "give a number, 0 or more, or a list of these, such as [0, 0.2] (paper B: 0 to 1)",
  eta: "give a number, 0 or more, or a list of these, such as [0, 0.6] (paper B: 0 to 1)",
  expert:
    "give a model that writes such texts, such as file:expert.gguf (tiller finetune makes one), or a map with adapter and scale",
  antiExpert: "give a model that writes what is not wanted, such as file:anti-expert.gguf",
  amateur: "give a weaker model with the same vocabulary, such as file:amateur.gguf",
  unprompted: "give a template",
  negatives: "give texts or a file",
  spareEnd: "give true or false",
};

/**
 * What does not fit together among the keys of `guidance`.
 * @param broken Top-level keys that are given, with problems of their own.
 */
export function guidanceProblems(
  { guidance, steering, demonstrations, decoding }: Partial<Recipe>,
  broken: ReadonlySet<string>,
): Inconsistency[] {
  if (guidance === undefined) return [];
  return [
    ...presetProblems(guidance),
    ...expertProblems(guidance),
    ...negativesProblems(guidance, demonstrations !== undefined || broken.has("demonstrations")),
    ...scheduleProblems(guidance.schedule, ["guidance", "schedule"]),
    ...silentScheduleProblems(guidance),
    ...(broken.has("decoding") ? [] : lateProblems(guidance, decoding)),
    ...(broken.has("steering") ? [] : steeredProblems(guidance, steering)),
  ];
}

/** Each preset takes keys of its own: one that it does not read would be left unnoticed. */
function presetProblems(guidance: RecipeGuidance): Inconsistency[] {
  const { preset } = guidance;
  const { needed, optional } = TAKEN_KEYS[preset];
  const missing = needed
    .filter((key) => guidance[key] === undefined)
    .map((key): Inconsistency => {
      const message = `the key is missing, and the preset ${preset} needs it; ${ADVICE[key]}.`;
      return { path: ["guidance", key], message };
    });
  const taken = [...needed, ...optional];
  const foreign = PRESET_KEYS.filter((key) => guidance[key] !== undefined && !taken.includes(key)).map(
    (key): Inconsistency => {
      const presets = (Object.keys(TAKEN_KEYS) as RecipeGuidance["preset"][]).filter((name) =>
        [...TAKEN_KEYS[name].needed, ...TAKEN_KEYS[name].optional].includes(key),
      );
      const message = `the preset ${preset} has no ${key}; leave it out, or choose a preset that has: ${presets.join(", ")}. ${preset} takes ${taken.join(", ")}.`;
      return { path: ["guidance", key], at: "key", message };
    },
  );
  return [...missing, ...foreign];
}

/** Two streams of one model cancel each other out. */
function expertProblems(guidance: RecipeGuidance): Inconsistency[] {
  const seen = new Map<string, string>();
  return EXPERT_KEYS.flatMap((key): Inconsistency[] => {
    const expert = guidance[key];
    if (expert === undefined) return [];
    if (typeof expert !== "string" && expert.scale === 0) {
      const message =
        "found 0, with which the adapter does nothing; allowed: any other number. Weights of 0 stand in gamma.";
      return [{ path: ["guidance", key, "scale"], message }];
    }
    const source = JSON.stringify(expert);
    const earlier = seen.get(source);
    seen.set(source, key);
    if (earlier === undefined) return [];
    const message = `found the same model as ${earlier}, so that the two cancel each other out; give another one.`;
    return [{ path: ["guidance", key], message }];
  });
}

function negativesProblems(guidance: RecipeGuidance, hasDemonstrations: boolean): Inconsistency[] {
  const { negatives, eta } = guidance;
  const takes = TAKEN_KEYS[guidance.preset].optional.includes("negatives");
  if (!takes) return [];
  if (negatives?.texts !== undefined && negatives.file !== undefined) {
    const message = "found file together with texts; allowed: one of the two.";
    return [{ path: ["guidance", "negatives", "file"], at: "key", message }];
  }
  const given = negatives?.texts ?? negatives?.file;
  if (given !== undefined || hasDemonstrations || [eta ?? 0].flat().every((value) => value === 0)) return [];
  const message =
    "found no texts to begin with; give negatives: {file: FILE} or {texts: [...]}, or the key demonstrations, whose file is taken otherwise, or eta: 0.";
  return [{ path: negatives === undefined ? ["guidance"] : ["guidance", "negatives"], at: "key", message }];
}

function silentScheduleProblems({ schedule }: RecipeGuidance): Inconsistency[] {
  if (schedule === undefined || schedule.some(({ factor }) => factor !== 0)) return [];
  const message = "found the factor 0 at every point, so that nothing would be guided; give another one.";
  return [{ path: ["guidance", "schedule"], message }];
}

function lateProblems({ after }: RecipeGuidance, decoding: Recipe["decoding"] | undefined): Inconsistency[] {
  if (after === undefined || decoding === undefined || after < decoding.maxTokens) return [];
  const message = `found ${after}, and no text has more than ${decoding.maxTokens} tokens (decoding.maxTokens), so that nothing would be guided; allowed: less than that.`;
  return [{ path: ["guidance", "after"], message }];
}

function steeredProblems(guidance: RecipeGuidance, steering: Recipe["steering"]): Inconsistency[] {
  if (steering === undefined) {
    if (guidance.preset !== "steered-contrast") return [];
    const message =
      "found steered-contrast without steering; give the key steering, whose vectors are what is contrasted, or choose another preset.";
    return [{ path: ["guidance", "preset"], message }];
  }
  if (guidance.prompting === undefined || guidance.prompting === steering.prompting) return [];
  const message = `found ${guidance.prompting}, and steering.prompting is ${steering.prompting}; allowed: the same, or leave it out here, as both act on one prompt.`;
  return [{ path: ["guidance", "prompting"], message }];
}
