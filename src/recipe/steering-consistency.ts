import { needsWholeText, selectionProblem } from "../engine/selection.js";
import type { SteeringOperation } from "../steering/intervene.js";
import { HUMAN_CLASS } from "../steering/quality-vector.js";
import { alternatives } from "./allowed.js";
import { conditionTooDeep, depthOf } from "./layers.js";
import { type Inconsistency, type KeyPath, quoted } from "./problem.js";
import { scheduleProblems } from "./schedule-consistency.js";
import type { Recipe } from "./schema.js";
import { selectionOf } from "./selection-key.js";
import type { Layer, RecipeSelection, Steering } from "./steering-schema.js";
import {
  HUMAN_METHODS,
  MEASURED_OPERATIONS,
  operationsOf,
  SHARE_OPERATIONS,
  sourcesOf,
  strengthsOf,
} from "./sweep-axes.js";

/** What does not fit together among the keys of `steering`. */
export function steeringProblems({ steering, task }: Partial<Recipe>): Inconsistency[] {
  if (steering === undefined) return [];
  return [
    ...alternativeProblems(steering),
    ...vectorProblems(steering, task?.labels),
    ...strengthProblems(steering),
    ...whereProblems(steering),
    ...poolingProblems(steering),
    ...scheduleProblems(steering.schedule, ["steering", "schedule"]),
    ...conditionProblems(steering, task?.labels),
  ];
}

/** Keys that exclude each other; one of the first pair is needed. */
function alternativeProblems(steering: Steering): Inconsistency[] {
  const pairs = [
    ["method", "methods"],
    ["method", "vectors"],
    ["methods", "vectors"],
    ["operation", "operations"],
    ["schedule", "decay"],
  ] as const;
  const both = pairs.flatMap(([one, other]): Inconsistency[] => {
    if (steering[one] === undefined || steering[other] === undefined) return [];
    const message = `found ${other} together with ${one}; allowed: one of the two.`;
    return [{ path: ["steering", other], at: "key", message }];
  });
  if (sourcesOf(steering).length > 0) return both;
  const message =
    "found none of method, methods and vectors; give one of them, such as method: mean-difference (a label against the other labels).";
  return [...both, { path: ["steering"], at: "key", message }];
}

function vectorProblems(steering: Steering, labels: readonly string[] | undefined): Inconsistency[] {
  const { vectors } = steering;
  if (vectors === undefined) return [];
  const problems: Inconsistency[] = [];
  if (operationsOf(steering).includes("replace")) {
    const message =
      "found replace together with steering.vectors; it leads to the mean residual of a class, which a vector file does not hold. Leave it out, or give a method.";
    const key = steering.operations === undefined ? "operation" : "operations";
    problems.push({ path: ["steering", key], message });
  }
  if (typeof vectors === "string" || labels === undefined) return problems;
  const missing = labels.filter((label) => !Object.hasOwn(vectors, label));
  if (missing.length > 0) {
    const message = `found no file for ${missing.map((name) => quoted(name)).join(", ")}; allowed: one for each label of task.labels, or one file for all.`;
    problems.push({ path: ["steering", "vectors"], at: "key", message });
  }
  for (const label of Object.keys(vectors).filter((name) => !labels.includes(name))) {
    const message = `found ${quoted(label)}; allowed: ${alternatives(labels.map((name) => quoted(name)))}.`;
    problems.push({ path: ["steering", "vectors", label], at: "key", message });
  }
  return problems;
}

function strengthProblems(steering: Steering): Inconsistency[] {
  const { strengths, unit, clampMost } = steering;
  const operations = operationsOf(steering);
  const problems: Inconsistency[] = [];
  if (strengths !== undefined && !Array.isArray(strengths)) {
    for (const operation of Object.keys(strengths) as SteeringOperation[]) {
      if (operations.includes(operation)) continue;
      const message = `found strengths of the operation ${operation}; allowed: of operations that the recipe tries (${operations.join(", ")}).`;
      problems.push({ path: ["steering", "strengths", operation], at: "key", message });
    }
  }
  for (const operation of operations) {
    const path: KeyPath = Array.isArray(strengths)
      ? ["steering", "strengths"]
      : ["steering", "strengths", operation];
    if (strengthsOf(steering, operation) === undefined) {
      const reason = missingStrengths(operation, unit);
      if (reason !== undefined) problems.push({ path, message: reason });
      continue;
    }
    const given = Array.isArray(strengths) ? strengths : (strengths?.[operation] ?? []);
    given.forEach((strength, index) => {
      const problem = strengthProblem(operation, strength, clampMost);
      if (problem !== undefined) problems.push({ path: [...path, index], message: problem });
    });
  }
  if (clampMost !== undefined && !operations.includes("clamp")) {
    const message = `found clampMost without the operation clamp (${operations.join(", ")}); leave it out.`;
    problems.push({ path: ["steering", "clampMost"], at: "key", message });
  }
  return problems;
}

function missingStrengths(operation: SteeringOperation, unit: Steering["unit"]): string | undefined {
  if (!MEASURED_OPERATIONS.includes(operation)) {
    return `the key is missing, and strengths of the operation ${operation} are not measured; give a list of numbers.`;
  }
  return unit === "absolute"
    ? "the key is missing, and measured strengths are in norms; give a list of numbers, or leave out unit: absolute."
    : undefined;
}

