import { EngineError } from "../../errors.js";
import type { Condition, Intervention, Schedule } from "../intervention.js";
import { canReach } from "../reach.js";
import { checkSchedule, factorAt } from "../schedule.js";
import { compileSelection, dependsOnPromptLength, needsWholeText, type SelectableRow } from "../selection.js";
import { compileOperation, type Operation, unitVector } from "./operations.js";
import type { Route, Steering } from "./protocol.js";

/** A condition of an intervention, ready to be measured. */
export interface Gate {
  readonly layer: number;
  readonly unit: Float32Array;
  readonly measure: Condition["measure"];
  readonly over: Condition["over"];
  readonly above: number;
  readonly below: number;
}

/** An intervention at one block, ready to be applied to rows. */
export interface Step {
  /** Undefined: every row. */
  readonly selects: ((row: SelectableRow) => boolean) | undefined;
  /** Number of its condition among the plan's; undefined: always. */
  readonly gate: number | undefined;
  readonly factor: ((row: SelectableRow) => number) | undefined;
  readonly operation: Operation;
}

/** How a request's interventions reach the residual stream. */
export interface SteeringPlan {
  readonly route: Route;
  /** The sum of the vectors for each block, if nothing but plain additions is asked for. */
  readonly additions: ReadonlyMap<number, Float32Array>;
  /** What is done at each block, in order. */
  readonly steps: ReadonlyMap<number, readonly Step[]>;
  readonly gates: readonly Gate[];
  /** Blocks that are changed or looked at. */
  readonly layers: readonly number[];
  /** Rows of prompts may be changed or looked at. */
  readonly touchesPrompts: boolean;
  /** What one prompt's beginning leaves in the cache is right for another prompt with that beginning. */
  readonly sharesBeginnings: boolean;
  readonly interventions: readonly Intervention[];
}

/** What a plan needs to know of the model. */
export interface SteerableModel {
  readonly layers: number;
  readonly width: number;
  /** Whether llama.cpp's control vector really changes a block of this architecture. */
  steersNatively(layer: number): boolean;
}

function isPlain(intervention: Intervention): boolean {
  const { kind, where, when, schedule } = intervention;
  return kind === "add" && !when && !schedule && compileSelection(where) === undefined;
}

function checkLayer(layer: number, layers: number, what: string): void {
  if (!Number.isInteger(layer) || layer < 0 || layer >= layers) {
    throw new EngineError(`There is no layer ${layer} to ${what}: the model has layers 0 to ${layers - 1}.`);
  }
}

function compileGate(condition: Condition, intervention: Intervention, model: SteerableModel): Gate {
  const { layer, vector, measure, over, above, below } = condition;
  checkLayer(layer, model.layers, "look at");
  const refuse = (what: string): never => {
    throw new EngineError(`The condition at layer ${layer} cannot be met or missed: ${what}.`);
  };
  if (layer > intervention.layer) {
    refuse(`the intervention is at layer ${intervention.layer}, which is computed before`);
  }
  if (over === "prompt" && layer === model.layers - 1) {
    refuse("the last block's output of a prompt is never computed. Choose an earlier block");
  }
  if (above === undefined && below === undefined) refuse("it names no threshold");
  if ([above, below].some((bound) => bound !== undefined && !Number.isFinite(bound))) {
    refuse("its threshold is no finite number");
  }
  if (above !== undefined && below !== undefined && above >= below) {
    refuse(`nothing is above ${above} and below ${below}`);
  }
  return {
    layer,
    unit: unitVector(vector, model.width, `condition at layer ${layer}`),
    measure,
    over,
    above: above ?? Number.NEGATIVE_INFINITY,
    below: below ?? Number.POSITIVE_INFINITY,
  };
}

function compileSchedule(schedule: Schedule, layer: number): (row: SelectableRow) => number {
  checkSchedule(schedule, `at layer ${layer}`);
  return ({ position, promptLength }) => factorAt(schedule, position - promptLength);
}

/**
 * Checks the interventions of one request, or of all requests if they share them, and chooses their way: plain
 * additions take llama.cpp's control vector, which costs nothing, where it works; everything else, and layer 0,
 * which that cannot reach, goes through the evaluation callback.
 */
export function planSteering({ interventions, route }: Steering, model: SteerableModel): SteeringPlan {
  const steps = new Map<number, Step[]>();
  const gates: Gate[] = [];
  for (const intervention of interventions) {
    const { layer, where, when, schedule } = intervention;
    checkLayer(layer, model.layers, "steer");
    const operation = compileOperation(intervention, model.width);
    if (when) gates.push(compileGate(when, intervention, model));
    const step: Step = {
      selects: compileSelection(where),
      gate: when && gates.length - 1,
      factor: schedule && compileSchedule(schedule, layer),
      operation,
    };
    steps.set(layer, [...(steps.get(layer) ?? []), step]);
  }
  const additions = new Map<number, Float32Array>();
  const plain = interventions.every(isPlain);
  if (plain) {
    for (const { layer, vector } of interventions as readonly { layer: number; vector: Float32Array }[]) {
      const sum = additions.get(layer) ?? new Float32Array(model.width);
      additions.set(
        layer,
        sum.map((value, i) => value + vector[i]!),
      );
    }
  }
  const possible = plain && !additions.has(0);
  if (route === "native" && !possible) {
    throw new EngineError("Only plain additions, and none at layer 0, go through the control vector.");
  }
  const native =
    route === "native" ||
    (possible && route !== "callback" && [...additions.keys()].every((layer) => model.steersNatively(layer)));
  return {
    route: native ? "native" : "callback",
    additions,
    steps,
    gates,
    layers: [...new Set([...steps.keys(), ...gates.map(({ layer }) => layer)])].sort((a, b) => a - b),
    touchesPrompts:
      gates.some(({ over }) => over === "prompt") ||
      interventions.some(({ where }) => where?.phase !== "generated"),
    sharesBeginnings:
      gates.every(({ over }) => over === "row") &&
      interventions.every(({ where }) => where === undefined || !dependsOnPromptLength(where)),
    interventions,
  };
}

/**
 * Refuses an intervention that could reach no row of a text: a text that is silently left as it is would be
 * taken for a steered one.
 * @param most Rows that the text can have; what is drawn is not known, so that any token may come.
 * @throws EngineError
 */
export function requireReach(plan: SteeringPlan, prompt: Int32Array, most: number): void {
  const promptLength = prompt.length;
  for (const { where = {}, schedule, layer, kind } of plan.interventions) {
    if (needsWholeText(where)) {
      throw new EngineError(
        `The selection of the intervention ${kind} at layer ${layer} counts from the end of the text, which is ` +
          "not known while it is written. Count from prompt-end.",
      );
    }
    if (canReach({ where, ...(schedule ? { schedule } : {}) }, prompt, most)) continue;
    throw new EngineError(
      `The intervention ${kind} at layer ${layer} picks no row: the prompt has ${promptLength} tokens, and at most ` +
        `${most} rows are read. Choose other positions${schedule ? ", tokens or another schedule" : " or tokens"}.`,
    );
  }
}
