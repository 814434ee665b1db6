import type { Condition, Intervention, Schedule } from "../engine/intervention.js";
import type { Selection, Selector } from "../engine/selection.js";
import { cosine, euclideanNorm } from "./direction.js";
import type { SteeringOperation } from "./intervene.js";

/** Cosine up to which two directions count as orthogonal, and from 1 as the same. */
const ROUNDING = 1e-6;

/**
 * Interventions for a person, a line for each layer in the order in which a row passes them: what is done, and
 * where the order of two operations at one layer changes the result, that it does.
 */
export function describeInterventions(interventions: readonly Intervention[]): string[] {
  const layers = [...new Set(interventions.map(({ layer }) => layer))].sort((a, b) => a - b);
  return layers.map((layer) => {
    const here = interventions.filter((intervention) => intervention.layer === layer);
    const ordered = here.some((a, i) => here.slice(i + 1).some((b) => !commute(a, b)));
    const steps = here.map(describe).join(", then ");
    return `layer ${layer}: ${steps}${ordered ? " (in this order, which matters)" : ""}`;
  });
}

/** True if two interventions at one layer give the same in either order, whatever the row. */
export function commute(a: Intervention, b: Intervention): boolean {
  if (a.kind === "add" && b.kind === "add") return true;
  if (keepsNorm(a) || keepsNorm(b)) return false;
  const alike = Math.abs(cosine(axisOf(a), axisOf(b)));
  return alike < ROUNDING || (a.kind === "ablate" && b.kind === "ablate" && alike > 1 - ROUNDING);
}

/** What a person must know of an operation that does two things at one layer; undefined for the others. */
export function orderWithin(operation: SteeringOperation): string | undefined {
  return operation === "ablate-add"
    ? "ablate-add: at each layer the direction is taken out first and added then. The other way round, what was added would be taken out again."
    : undefined;
}

function keepsNorm({ kind }: Intervention): boolean {
  return kind === "rotate" || kind === "add-keeping-norm";
}

function axisOf(intervention: Intervention): Float32Array {
  return "vector" in intervention ? intervention.vector : intervention.direction;
}

function describe(intervention: Intervention): string {
  const { where, when, schedule } = intervention;
  const sites = [where && describeSelection(where), when && describeCondition(when), scheduleText(schedule)];
  const known = sites.filter((site) => site !== undefined);
  return operationText(intervention) + (known.length === 0 ? "" : `, ${known.join(", ")}`);
}

function operationText(intervention: Intervention): string {
  switch (intervention.kind) {
    case "add":
      return `add a vector of length ${short(euclideanNorm(intervention.vector))}`;
    case "add-keeping-norm":
      return `add a vector of length ${short(euclideanNorm(intervention.vector))}, the row's norm kept`;
    case "ablate":
      return "take out the direction";
    case "clamp": {
      const { least, most } = intervention;
      const bounds = [
        ...(least === undefined ? [] : [`at least ${short(least)}`]),
        ...(most === undefined ? [] : [`at most ${short(most)}`]),
      ];
      return `keep the component along the direction ${bounds.join(" and ") || "as it is"}`;
    }
    case "replace":
      return "replace the component along the direction by the reference's";
    case "rotate":
      return `turn by ${short(intervention.angle)} radians towards the direction`;
  }
}

/** Which rows a selection picks, in words: `rows of the prompt that hold one of 2 tokens`. */
export function describeSelection({ phase = "all", include, exclude = [] }: Selection): string {
  const rows = { all: "rows", prompt: "rows of the prompt", generated: "rows of what is written" }[phase];
  const picked = include === undefined ? "" : ` ${include.map(selectorText).join(" or ")}`;
  const left = exclude.length === 0 ? "" : `, but none ${exclude.map(selectorText).join(" or ")}`;
  return `${rows}${picked}${left}`;
}

function selectorText(selector: Selector): string {
  if ("tokens" in selector) {
    const { length } = selector.tokens;
    return length === 1 ? `that hold the token ${selector.tokens[0]}` : `that hold one of ${length} tokens`;
  }
  const { anchor, from, to } = selector;
  const point = { start: "the start", "prompt-end": "the prompt's end", end: "the end" }[anchor];
  if (from !== undefined && from === to) return `at ${from} from ${point}`;
  if (from === undefined) return to === undefined ? "anywhere" : `up to ${to} from ${point}`;
  return to === undefined ? `from ${from} on, counted from ${point}` : `${from} to ${to} from ${point}`;
}

function describeCondition({ layer, measure, over, above, below }: Condition): string {
  const subject = over === "prompt" ? "the prompt's mean residual" : "the row";
  const bounds = [
    ...(above === undefined ? [] : [`above ${short(above)}`]),
    ...(below === undefined ? [] : [`below ${short(below)}`]),
  ];
  return `where the ${measure} of ${subject} at layer ${layer} is ${bounds.join(" and ")}`;
}

function scheduleText(schedule: Schedule | undefined): string | undefined {
  if (schedule === undefined) return undefined;
  if (schedule.length === 1) return `times ${short(schedule[0]!.factor)}`;
  return schedule.map(({ token, factor }) => `times ${short(factor)} at token ${token}`).join(", ");
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
