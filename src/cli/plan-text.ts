import type { PlannedRun } from "../index.js";
import { clock } from "./progress-line.js";

/** A planned run for people. */
export function planText(plan: PlannedRun): string {
  const time =
    plan.seconds === undefined ? "unknown" : `about ${clock(plan.seconds)} (hours:minutes:seconds)`;
  const lines = [
    `${plan.name}: the recipe is valid.`,
    `  model     ${plan.model}${plan.modelIsHere ? "" : " (to be fetched)"}`,
    `  contrast  ${plan.contrast.map((set) => `${set.texts} ${set.class} (${set.language})`).join(", ")}`,
    `  tried     ${plan.configurations.join(", ")}`,
    `  pilot     ${plan.pilot.texts} texts, at most ${plan.pilot.tokens} tokens`,
    `  data      ${plan.data.texts} texts, at most ${plan.data.tokens} tokens (${plan.data.mostTexts} texts if filters drop many)`,
    `  scored    ${plan.scored.texts} texts read again`,
    `  in all    ${plan.texts} samples, at most ${plan.tokens} tokens`,
    `  time      ${time}: ${plan.basis}`,
    `  output    ${plan.output}`,
  ];
  return [...lines, ...plan.notes.map((note) => `  note: ${note}`)].join("\n");
}
