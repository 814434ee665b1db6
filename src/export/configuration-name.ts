import type { Configuration, ConfigurationGuidance, Prompting } from "../generate/configuration.js";
import type { VectorSource } from "../recipe/sweep-axes.js";
import type { SteeringOperation } from "../steering/intervene.js";

/** What a configuration's name says: all but how many blocks `all` are. */
export interface NamedConfiguration {
  readonly name: string;
  readonly prompting: Prompting;
  readonly steering?: {
    readonly method: VectorSource;
    readonly operation: SteeringOperation;
    /** 0-based blocks that are steered together, or all of the model's. */
    readonly layers: readonly number[] | "all";
    /** In the recipe's unit. */
    readonly strength: number;
  };
  readonly guidance?: ConfigurationGuidance;
}

const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:e[+-]\d+)?`;
const STEERING = new RegExp(
  `^(?<method>[a-z-]+)(?:\\.(?<operation>[a-z-]+))?(?<few>\\+few-shot)?@(?<layers>all|\\d+(?:\\+\\d+)*)x(?<strength>${NUMBER})$`,
);
const GUIDANCE = new RegExp(
  `^(?<preset>[a-z-]+)(?<few>\\+few-shot)?@(?:g(?<gamma>${NUMBER}))?(?:e(?<eta>${NUMBER}))?$`,
);

/**
 * Reads a configuration's name, as `sweepConfigurations` makes it, so that a run folder can be read without its
 * model. Undefined for a name of another make.
 */
export function readConfigurationName(name: string): NamedConfiguration | undefined {
  if (name === "zero-shot" || name === "few-shot") return { name, prompting: name };
  const parts = name.split("~");
  const steered = STEERING.exec(parts[0]!)?.groups;
  const guided = GUIDANCE.exec(parts[steered ? 1 : 0] ?? "")?.groups;
  const read = (steered ? 1 : 0) + (guided ? 1 : 0);
  if (read !== parts.length) return undefined;
  return {
    name,
    prompting: (steered ?? guided)!.few === undefined ? "zero-shot" : "few-shot",
    ...(steered ? { steering: steeringOf(steered) } : {}),
    ...(guided ? { guidance: guidanceOf(guided) } : {}),
  };
}

function steeringOf(groups: Record<string, string | undefined>): NonNullable<NamedConfiguration["steering"]> {
  const { method, operation, layers, strength } = groups;
  return {
    method: method as VectorSource,
    operation: (operation ?? "add") as SteeringOperation,
    layers: layers === "all" ? "all" : layers!.split("+").map(Number),
    strength: Number(strength),
  };
}

function guidanceOf({
  preset,
  gamma,
  eta,
}: Record<string, string | undefined>): NonNullable<Configuration["guidance"]> {
  return {
    preset: preset as ConfigurationGuidance["preset"],
    ...(gamma === undefined ? {} : { gamma: Number(gamma) }),
    ...(eta === undefined ? {} : { eta: Number(eta) }),
  };
}
