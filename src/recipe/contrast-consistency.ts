import { type Inconsistency, quoted } from "./problem.js";
import type { ContrastSet, Recipe } from "./schema.js";

type Task = Recipe["task"];
type Method = Recipe["steering"]["method"];

/** Whether the contrast sets are what the steering method needs. */
export function contrastProblems({ contrast, task, steering }: Partial<Recipe>): Inconsistency[] {
  if (contrast === undefined) return [];
  const method = steering?.method;
  return [
    ...contrast.flatMap(sourceProblems),
    ...sizeProblems(contrast),
    ...sharedProblems(contrast),
    ...(task === undefined || method === undefined
      ? []
      : [...classProblems(contrast, task, method), ...coverageProblems(contrast, task, method)]),
  ];
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
function sharedProblems(contrast: readonly ContrastSet[]): Inconsistency[] {
  const seen = new Map<string, ContrastSet[]>();
  return contrast.flatMap((set, index) =>
    (set.texts ?? []).flatMap((given, at): Inconsistency[] => {
      const text = given.trim();
      const earlier = seen.get(text) ?? [];
      if (earlier.at(-1) !== set) seen.set(text, [...earlier, set]);
      const other = earlier.find(
        ({ class: name, language }) =>
          name !== set.class &&
          (language === set.language || language === undefined || set.language === undefined),
      );
      if (other === undefined) return [];
      const message = `found the text ${quoted(text)}, which stands under the class ${quoted(other.class)} as well; allowed: texts of one class.`;
      return [{ path: ["contrast", index, "texts", at], message }];
    }),
  );
}

/** Classes that the method's contrast sets may have. */
function methodClasses(task: Task, method: Method): readonly string[] {
  if (method === "mean-difference") return task.labels;
  return method === "quality" ? ["human", "back-translated"] : ["human"];
}

function classProblems(contrast: readonly ContrastSet[], task: Task, method: Method): Inconsistency[] {
  const classes = methodClasses(task, method);
  const of = method === "mean-difference" ? "a label of task.labels" : `a class of the method ${method}`;
  return contrast.flatMap((set, index) => {
    const problems: Inconsistency[] = [];
    if (!classes.includes(set.class)) {
      const list = classes.map((name) => quoted(name)).join(", ");
      const message = `found ${quoted(set.class)}; allowed: ${of} (${list}).`;
      problems.push({ path: ["contrast", index, "class"], message });
    }
    if (method === "language" && set.language === undefined) {
      const message =
        "the key language is missing; the method language compares languages, so give each set's.";
      problems.push({ path: ["contrast", index, "language"], message });
    }
    return problems;
  });
}

/** Every class needs texts in every language, or the difference would have one side only. */
function coverageProblems(contrast: readonly ContrastSet[], task: Task, method: Method): Inconsistency[] {
  const path = ["contrast"];
  const problems = methodClasses(task, method).flatMap((name): Inconsistency[] => {
    const sets = contrast.filter((set) => set.class === name);
    const general = method !== "language" && sets.some(({ language }) => language === undefined);
    const missing = task.languages.filter(
      (language) => !general && !sets.some((set) => set.language === language),
    );
    if (missing.length === 0) return [];
    const message = `found no texts of the class ${quoted(name)} in ${missing.join(", ")}; ${needs(method)}.`;
    return [{ path, at: "key", message }];
  });
  const languages = new Set(contrast.flatMap(({ language }) => language ?? []));
  if (method === "language" && languages.size < 2) {
    const message = `found texts in ${[...languages].join(", ") || "no language"}; the method language needs sets in at least two: each vector is a language's mean less the mean of the others.`;
    problems.push({ path, at: "key", message });
  }
  return problems;
}

function needs(method: Method): string {
  if (method === "mean-difference") {
    return "mean-difference needs a set of every label for every language (a set without language serves all)";
  }
  if (method === "quality") {
    return "quality needs sets of human and of back-translated texts for every language (a set without language serves all)";
  }
  return "the method language needs a set of human texts in every language of the task";
}
