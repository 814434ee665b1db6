import { DATA_ENDINGS, TABLE_ENDINGS } from "../data/endings.js";
import { contrastProblems } from "./contrast-consistency.js";
import { dataProblems } from "./data-consistency.js";
import { guidanceProblems } from "./guidance-consistency.js";
import { type Inconsistency, type KeyPath, quoted } from "./problem.js";
import type { Recipe } from "./schema.js";
import { steeringProblems } from "./steering-consistency.js";

/**
 * What does not fit together in a recipe.
 * @param recipe Its sound top-level keys; checks that need another one are left out.
 * @param broken Top-level keys that are given, with problems of their own.
 */
export function consistencyProblems(recipe: Partial<Recipe>, broken: ReadonlySet<string>): Inconsistency[] {
  return [
    ...repeatedProblems(recipe),
    ...promptProblems(recipe),
    ...fewShotProblems(recipe, broken),
    ...missingProblems(recipe, broken),
    ...steeringProblems(recipe),
    ...guidanceProblems(recipe, broken),
    ...contrastProblems(recipe, broken),
    ...lengthProblems(recipe),
    ...samplesProblems(recipe),
    ...judgeProblems(recipe, broken),
    ...classifierProblems(recipe),
    ...armsProblems(recipe, broken),
    ...fileTypeProblems(recipe),
  ];
}

/** The name under which `broken` has the recipe itself: a key of it that is unknown may be a misspelt one. */
export const WHOLE_RECIPE = "";

function armsProblems({ arms, classifier }: Partial<Recipe>, broken: ReadonlySet<string>): Inconsistency[] {
  if (arms === undefined || classifier !== undefined) return [];
  if (["classifier", WHOLE_RECIPE].some((key) => broken.has(key))) return [];
  const message =
    "found the key without classifier.test, whose texts are labelled; give classifier, or leave arms out.";
  return [{ path: ["arms"], message }];
}

function missingProblems(
  { steering, guidance }: Partial<Recipe>,
  broken: ReadonlySet<string>,
): Inconsistency[] {
  const given = [steering, guidance].some((value) => value !== undefined);
  if (given || ["steering", "guidance", WHOLE_RECIPE].some((key) => broken.has(key))) return [];
  const message =
    "the key is missing, and so is guidance; give one of the two, such as steering: {method: mean-difference}.";
  return [{ path: ["steering"], message }];
}

function repeatedProblems({ task, steering, guidance, baselines }: Partial<Recipe>): Inconsistency[] {
  const lists: [KeyPath, readonly (string | number)[] | undefined][] = [
    [["task", "labels"], task?.labels],
    [["task", "languages"], task?.languages],
    [["steering", "methods"], steering?.methods],
    [["steering", "operations"], steering?.operations],
    ...strengthLists(steering),
    [["guidance", "gamma"], weightList(guidance?.gamma)],
    [["guidance", "eta"], weightList(guidance?.eta)],
    [["baselines"], baselines],
  ];
  return lists.flatMap(([path, values = []]) => {
    const first = new Map<string | number, number>();
    return values.flatMap((value, index) => {
      const earlier = first.get(value);
      if (earlier === undefined) {
        first.set(value, index);
        return [];
      }
      const message = `found ${named(value)} a second time (first at [${earlier}]); allowed: each value once.`;
      return [{ path: [...path, index], message }];
    });
  });
}

function weightList(weights: number | readonly number[] | undefined): readonly number[] {
  return typeof weights === "number" ? [] : (weights ?? []);
}

function strengthLists(steering: Recipe["steering"]): [KeyPath, readonly number[]][] {
  const { strengths = [] } = steering ?? {};
  const path: KeyPath = ["steering", "strengths"];
  if (Array.isArray(strengths)) return [[path, strengths]];
  return Object.entries(strengths).map(([operation, list = []]): [KeyPath, number[]] => [
    [...path, operation],
    list,
  ]);
}

function named(value: string | number): string {
  return typeof value === "string" ? quoted(value) : String(value);
}

function promptProblems({ task }: Partial<Recipe>): Inconsistency[] {
  const prompt = task?.prompt;
  if (typeof prompt === "string" && /[\s{}]/.test(prompt)) {
    const message = `found the text ${quoted(prompt)}; allowed: the name of a built-in template. A template of your own stands under prompt.zeroShot.`;
    return [{ path: ["task", "prompt"], message }];
  }
  if (typeof prompt === "object" && prompt.fewShot !== undefined && !prompt.fewShot.includes("{examples}")) {
    const message = "found no {examples} in the template; allowed: text that says where the examples stand.";
    return [{ path: ["task", "prompt", "fewShot"], message }];
  }
  return [];
}

