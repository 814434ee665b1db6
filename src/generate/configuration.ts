import type { Recipe } from "../recipe/schema.js";

export type Prompting = "zero-shot" | "few-shot";

/** One way of writing: a prompt, and the steering added to it if any. Its name is part of every sample's id. */
export interface Configuration {
  readonly name: string;
  readonly prompting: Prompting;
  readonly steering?: {
    readonly method: Recipe["steering"]["method"];
    readonly layer: number;
    /** In the recipe's unit. */
    readonly strength: number;
  };
}

/** Prompting without steering, as the recipe asks for it. */
export function baselineConfigurations(recipe: Recipe): Configuration[] {
  return [...new Set(recipe.baselines)].map((prompting) => ({ name: prompting, prompting }));
}

/** Every strength at every layer. `layers` are blocks of the model. */
export function sweepConfigurations(recipe: Recipe, layers: readonly number[]): Configuration[] {
  const { method, strengths, prompting } = recipe.steering;
  const prefix = prompting === "zero-shot" ? method : `${method}+${prompting}`;
  return layers.flatMap((layer) =>
    [...new Set(strengths)]
      .sort((a, b) => a - b)
      .map((strength) => ({
        name: `${prefix}@${layer}x${strength}`,
        prompting,
        steering: { method, layer, strength },
      })),
  );
}

/** What a configuration is, for people: `zero-shot prompting`, `steered at layer 8, strength 0.2`. */
export function describeConfiguration({ prompting, steering }: Configuration): string {
  if (!steering) return `${prompting} prompting`;
  const added = prompting === "few-shot" ? ", few-shot" : "";
  return `steered at layer ${steering.layer}, strength ${steering.strength}${added}`;
}
