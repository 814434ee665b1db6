import type { Inconsistency, KeyPath } from "./problem.js";

/** Points that are not in the order of their tokens. */
export function scheduleProblems(
  schedule: readonly { readonly token: number }[] = [],
  path: KeyPath,
): Inconsistency[] {
  return schedule.flatMap(({ token }, index): Inconsistency[] => {
    const before = schedule[index - 1];
    if (before === undefined || token > before.token) return [];
    const message = `found ${token} after ${before.token}; allowed: points by ascending token.`;
    return [{ path: [...path, index, "token"], message }];
  });
}
