import type { PlannedRun } from "../index.js";

/** As many digits as an estimate deserves. */
export function roughTime(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** `γ 0, 0.2 × η 0, 0.6: 4 cells of steer, up to 3 streams a text`. */
function gridText({ preset, gammas, etas, streams }: NonNullable<PlannedRun["guidance"]>): string {
  const axes = [
    ...(gammas.length > 0 ? [`γ ${gammas.join(", ")}`] : []),
    ...(etas.length > 0 ? [`η ${etas.join(", ")}`] : []),
  ];
  const cells = Math.max(1, gammas.length) * Math.max(1, etas.length);
  return `${axes.join(" × ")}: ${cells} ${cells === 1 ? "cell" : "cells"} of ${preset}, up to ${streams} streams a text`;
}

/** `12 configurations with 2 texts of a label, then 4 with 6; 3 get data sets`. */
function searchText({ rounds, dataSets }: NonNullable<PlannedRun["search"]>): string {
  const steps = rounds.map(({ texts, configurations }, r) =>
    r === 0
      ? `${configurations} configurations with ${texts} texts of a label`
      : `${configurations} with ${texts}`,
  );
  return `${steps.join(", then ")}; ${dataSets} ${dataSets === 1 ? "gets a data set" : "get data sets"}`;
}

/** `layers 0 to 21`, or each of them. */
function layersText(layers: readonly number[]): string {
  const [first = 0] = layers;
  const last = layers.at(-1) ?? 0;
  if (layers.length === 1) return `layer ${first}`;
  return `layers ${last - first === layers.length - 1 ? `${first} to ${last}` : layers.join(", ")}`;
}

/** A planned run for people. */
export function planText(plan: PlannedRun): string {
  const time = plan.seconds === undefined ? "not known" : `about ${roughTime(plan.seconds)}`;
  const lines = [
    `${plan.name}: the recipe is valid.`,
    `  model     ${plan.model}${plan.modelIsHere ? "" : " (to be fetched)"}`,
    ...plan.experts.map(
      ({ key, source, isHere, isMissing }) =>
        `  ${key.padEnd(9)} ${source}${isHere ? "" : isMissing ? " (not there yet)" : " (to be fetched)"}`,
    ),
    ...plan.vectors.map(
      ({ label, file, origin, layers }, i) =>
        `  ${i === 0 ? "vectors " : "        "}  ${label}: ${file} (${origin}; ${layersText(layers)})`,
    ),
    `  contrast  ${plan.contrast.map((set) => `${set.texts} ${set.class} (${set.language})`).join(", ")}`,
    ...(plan.guidance ? [`  guidance  ${gridText(plan.guidance)}`] : []),
    `  tried     ${plan.configurations.join(", ")}`,
    ...(plan.search ? [`  search    ${searchText(plan.search)}`] : []),
    `  pilot     ${plan.pilot.texts} texts, about ${plan.pilot.tokens} tokens`,
    `  data      ${plan.data.texts} texts, about ${plan.data.tokens} tokens (at most ${plan.data.mostTexts} texts, if filters drop many)`,
    `  scored    ${plan.scored.texts} texts read again`,
    ...(plan.judged ? [`  judged    ${plan.judged.texts} texts, human ones among them`] : []),
    `  in all    ${plan.texts} samples, about ${plan.tokens} tokens`,
    `  time      ${time} (${plan.basis})`,
    `  output    ${plan.output}`,
  ];
  return [...lines, ...plan.notes.map((note) => `  note: ${note}`)].join("\n");
}
