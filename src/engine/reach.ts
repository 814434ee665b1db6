import type { Site } from "./intervention.js";
import { factorAt } from "./schedule.js";
import { compileSelection, needsWholeText, type SelectableRow } from "./selection.js";

/**
 * Whether an intervention can act on a row of a text: on one of the prompt by its token and position, or on one that
 * is still to be drawn, which may hold any token. A row at which its schedule is 0 does not count.
 *
 * @param prompt Tokens of the prompt, BOS included.
 * @param most Rows that are read of prompt and text together; the last token of a text is drawn and never read.
 */
export function canReach(
  { where = {}, schedule }: Pick<Site, "where" | "schedule">,
  prompt: Int32Array,
  most: number,
): boolean {
  if (needsWholeText(where)) return false;
  const promptLength = prompt.length;
  const selects = compileSelection(where) ?? (() => true);
  // Tokens that a drawn one could be, to be picked: one that is asked for, or any that is not named.
  const hopeful = [...(where.include ?? []).flatMap((each) => ("tokens" in each ? each.tokens : [])), -1];
  const isReached = (position: number): boolean => {
    if (schedule && factorAt(schedule, position - promptLength) === 0) return false;
    const tokens = position < promptLength ? [prompt[position]!] : hopeful;
    return tokens.some((token) => selects({ token, position, promptLength } satisfies SelectableRow));
  };
  for (let position = 0; position < most; position++) if (isReached(position)) return true;
  return false;
}