function fewShotProblems(recipe: Partial<Recipe>, broken: ReadonlySet<string>): Inconsistency[] {
  const { baselines = [], steering, guidance, task, demonstrations } = recipe;
  const problems: Inconsistency[] = [];
  const baseline = baselines.indexOf("few-shot");
  const askedAt: KeyPath | undefined =
    baseline >= 0
      ? ["baselines", baseline]
      : steering?.prompting === "few-shot"
        ? ["steering", "prompting"]
        : guidance?.prompting === "few-shot"
          ? ["guidance", "prompting"]
          : undefined;
  if (askedAt !== undefined) {
    if (demonstrations === undefined && !broken.has("demonstrations")) {
      const message =
        "found few-shot without demonstrations; give the key demonstrations with a file of examples, or use zero-shot.";
      problems.push({ path: askedAt, message });
    }
    if (typeof task?.prompt === "object" && task.prompt.fewShot === undefined) {
      const message =
        "the key fewShot is missing, and few-shot is asked for; give a template with {label}, {language} and {examples}.";
      problems.push({ path: ["task", "prompt", "fewShot"], message });
    }
  }
  const { count = 0, shortest = 0, draw } = demonstrations ?? {};
  if (draw !== "random" && count > shortest) {
    const message = `found ${count}; allowed: at most demonstrations.shortest, which is ${shortest}, as the examples are drawn from so many texts.`;
    problems.push({ path: ["demonstrations", "count"], message });
  }
  return problems;
}

function lengthProblems({ model, decoding }: Partial<Recipe>): Inconsistency[] {
  if (model === undefined || decoding === undefined || decoding.maxTokens < model.context) return [];
  const message = `found ${decoding.maxTokens}; allowed: less than model.context, which is ${model.context} and holds the prompt as well.`;
  return [{ path: ["decoding", "maxTokens"], message }];
}

function samplesProblems({ samples }: Partial<Recipe>): Inconsistency[] {
  if (samples === undefined) return [];
  const most = Math.floor(samples.perLabel * samples.attempts);
  if (samples.pilotPerLabel <= most) return [];
  const message = `found ${samples.pilotPerLabel}; allowed: at most perLabel × attempts, which is ${most}.`;
  return [{ path: ["samples", "pilotPerLabel"], message }];
}

function judgeProblems({ filters, scoring }: Partial<Recipe>, broken: ReadonlySet<string>): Inconsistency[] {
  if (filters?.judge === undefined || scoring?.judge !== undefined || broken.has("scoring")) return [];
  const message =
    "found a least rating without a judge; give scoring.judge, such as local, or leave the key out.";
  return [{ path: ["filters", "judge"], message }];
}

const TRANSFORMERS_KEYS = [
  "preset",
  "model",
  "learningRate",
  "batchSize",
  "epochs",
  "patience",
  "maxLength",
  "validation",
] as const;

function trainerProblems(classifier: Partial<Recipe>["classifier"]): Inconsistency[] {
  if (classifier === undefined) return [];
  const given = TRANSFORMERS_KEYS.find((key) => classifier[key] !== undefined);
  if (given !== undefined && classifier.kind !== "transformers") {
    const message = `is for kind: transformers; found kind: ${classifier.kind}. Give that kind, or leave the key out.`;
    return [{ path: ["classifier", given], message, at: "key" }];
  }
  if (classifier.patience === undefined || classifier.validation !== undefined) return [];
  const message =
    "found without classifier.validation, by which training would stop; give it, or leave patience out.";
  return [{ path: ["classifier", "patience"], message, at: "key" }];
}

function classifierProblems({ classifier, task }: Partial<Recipe>): Inconsistency[] {
  const { replaces, train } = classifier ?? {};
  if (replaces === undefined) return trainerProblems(classifier);
  const path: KeyPath = ["classifier", "replaces"];
  if (train === undefined) {
    const message = "found a label to replace in no texts; give classifier.train, or leave the key out.";
    return [{ path, message }];
  }
  if (task === undefined || task.labels.includes(replaces)) return trainerProblems(classifier);
  const message = `found ${quoted(replaces)}; allowed: a label of the task: ${task.labels.map((label) => quoted(label)).join(", ")}.`;
  return [{ path, message }];
}

function fileTypeProblems({
  contrast = [],
  demonstrations,
  classifier,
  steering,
  guidance,
}: Partial<Recipe>): Inconsistency[] {
  const vector = steering?.when?.vector;
  const isVector = vector === undefined || vector.toLowerCase().endsWith(".gguf");
  const vectorProblems = isVector
    ? []
    : [
        {
          path: ["steering", "when", "vector"],
          message: `found ${quoted(vector)}; allowed: a file whose name ends in .gguf.`,
        },
      ];
  return [
    ...contrast.flatMap(({ file }, index) => dataProblems(file, ["contrast", index, "file"], DATA_ENDINGS)),
    ...dataProblems(demonstrations?.file, ["demonstrations", "file"], TABLE_ENDINGS),
    ...dataProblems(classifier?.test, ["classifier", "test"], TABLE_ENDINGS),
    ...dataProblems(classifier?.train, ["classifier", "train"], TABLE_ENDINGS),
    ...dataProblems(classifier?.validation, ["classifier", "validation"], TABLE_ENDINGS),
    ...vectorProblems,
    ...dataProblems(guidance?.negatives?.file, ["guidance", "negatives", "file"], DATA_ENDINGS),
  ];
}
