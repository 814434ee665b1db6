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

/** Each method once, in the recipe's order; none without steering. */
export function methodsOf(steering: Pick<Steering, "method" | "methods"> | undefined): SteeringMethod[] {
  const { method, methods } = steering ?? {};
  return [...new Set(methods ?? (method === undefined ? [] : [method]))];
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

/** Methods that vectors are needed of: those of the sweep, and the condition's; none without steering. */
export function neededMethods(steering: Steering | undefined): SteeringMethod[] {
  const when = steering?.when;
  const condition = when?.towards === undefined ? [] : [when.method ?? "mean-difference"];
  return [...new Set([...methodsOf(steering), ...condition])];
}
