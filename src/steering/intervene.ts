import type { Condition, Intervention, Schedule } from "../engine/intervention.js";
import type { Selection } from "../engine/selection.js";
import { RecipeError } from "../errors.js";
import type { SteeringVector } from "./steering-vector.js";
import { absoluteStrength, directionAt, type StrengthUnit } from "./strength.js";

/**
 * Operations that a steering vector can be used with, at a layer whose mean residual norm is n, with the vector's
 * direction d̂ there:
 *
 * | operation          | a strength s means                                                              |
 * |--------------------|---------------------------------------------------------------------------------|
 * | `add`              | s·n·d̂ is added to each row                                                      |
 * | `add-keeping-norm` | the same, and the row gets its norm back                                        |
 * | `ablate`           | the share s of a row's component along d̂ is taken out; 1 takes out all          |
 * | `ablate-add`       | the whole component is taken out, and then s·n·d̂ is added                       |
 * | `clamp`            | the component is at least s·n, and at most `clampMost`·n where that is given    |
 * | `rotate`           | a row is turned by s radians towards d̂; a small turn moves it as far as adding s |
 * | `replace`          | a row's component goes the share s of the way to that of the class's mean residual |
 *
 * The first row of a text, its BOS or first token, is in most models many times as long as the others. A turn by an
 * angle moves it many times as far, and breaks the texts: leave it out with `where`, as recipes do by themselves.
 *
 * With the unit `absolute`, n is 1. It means nothing to `ablate`, `rotate` and `replace`.
 */
export const STEERING_OPERATIONS = [
  "add",
  "ablate",
  "ablate-add",
  "clamp",
  "rotate",
  "add-keeping-norm",
  "replace",
] as const;

export type SteeringOperation = (typeof STEERING_OPERATIONS)[number];

/** What is done with a steering vector. */
export interface InterventionSpec {
  readonly operation: SteeringOperation;
  /** 0-based blocks, all of which are steered. */
  readonly layers: readonly number[];
  /** See `STEERING_OPERATIONS`. */
  readonly strength: number;
  /** Default `norm`. */
  readonly unit?: StrengthUnit | undefined;
  /** For `clamp`: the upper bound, in the unit of `strength`. Default: none. */
  readonly clampMost?: number | undefined;
  /** Default: every row. */
  readonly where?: Selection | undefined;
  /** Default: always. */
  readonly when?: Condition | undefined;
  /** Default: 1 at every row. */
  readonly schedule?: Schedule | undefined;
}

/** What an operation needs besides the vector. */
export interface InterventionExtras {
  /** For `replace`: the mean residual of the vector's class at a layer. `[width]` */
  readonly reference?: (layer: number) => Float32Array;
}

/**
 * The interventions of an operation with a steering vector, in the order in which they are applied: by layer, and
 * the two of `ablate-add` with the ablation first, which would otherwise take out what was added.
 *
 * @throws RecipeError if the vector lacks a layer, the strength is no finite number, or a norm that it needs is
 * not known
 * @throws RangeError if `replace` is given no reference
 */
export function interventionsOf(
  spec: InterventionSpec,
  vector: SteeringVector,
  extras: InterventionExtras = {},
): Intervention[] {
  const { strength, layers } = spec;
  if (!Number.isFinite(strength)) throw new RecipeError(`steering.strengths: ${strength} is not a number.`);
  return [...new Set(layers)]
    .sort((a, b) => a - b)
    .flatMap((layer) => interventionsAt(layer, spec, vector, extras));
}

function interventionsAt(
  layer: number,
  { operation, strength, unit = "norm", clampMost, where, when, schedule }: InterventionSpec,
  vector: SteeringVector,
  { reference }: InterventionExtras,
): Intervention[] {
  const direction = directionAt(vector, layer).unit;
  const absolute = (value: number) => absoluteStrength(vector, layer, value, unit);
  const added = () => {
    const alpha = absolute(strength);
    return direction.map((value) => alpha * value);
  };
  const place = { layer, ...(where === undefined ? {} : { where }), ...(when === undefined ? {} : { when }) };
  const site = { ...place, ...(schedule === undefined ? {} : { schedule }) };
  /** A part of the way is a factor of the schedule. */
  const shared = () => (strength === 1 ? site : { ...place, schedule: scaled(schedule, strength) });
  switch (operation) {
    case "add":
    case "add-keeping-norm":
      return [{ kind: operation, ...site, vector: added() }];
    case "ablate":
      return [{ kind: "ablate", ...shared(), direction }];
    case "ablate-add":
      return [
        { kind: "ablate", ...site, direction },
        { kind: "add", ...site, vector: added() },
      ];
    case "clamp": {
      const most = clampMost === undefined ? {} : { most: absolute(clampMost) };
      return [{ kind: "clamp", ...site, direction, least: absolute(strength), ...most }];
    }
    case "rotate":
      return [{ kind: "rotate", ...site, direction, angle: strength }];
    case "replace":
      if (!reference) throw new RangeError("The operation replace needs a reference.");
      return [{ kind: "replace", ...shared(), direction, reference: reference(layer) }];
  }
}

/** Euclidean length of what is added to a row, the mean over the layers; NaN for an operation that adds nothing. */
export function addedLength(spec: InterventionSpec, vector: SteeringVector): number {
  const { operation, layers, strength, unit } = spec;
  if (!["add", "add-keeping-norm", "ablate-add"].includes(operation)) return Number.NaN;
  const lengths = layers.map((layer) => absoluteStrength(vector, layer, strength, unit));
  return lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
}

function scaled(schedule: Schedule = [{ token: 0, factor: 1 }], share: number): Schedule {
  return schedule.map(({ token, factor }) => ({ token, factor: share * factor }));
}
