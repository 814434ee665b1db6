import { EngineError } from "../errors.js";
import type { Schedule } from "./intervention.js";

/** Throws EngineError unless a schedule's points can be used. `of` says whose it is. */
export function checkSchedule(schedule: Schedule, of: string): void {
  const refuse = (what: string): never => {
    throw new EngineError(`The schedule ${of} ${what}.`);
  };
  if (schedule.length === 0) refuse("has no points");
  for (const [i, { token, factor }] of schedule.entries()) {
    if (!Number.isInteger(token) || token < 0) refuse(`has a point at token ${token}`);
    if (!Number.isFinite(factor)) refuse(`has the factor ${factor}`);
    if (i > 0 && token <= schedule[i - 1]!.token) refuse("does not have its tokens in ascending order");
  }
  if (schedule.every(({ factor }) => factor === 0)) refuse("is 0 throughout, so that nothing would be done");
}

/** The factor at the n-th generated token; before the first point its factor, behind the last the last one's. */
export function factorAt(schedule: Schedule, token: number): number {
  const next = schedule.findIndex((point) => point.token > token);
  if (next === 0) return schedule[0]!.factor;
  const before = schedule.at(next < 0 ? -1 : next - 1)!;
  if (next < 0) return before.factor;
  const after = schedule[next]!;
  const share = (token - before.token) / (after.token - before.token);
  return before.factor + share * (after.factor - before.factor);
}