function strengthProblem(
  operation: SteeringOperation,
  strength: number,
  clampMost: number | undefined,
): string | undefined {
  if (operation === "clamp") {
    return clampMost === undefined || strength <= clampMost
      ? undefined
      : `found ${strength}; allowed: at most steering.clampMost, which is ${clampMost} and bounds the interval from above.`;
  }
  if (strength <= 0) return `found ${strength}; allowed: a number above 0 for the operation ${operation}.`;
  if (SHARE_OPERATIONS.includes(operation) && strength > 1) {
    return `found ${strength}; allowed: up to 1 for the operation ${operation}, where a strength is the share of the way.`;
  }
  if (operation === "rotate" && strength > Math.PI) {
    return `found ${strength}; allowed: up to 3.14159 for the operation rotate, where a strength is an angle in radians.`;
  }
  return undefined;
}

function selectorProblems(selection: RecipeSelection, path: KeyPath): Inconsistency[] {
  return (["include", "exclude"] as const).flatMap((list) =>
    (selection[list] ?? []).flatMap(({ tokens, text, anchor, from, to }, index): Inconsistency[] => {
      const at = [...path, list, index];
      const given = [tokens, text, anchor].filter((value) => value !== undefined).length;
      if (given !== 1) {
        return [{ path: at, message: `found ${given} of tokens, text and anchor; allowed: exactly one.` }];
      }
      if (anchor !== undefined || (from === undefined && to === undefined)) return [];
      return [
        { path: at, message: "found from or to without anchor; allowed: positions that count from one." },
      ];
    }),
  );
}

/** Problems of a selection's parts, or else of the whole. */
function selectionProblems(selection: RecipeSelection, path: KeyPath): Inconsistency[] {
  const parts = selectorProblems(selection, path);
  if (parts.length > 0) return parts;
  const problem = selectionProblem(selectionOf(selection, () => [0]));
  return problem === undefined ? [] : [{ path, message: `this selection picks no row: ${problem}.` }];
}

function whereProblems({ where }: Steering): Inconsistency[] {
  if (where === undefined) return [];
  const path = ["steering", "where"];
  const problems = selectionProblems(where, path);
  if (problems.length > 0 || !needsWholeText(selectionOf(where, () => [0]))) return problems;
  const message =
    "found positions that count from the end; allowed: from start or prompt-end, as a text that is still being written has no end.";
  return [{ path, message }];
}

function poolingProblems({ pooling, read }: Steering): Inconsistency[] {
  const path = ["steering", "pooling"];
  if (pooling === "answer" && read === "raw") {
    const message =
      "found answer, but the contrast texts are no answers; give read: {answerTo: PROMPT}, or pooling: last.";
    return [{ path, message }];
  }
  if (typeof pooling === "string") return [];
  const problems = selectionProblems(pooling, path);
  if (problems.length > 0) return problems;
  if (read === "raw") {
    if (pooling.phase !== "generated") return [];
    const message =
      "this selection picks no row: texts that are read raw have no phase generated; give read: {answerTo: PROMPT}.";
    return [{ path, message }];
  }
  if (!picksPromptAlone(pooling)) return [];
  const message =
    "this selection picks rows of the prompt alone, which all texts that answer it share, so that the classes do not differ; allowed: rows of the answer (phase: generated).";
  return [{ path, message }];
}

/** What can be told without the prompt's length. */
function picksPromptAlone({ phase, include }: RecipeSelection): boolean {
  if (phase === "prompt") return true;
  return include?.every(({ anchor, to }) => anchor === "prompt-end" && to !== undefined && to < 0) ?? false;
}

function conditionProblems(steering: Steering, labels: readonly string[] | undefined): Inconsistency[] {
  const { when } = steering;
  if (when === undefined) return [];
  const path = ["steering", "when"];
  const { towards, vector, method, above, below } = when;
  const problems: Inconsistency[] = [];
  if ((towards === undefined) === (vector === undefined)) {
    const found = towards === undefined ? "neither towards nor vector" : "both towards and vector";
    problems.push({ path, message: `found ${found}; allowed: exactly one of the two.` });
  }
  if (method !== undefined && towards === undefined) {
    const message = "found a method for a vector from a file; leave it out.";
    problems.push({ path: [...path, "method"], at: "key", message });
  }
  if (towards !== undefined && labels !== undefined) {
    const allowed = HUMAN_METHODS.includes(method ?? "mean-difference") ? [HUMAN_CLASS] : labels;
    if (!allowed.includes(towards)) {
      const message = `found ${quoted(towards)}; allowed: ${alternatives(allowed.map((name) => quoted(name)))}.`;
      problems.push({ path: [...path, "towards"], message });
    }
  }
  if (above === undefined && below === undefined) {
    problems.push({ path, message: "found neither above nor below; give at least one of the two." });
  }
  if (above !== undefined && below !== undefined && above >= below) {
    const message = `found ${above}, which is not below ${below}; allowed: above smaller than below, as both must hold.`;
    problems.push({ path: [...path, "above"], message });
  }
  return [...problems, ...conditionLayerProblems(when.layer, steering.layers)];
}

/** What can be told without the model's depth; the rest is found when it is known. */
function conditionLayerProblems(measured: Layer, layers: Steering["layers"]): Inconsistency[] {
  const at = depthOf(measured);
  const isBlock = (depth: number) => depth === 0 || depth >= 1;
  const steered = layers.flatMap((entry) => (entry === "all" ? [0] : [entry].flat().map(depthOf)));
  const first = steered.find((depth) => isBlock(depth) === isBlock(at) && depth < at);
  if (first === undefined) return [];
  return [{ path: ["steering", "when", "layer"], message: conditionTooDeep(measured, first) }];
}
