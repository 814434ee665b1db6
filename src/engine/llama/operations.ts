import { EngineError } from "../../errors.js";
import type { Intervention } from "../intervention.js";

/** Changes the row that starts at `start`; a factor of 1 is the whole operation, 0 none of it. */
export type Operation = (values: Float32Array, start: number, factor: number) => void;

/** Sine of the angle to a direction below which a row has no plane with it. */
const LEAST_SINE = 1e-6;

/** h·v, summed in 64 bits. */
export function dot(values: Float32Array, start: number, vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += values[start + i]! * vector[i]!;
  return sum;
}

export function norm(values: Float32Array, start: number, width: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += values[start + i]! ** 2;
  return Math.sqrt(sum);
}

/** The unit vector of a direction. Throws EngineError if it has none. */
export function unitVector(vector: Float32Array, width: number, of: string): Float32Array {
  checkVector(vector, width, of);
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (!(norm > 0)) throw new EngineError(`The direction of the ${of} is zero.`);
  return vector.map((value) => value / norm);
}

/** Throws EngineError unless the vector has the model's width and finite values. */
function checkVector(vector: Float32Array, width: number, of: string): void {
  if (vector.length !== width) {
    throw new EngineError(
      `The steering vector of the ${of} has ${vector.length} values; the model's width is ${width}.`,
    );
  }
  if (!vector.every(Number.isFinite)) {
    throw new EngineError(`The steering vector of the ${of} holds a value that is not a finite number.`);
  }
}

function addition(vector: Float32Array): Operation {
  return (values, start, factor) => {
    for (let i = 0; i < vector.length; i++) values[start + i]! += factor * vector[i]!;
  };
}

function normPreservingAddition(vector: Float32Array): Operation {
  const width = vector.length;
  return (values, start, factor) => {
    const before = norm(values, start, width);
    let squares = 0;
    for (let i = 0; i < width; i++) squares += (values[start + i]! + factor * vector[i]!) ** 2;
    // A sum of zero has no direction to keep the norm in.
    if (squares === 0) return;
    const scale = before / Math.sqrt(squares);
    for (let i = 0; i < width; i++) values[start + i] = scale * (values[start + i]! + factor * vector[i]!);
  };
}

/** Moves the component along a unit vector to where `target` says. */
function projection(unit: Float32Array, target: (component: number) => number): Operation {
  return (values, start, factor) => {
    const component = dot(values, start, unit);
    const change = factor * (target(component) - component);
    if (change === 0) return;
    for (let i = 0; i < unit.length; i++) values[start + i]! += change * unit[i]!;
  };
}

function rotation(unit: Float32Array, angle: number): Operation {
  const width = unit.length;
  // Not quite 1 in 32 bits; what is left of a row across the direction must be across it all the same.
  const square = dot(unit, 0, unit);
  return (values, start, factor) => {
    const length = norm(values, start, width);
    const along = dot(values, start, unit) / square;
    let squares = 0;
    for (let i = 0; i < width; i++) squares += (values[start + i]! - along * unit[i]!) ** 2;
    const across = Math.sqrt(squares);
    if (across <= LEAST_SINE * length) return;
    const turned = Math.min(Math.PI, Math.max(0, Math.atan2(across, along) - factor * angle));
    // h' = ‖h‖(cos·d̂ + sin·ê), with ê = (h − along·d̂) / across.
    const ofRow = (length * Math.sin(turned)) / across;
    const ofUnit = length * Math.cos(turned) - ofRow * along;
    for (let i = 0; i < width; i++) values[start + i] = ofRow * values[start + i]! + ofUnit * unit[i]!;
  };
}

/**
 * An intervention's operation on one row.
 * @throws EngineError if its vector or its numbers are not usable
 */
export function compileOperation(intervention: Intervention, width: number): Operation {
  const of = `intervention ${intervention.kind} at layer ${intervention.layer}`;
  switch (intervention.kind) {
    case "add":
      checkVector(intervention.vector, width, of);
      return addition(intervention.vector);
    case "add-keeping-norm":
      checkVector(intervention.vector, width, of);
      return normPreservingAddition(intervention.vector);
    case "ablate":
      return projection(unitVector(intervention.direction, width, of), () => 0);
    case "clamp": {
      const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = intervention;
      if (!(least <= most && least < Number.POSITIVE_INFINITY && most > Number.NEGATIVE_INFINITY)) {
        throw new EngineError(`The ${of} has no interval: ${least} to ${most}.`);
      }
      if (intervention.least === undefined && intervention.most === undefined) {
        throw new EngineError(`The ${of} has neither a least nor a most, so that nothing would be done.`);
      }
      const unit = unitVector(intervention.direction, width, of);
      return projection(unit, (component) => Math.min(most, Math.max(least, component)));
    }
    case "replace": {
      const unit = unitVector(intervention.direction, width, of);
      checkVector(intervention.reference, width, of);
      const target = dot(intervention.reference, 0, unit);
      return projection(unit, () => target);
    }
    case "rotate": {
      const { angle } = intervention;
      if (!Number.isFinite(angle)) throw new EngineError(`The ${of} has the angle ${angle}.`);
      return rotation(unitVector(intervention.direction, width, of), angle);
    }
    default: {
      const { kind } = intervention as { kind: unknown };
      throw new EngineError(`There is no intervention ${String(kind)}.`);
    }
  }
}
