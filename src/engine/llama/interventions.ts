import { EngineError } from "../../errors.js";
import type { Intervention } from "../engine.js";
import type { ResidualHandler } from "./hooks.js";
import type { Route, Steering } from "./protocol.js";

/** How a request's interventions reach the residual stream. */
export interface SteeringPlan {
  readonly route: Route;
  /** The sum of the vectors for each block. */
  readonly additions: ReadonlyMap<number, Float32Array>;
}

function check(intervention: Intervention, layers: number, width: number): void {
  const { layer, vector } = intervention;
  if (!Number.isInteger(layer) || layer < 0 || layer >= layers) {
    throw new EngineError(`There is no layer ${layer} to steer: the model has layers 0 to ${layers - 1}.`);
  }
  if (vector.length !== width) {
    throw new EngineError(`The steering vector has ${vector.length} values; the model's width is ${width}.`);
  }
  if (!vector.every(Number.isFinite)) {
    throw new EngineError(
      `The steering vector for layer ${layer} holds a value that is not a finite number.`,
    );
  }
}

/**
 * Checks the interventions of one request, or of all requests if they share them, and chooses their way: a plain addition takes llama.cpp's control vector, which
 * costs nothing; layer 0, which that cannot reach, goes through the evaluation callback.
 */
export function planSteering(steering: Steering, layers: number, width: number): SteeringPlan {
  const additions = new Map<number, Float32Array>();
  for (const intervention of steering.interventions) {
    check(intervention, layers, width);
    const sum = additions.get(intervention.layer) ?? new Float32Array(width);
    additions.set(
      intervention.layer,
      sum.map((value, i) => value + intervention.vector[i]!),
    );
  }
  const native = !additions.has(0) && steering.route !== "callback";
  if (!native && steering.route === "native") {
    throw new EngineError("Layer 0 cannot be steered through the control vector.");
  }
  return { route: native ? "native" : "callback", additions };
}

/** A block's vector for one row; undefined leaves the row as it is. */
export type RowVector = (layer: number, row: number) => Float32Array | undefined;

/** Adds to each row its own vector. */
export function additionHandler(width: number, vectorOf: RowVector): ResidualHandler {
  return (layer, values) => {
    let changed = false;
    for (let row = 0; row * width < values.length; row++) {
      const vector = vectorOf(layer, row);
      if (!vector) continue;
      changed = true;
      const start = row * width;
      for (let i = 0; i < width; i++) values[start + i]! += vector[i]!;
    }
    return changed;
  };
}
