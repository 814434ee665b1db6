import type { GuidancePreset } from "../guidance/presets.js";
import type { Recipe } from "../recipe/schema.js";
import type { RunArm } from "./run-data.js";

/** A publication that a data set's methods are from. */
interface Source {
  readonly arxiv: string;
  readonly title: string;
}

const SOURCES = {
  steerIt: {
    arxiv: "2606.18389",
    title: "Want Better Synthetic Data? Steer It: Activation Steering for Low-Resource Language Generation",
  },
  steer: {
    arxiv: "2308.07645",
    title:
      "Steering Language Generation: Harnessing Contrastive Expert Guidance and Negative Prompting for Coherent and Diverse Synthetic Data Generation",
  },
  generators: { arxiv: "2601.16278", title: "Better as Generators Than Classifiers" },
  diversity: {
    arxiv: "2605.28664",
    title:
      "Activation Steering for Synthetic Data Generation: The Role of Diversity in Downstream Safety Detection",
  },
  caa: { arxiv: "2312.06681", title: "Contrastive activation addition (CAA)" },
  repe: { arxiv: "2310.01405", title: "Representation engineering (RepE)" },
  iti: { arxiv: "2306.03341", title: "Inference-time intervention (ITI)" },
  clas: { arxiv: "2601.08331", title: "CLaS-Bench" },
  cast: { arxiv: "2409.05907", title: "Conditional activation steering (CAST)" },
  ablation: { arxiv: "2406.11717", title: "Directional ablation" },
  classifierFree: { arxiv: "2306.17806", title: "Classifier-free guidance for language models" },
  dexperts: { arxiv: "2105.03023", title: "DExperts" },
  contrastive: { arxiv: "2210.15097", title: "Contrastive decoding" },
} as const satisfies Record<string, Source>;

type SourceKey = keyof typeof SOURCES;

const OF_METHOD: Readonly<Record<string, SourceKey>> = {
  "mean-difference": "caa",
  language: "steerIt",
  quality: "steerIt",
  "pca-center": "repe",
  lat: "repe",
  "logistic-probe": "iti",
  lda: "clas",
};

const OF_PRESET: Readonly<Partial<Record<GuidancePreset, SourceKey>>> = {
  "contrastive-expert": "steer",
  "negative-prompt": "steer",
  steer: "steer",
  "classifier-free": "classifierFree",
  dexperts: "dexperts",
  "contrastive-decoding": "contrastive",
};

/** What a data set's methods are from, a line of Markdown each: what it is cited for, its title, its number. */
export function methodSources(recipe: Recipe, arms: readonly RunArm[], swept: boolean): string[] {
  const uses = new Map<SourceKey, Set<string>>();
  const add = (key: SourceKey | undefined, use: string) => {
    if (key !== undefined) uses.set(key, (uses.get(key) ?? new Set()).add(use));
  };
  const prompt = typeof recipe.task.prompt === "string" ? recipe.task.prompt : "";
  if (prompt.startsWith("paper-a/")) add("steerIt", "the prompt");
  if (prompt.startsWith("paper-c/")) add("generators", "the prompt");
  for (const { named } of arms) {
    const { steering, guidance } = named ?? {};
    if (steering) {
      add(OF_METHOD[steering.method], `the steering vectors (${steering.method})`);
      if (steering.operation.startsWith("ablate")) add("ablation", `the operation ${steering.operation}`);
      if (recipe.steering?.when) add("cast", "the condition");
    }
    if (guidance) add(OF_PRESET[guidance.preset], `guidance (${guidance.preset})`);
  }
  if (swept) add("diversity", "the choice by the harmonic mean of success, coherence and diversity");
  return [...uses].map(([key, what]) => {
    const { title, arxiv } = SOURCES[key];
    return `- ${[...what].join(", ")}: ${title}, [arXiv ${arxiv}](https://arxiv.org/abs/${arxiv})`;
  });
}
