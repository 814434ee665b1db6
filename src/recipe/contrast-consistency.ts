import { HUMAN_CLASS, SPOILT_CLASSES } from "../steering/quality-vector.js";
import type { SteeringMethod } from "../steering/steering-vector.js";
import { type Inconsistency, quoted } from "./problem.js";
import type { ContrastSet, Recipe } from "./schema.js";
import { HUMAN_METHODS, neededMethods } from "./sweep-axes.js";

type Task = Recipe["task"];
/** What a method compares: the task's labels, the languages of human texts, or human with spoilt texts. */
type Family = "labels" | "language" | "quality";

/** Of contrast sets that make no vectors, only the label check is trained. */
const LABEL_CHECK: readonly SteeringMethod[] = ["mean-difference"];

/**
 * Whether the contrast sets are what the steering methods need.
 * @param broken Top-level keys that are given, with problems of their own.
 */
export function contrastProblems(
  { contrast, task, steering, guidance }: Partial<Recipe>,
  broken: ReadonlySet<string>,
): Inconsistency[] {
  if (contrast === undefined) return [];
  const methods = neededMethods(steering);
  const unsteered =
    steering?.vectors !== undefined ||
    (guidance !== undefined && steering === undefined && !broken.has("steering"));
  return [
    ...contrast.flatMap(sourceProblems),
    ...sizeProblems(contrast),
    ...sharedProblems(contrast, task?.labels),
    ...(task === undefined || methods.length === 0
      ? []
      : [...classProblems(contrast, task, methods), ...coverageProblems(contrast, task, methods)]),
    ...(unsteered && task !== undefined && methods.length === 0
      ? classProblems(contrast, task, LABEL_CHECK)
      : []),
  ];
}

function familyOf(method: SteeringMethod): Family {
  return method === "language" || method === "quality" ? method : "labels";
}

function sourceProblems({ texts, file }: ContrastSet, index: number): Inconsistency[] {
  const path = ["contrast", index];
  if (texts === undefined && file === undefined) {
    return [{ path, message: "found neither texts nor file; allowed: exactly one of the two." }];
  }
  if (texts !== undefined && file !== undefined) {
    return [
      { path, message: "found both texts and file; allowed: exactly one of the two. Make it two sets." },
    ];
  }
  return [];
}

/** Sets of one class and language are split as one: one part for the vectors, one held out. */
function sizeProblems(contrast: readonly ContrastSet[]): Inconsistency[] {
  const groups = new Map<string, number[]>();
  contrast.forEach((set, index) => {
    const name = JSON.stringify([set.class, set.language]);
    groups.set(name, [...(groups.get(name) ?? []), index]);
  });
  return [...groups.values()].flatMap((indices) => {
    const sets = indices.map((index) => contrast[index]!);
    // What a file holds is known only when it is read.
    if (sets.some(({ texts }) => texts === undefined)) return [];
    const different = new Set(sets.flatMap(({ texts = [] }) => texts.map((text) => text.trim()))).size;
    if (different >= 2) return [];
    const path = ["contrast", indices[0]!, "texts"];
    const message = `found ${different} different text of the class ${quoted(sets[0]!.class)}; allowed: at least 2, one for the vectors and one held out for the label check.`;
    return [{ path, message }];
  });
}

/** A text of two classes would cancel itself out of their difference. */
function sharedProblems(
  contrast: readonly ContrastSet[],
  labels: readonly string[] | undefined,
): Inconsistency[] {
  // Labels are never set against human or spoilt texts, which may be the same.
  const isLabel = (name: string) => labels === undefined || labels.includes(name);
  const seen = new Map<string, ContrastSet[]>();
  return contrast.flatMap((set, index) =>
    (set.texts ?? []).flatMap((given, at): Inconsistency[] => {
      const text = given.trim();
      const earlier = seen.get(text) ?? [];
      if (earlier.at(-1) !== set) seen.set(text, [...earlier, set]);
      const other = earlier.find(
        ({ class: name, language }) =>
          name !== set.class &&
          isLabel(name) === isLabel(set.class) &&
          (language === set.language || language === undefined || set.language === undefined),
      );
      if (other === undefined) return [];
      const message = `found the text ${quoted(text)}, which stands under the class ${quoted(other.class)} as well; allowed: texts of one class.`;
      return [{ path: ["contrast", index, "texts", at], message }];
    }),
  );
}

/** Classes that a family's contrast sets must have: one of each list. */
function familyClasses(task: Task, family: Family): readonly (readonly string[])[] {
  if (family === "labels") return task.labels.map((label) => [label]);
  return family === "quality" ? [[HUMAN_CLASS], SPOILT_CLASSES] : [[HUMAN_CLASS]];
}

function classProblems(
  contrast: readonly ContrastSet[],
  task: Task,
  methods: readonly SteeringMethod[],
): Inconsistency[] {
  const classes = [...new Set(methods.flatMap((method) => familyClasses(task, familyOf(method)).flat()))];
  const human = methods.filter((method) => HUMAN_METHODS.includes(method));
  const of = [
    ...(human.length < methods.length ? ["a label of task.labels"] : []),
    ...(human.length > 0
      ? [`a class of the ${human.length === 1 ? "method" : "methods"} ${human.join(", ")}`]
      : []),
  ].join(" or ");
  return contrast.flatMap((set, index) => {
    const problems: Inconsistency[] = [];
    if (!classes.includes(set.class)) {
      const list = classes.map((name) => quoted(name)).join(", ");
      const message = `found ${quoted(set.class)}; allowed: ${of} (${list}).`;
      problems.push({ path: ["contrast", index, "class"], message });
    }
    const compared = methods.includes("language") && !task.labels.includes(set.class);
    if (compared && set.language === undefined) {
      const message =
        "the key language is missing; the method language compares languages, so give each set's.";
      problems.push({ path: ["contrast", index, "language"], message });
    }
    return problems;
  });
}

/** Every class needs texts in every language, or the difference would have one side only. */
function coverageProblems(
  contrast: readonly ContrastSet[],
  task: Task,
  methods: readonly SteeringMethod[],
): Inconsistency[] {
  const path = ["contrast"];
  const families = new Map(methods.map((method) => [familyOf(method), method]));
  const problems = new Map<string, Inconsistency>();
  for (const [family, method] of families) {
    for (const names of familyClasses(task, family)) {
      const name = names[0]!;
      const sets = contrast.filter((set) => names.includes(set.class));
      const general = family !== "language" && sets.some(({ language }) => language === undefined);
      const missing = task.languages.filter(
        (language) => !general && !sets.some((set) => set.language === language),
      );
      if (missing.length === 0 || problems.has(name)) continue;
      const message = `found no texts of the class ${quoted(name)} in ${missing.join(", ")}; ${needs(method)}.`;
      problems.set(name, { path, at: "key", message });
    }
  }
  const human = contrast.filter((set) => !task.labels.includes(set.class));
  const languages = new Set(human.flatMap(({ language }) => language ?? []));
  if (families.has("language") && languages.size < 2) {
    const message = `found texts in ${[...languages].join(", ") || "no language"}; the method language needs sets in at least two: each vector is a language's mean less the mean of the others.`;
    return [...problems.values(), { path, at: "key", message }];
  }
  return [...problems.values()];
}

function needs(method: SteeringMethod): string {
  switch (familyOf(method)) {
    case "labels":
      return `${method} needs a set of every label for every language (a set without language serves all)`;
    case "quality":
      return "quality needs sets of human and of back-translated (or corrupted) texts for every language (a set without language serves all)";
    case "language":
      return "the method language needs a set of human texts in every language of the task";
  }
}
