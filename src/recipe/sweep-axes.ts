import { RecipeError } from "../errors.js";
import type { SteeringOperation } from "../steering/intervene.js";
import type { SteeringMethod } from "../steering/steering-vector.js";
import type { Recipe } from "./schema.js";
import type { Steering } from "./steering-schema.js";

/** What the steering of a recipe runs over besides its layers: methods, operations and strengths. */

/**
 * The recipe's steering, for what cannot be done without.
 * @throws RecipeError if the recipe has guidance alone
 */
export function steeringOf({ steering }: Pick<Recipe, "steering">): Steering {
  if (steering) return steering;
  throw new RecipeError(
    "steering: the recipe has guidance and no steering, so that it makes no steering vectors. Add the key steering.",
  );
}

/** Methods whose contrast sets are human texts, and back-translated ones, instead of the task's labels. */
export const HUMAN_METHODS: readonly SteeringMethod[] = ["language", "quality"];

/** Operations whose strength is a length that can be measured. */
export const MEASURED_OPERATIONS: readonly SteeringOperation[] = ["add", "add-keeping-norm", "ablate-add"];

/** Strengths that are taken from a measured interval. */
export const MEASURED_STRENGTHS = 3;

/** Operations whose strength is a share of the way. */
export const SHARE_OPERATIONS: readonly SteeringOperation[] = ["ablate", "replace"];

/** Where a configuration's vectors come from: a method, or the recipe's vector files. */
export type VectorSource = SteeringMethod | typeof FILE_SOURCE;

/** Stands in a configuration's name for the method of vectors from files. */
export const FILE_SOURCE = "file";

/** Each method once, in the recipe's order, or `file` for vectors from files; none without steering. */
export function sourcesOf(steering: MethodKeys | undefined): VectorSource[] {
  return steering?.vectors === undefined ? methodsOf(steering) : [FILE_SOURCE];
}

/** Each method once, in the recipe's order; none without steering, or with vectors from files. */
export function methodsOf(steering: MethodKeys | undefined): SteeringMethod[] {
  const { method, methods } = steering ?? {};
  return [...new Set(methods ?? (method === undefined ? [] : [method]))];
}

type MethodKeys = Pick<Steering, "method" | "methods" | "vectors">;

/** The vector file that the recipe names for a label; undefined if vectors are made. */
export function vectorFileOf({ vectors }: Pick<Steering, "vectors">, label: string): string | undefined {
  return typeof vectors === "object" ? vectors[label] : vectors;
}

/** Each operation once, in the recipe's order; none without steering. */
export function operationsOf(
  steering: Pick<Steering, "operation" | "operations"> | undefined,
): SteeringOperation[] {
  if (steering === undefined) return [];
  const { operation, operations } = steering;
  return [...new Set(operations ?? [operation ?? "add"])];
}

/** Strengths of an operation, ascending and each once; undefined if they are to be measured. */
export function strengthsOf(
  { strengths }: Pick<Steering, "strengths">,
  operation: SteeringOperation,
): number[] | undefined {
  const given = Array.isArray(strengths) ? strengths : strengths?.[operation];
  const whole = SHARE_OPERATIONS.includes(operation) ? [1] : undefined;
  const all = given ?? whole;
  return all && [...new Set(all)].sort((a, b) => a - b);
}

/** Methods that vectors are made by: those of the sweep, and the condition's; none without steering. */
export function neededMethods(steering: Steering | undefined): SteeringMethod[] {
  const when = steering?.when;
  const condition = when?.towards === undefined ? [] : [when.method ?? "mean-difference"];
  return [...new Set([...methodsOf(steering), ...condition])];
}
